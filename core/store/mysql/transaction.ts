import type { PoolConnection } from 'mysql2/promise';
import type { Tx } from '../database.ts';
import type { Guard } from '../guard.ts';
import { explain, meaningOf } from './errors.ts';
import { readRows, statementTimeoutMs, writeRows } from './statement.ts';

/** How one try of a transaction ended. `unknown`: COMMIT was sent, and what became of it was not learnt. `tell`: who is to hear of a commit. */
export type Outcome<T> =
  | { readonly kind: 'committed'; readonly result: T; readonly tell: () => void }
  | { readonly kind: 'rolledBack'; readonly error: unknown }
  | { readonly kind: 'unknown'; readonly error: unknown; readonly result: T; readonly tell: () => void };

/** Runs the work in one transaction on a borrowed connection, and gives the connection back. */
export async function runOnce<T>(connection: PoolConnection, guard: Guard, work: (tx: Tx) => Promise<T>): Promise<Outcome<T>> {
  const handle = createTx(connection);
  let result: T;
  try {
    await command(connection, 'START TRANSACTION');
    result = await guard.run(() => work(handle.tx));
    handle.end();
    if (handle.broken() !== null) throw handle.broken();
  } catch (error) {
    handle.end();
    await rollBack(connection);
    return { kind: 'rolledBack', error: handle.broken() ?? error };
  }
  return commit(connection, result, handle.tell);
}

async function commit<T>(connection: PoolConnection, result: T, tell: () => void): Promise<Outcome<T>> {
  try {
    await command(connection, 'COMMIT');
    connection.release();
    return { kind: 'committed', result, tell };
  } catch (error) {
    await rollBack(connection);
    const meaning = meaningOf(error);
    // A deadlock at COMMIT is a lost certification, and a read-only server says so before it writes: both are certain.
    if (meaning === 'undone' || meaning === 'unavailable') return { kind: 'rolledBack', error };
    return { kind: 'unknown', error, result, tell };
  }
}

/** Always explicit: after a lock timeout the earlier statements are still there, and the next COMMIT would keep them. */
async function rollBack(connection: PoolConnection): Promise<void> {
  try {
    await command(connection, 'ROLLBACK');
    connection.release();
  } catch {
    connection.destroy();
  }
}

async function command(connection: PoolConnection, sql: string): Promise<void> {
  await connection.query({ sql, timeout: statementTimeoutMs });
}

function createTx(connection: PoolConnection) {
  let open = true;
  let broken: unknown = null;
  const onCommit: (() => void)[] = [];
  const statement = async <T>(action: () => Promise<T>): Promise<T> => {
    if (!open) throw new Error('the transaction has ended');
    // Even if the work swallowed the error: the server may have rolled back a part, and that must not be committed.
    if (broken !== null) throw broken;
    try {
      return await action();
    } catch (error) {
      const meaning = meaningOf(error);
      if (meaning !== 'other' && meaning !== 'unique') broken = error;
      throw explain(error);
    }
  };
  const tx: Tx = {
    get: (sql, params) => statement(async () => (await readRows(connection, sql, params))[0]),
    all: (sql, params) => statement(() => readRows(connection, sql, params)),
    run: (sql, params) => statement(() => writeRows(connection, sql, params)),
    onCommit: (tell) => void onCommit.push(tell),
  };
  return {
    tx,
    tell() {
      for (const one of onCommit) one();
    },
    broken: () => broken,
    end() {
      open = false;
    },
  };
}
