import { setTimeout as wait } from 'node:timers/promises';
import { DatabaseUnavailable, type Proof } from '../database.ts';
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
  if (!/^[a-z_]+$/.test(proof.table)) throw new Error(`not the name of a table: ${proof.table}`);
  const sql = `SELECT 1 AS found FROM ${proof.table} WHERE id = ? FOR UPDATE`;
  const deadline = performance.now() + giveUpAfterMs;
  for (;;) {
    try {
      return await lookUp(pool, sql, proof.id);
    } catch (error) {
      if (meaningOf(error) === 'other') throw error;
      if (performance.now() > deadline) throw new DatabaseUnavailable('what became of a COMMIT could not be learnt', { cause: error });
    }
    await wait(pauseMs);
  }
}

async function lookUp(pool: ConnectionPool, sql: string, id: string): Promise<boolean> {
  const connection = await pool.acquire();
  try {
    const rows = await readRows(connection, sql, [id]);
    connection.release();
    return rows.length > 0;
  } catch (error) {
    connection.destroy();
    throw error;
  }
}
