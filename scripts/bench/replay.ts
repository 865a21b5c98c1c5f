import { randomBytes } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { createConnection } from 'mysql2/promise';
import { makeNumber } from '../../core/ids.ts';
import { readJob } from './child.ts';
import { type Measured, sumUp } from './latency.ts';
import { type Group, makeTemplate } from './statements.ts';
import { cpuMs } from './usage.ts';

/** The limit: what the product sends to its database, sent by the driver alone. Runs as a process of its own. */
export interface ReplayJob {
  /** `mysql://…`, or the file of an SQLite database. */
  readonly database: string;
  readonly groups: readonly Group[];
  /** Ids that stay as recorded. */
  readonly fixed: readonly string[];
  /** For reads: each is put where the first parameter was. Empty: the groups write, each time under new ids. */
  readonly ids: readonly string[];
  readonly connections: number;
  readonly warmUpMs: number;
  readonly durationMs: number;
  readonly pids: Readonly<Record<string, number>>;
}

type Execute = (groups: readonly Group[]) => Promise<void>;

const make = { number: () => makeNumber(new Date()), digest: () => randomBytes(32).toString('hex') };

function openSource(job: ReplayJob): () => readonly Group[] {
  const next = makeTemplate(job.groups, job.fixed, Date.now);
  let turn = 0;
  if (job.ids.length === 0) return () => next(make);
  const [group] = job.groups;
  const sql = group?.statements[0]?.sql ?? '';
  return () => {
    turn += 1;
    return [{ isWriting: false, statements: [{ sql, params: [job.ids[turn % job.ids.length] ?? ''] }] }];
  };
}

async function openMysql(url: string): Promise<Execute> {
  const connection = await createConnection(url);
  await connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
  return async (groups) => {
    for (const { isWriting, statements } of groups) {
      if (isWriting) await connection.query('START TRANSACTION');
      for (const { sql, params } of statements) await connection.execute(sql, [...params]);
      if (isWriting) await connection.query('COMMIT');
    }
  };
}

/** One transaction and one COMMIT on disk for each group, as the plain loop of a program with one connection would do it. */
function openSqlite(file: string): Execute {
  const connection = new DatabaseSync(file);
  connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;');
  const prepared = new Map<string, ReturnType<DatabaseSync['prepare']>>();
  const prepare = (sql: string) => {
    const statement = prepared.get(sql) ?? connection.prepare(sql);
    prepared.set(sql, statement);
    return statement;
  };
  return async (groups) => {
    for (const { isWriting, statements } of groups) {
      if (isWriting) prepare('BEGIN IMMEDIATE').run();
      for (const { sql, params } of statements) {
        const bound = params.map((value) => (typeof value === 'number' ? BigInt(value) : value));
        if (sql.startsWith('SELECT')) prepare(sql).all(...bound);
        else prepare(sql).run(...bound);
      }
      if (isWriting) prepare('COMMIT').run();
    }
  };
}

async function main(): Promise<Measured> {
  const job = await readJob<ReplayJob>();
  const source = openSource(job);
  const isMysql = job.database.startsWith('mysql:');
  // SQLite has one writer and its calls block: more connections in one process would only wait for each other.
  const open = () => (isMysql ? openMysql(job.database) : Promise.resolve(openSqlite(job.database)));
  const workers = await Promise.all(Array.from({ length: isMysql ? job.connections : 1 }, open));
  const countFrom = performance.now() + job.warmUpMs;
  const until = countFrom + job.durationMs;
  const durations: number[] = [];
  const pids = { ...job.pids, loop: process.pid };
  const spent = (): Record<string, number> => Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, cpuMs(pid)]));
  let before: Record<string, number> | null = null;
  const work = async (execute: Execute) => {
    for (let since = performance.now(); since < until; since = performance.now()) {
      if (since >= countFrom) before ??= spent();
      await execute(source());
      const now = performance.now();
      if (since >= countFrom) durations.push(now - since);
    }
  };
  await Promise.all(workers.map(work));
  const after = spent();
  const used = Object.fromEntries(Object.entries(after).map(([name, ms]) => [name, ms - (before?.[name] ?? 0)]));
  return sumUp(durations, performance.now() - countFrom, used);
}

process.stdout.write(JSON.stringify(await main()), () => process.exit(0));
