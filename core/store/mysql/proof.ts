import { setTimeout as wait } from 'node:timers/promises';
import { DatabaseUnavailable, type Proof, type Value } from '../database.ts';
import { meaningOf } from './errors.ts';
import type { ConnectionPool } from './pool.ts';
import { readRows } from './statement.ts';

const giveUpAfterMs = 5_000;
const pauseMs = 100;

/**
 * Learns whether a COMMIT whose answer was lost has happened. The read takes a lock, so while the
 * server is still busy with that transaction it waits for its end instead of answering too early.
 */
export async function findProof(pool: ConnectionPool, proof: Proof): Promise<boolean> {
  const [column, value] = proof.holds ?? ['id', proof.id];
  for (const name of [proof.table, column]) if (!/^[a-z_]+$/.test(name)) throw new Error(`not the name of a table or column: ${name}`);
  const sql = `SELECT 1 AS found FROM ${proof.table} WHERE id = ? AND ${column} = ? FOR UPDATE`;
  const deadline = performance.now() + giveUpAfterMs;
  for (;;) {
    try {
      return await lookUp(pool, sql, [proof.id, value]);
    } catch (error) {
      if (meaningOf(error) === 'other') throw error;
      if (performance.now() > deadline) throw new DatabaseUnavailable('what became of a COMMIT could not be learnt', { cause: error });
    }
    await wait(pauseMs);
  }
}

async function lookUp(pool: ConnectionPool, sql: string, params: readonly Value[]): Promise<boolean> {
  const connection = await pool.acquire();
  try {
    const rows = await readRows(connection, sql, params);
    connection.release();
    return rows.length > 0;
  } catch (error) {
    connection.destroy();
    throw error;
  }
}
