import { setTimeout as wait } from 'node:timers/promises';
import type { Address } from '../address.ts';
import type { Database, Proof, Tx } from '../database.ts';
import { createGuard, type Guard } from '../guard.ts';
import { explain, meaningOf } from './errors.ts';
import { type ConnectionPool, openPool, type PoolUse } from './pool.ts';
import { findProof } from './proof.ts';
import { readRows } from './statement.ts';
import { runOnce } from './transaction.ts';

const maxTries = 10;
/** Ten lock timeouts one after another would keep a caller for most of a minute. */
const giveUpAfterMs = 15_000;
const shortestPauseMs = 5;
const longestPauseMs = 200;

/** Opens the engine for MySQL, MariaDB and what speaks their protocol. Connections are made when they are needed. */
export function openMysql(address: Address, poolSize: number): Database & { poolUse(): PoolUse } {
  const pool = openPool(address, poolSize);
  const guard = createGuard();
  const read = (sql: string, params?: Parameters<typeof readRows>[2]) => {
    guard.refuse();
    return readAgain(pool, async (connection) => readRows(connection, sql, params));
  };
  return {
    engine: 'mysql',
    get: async (sql, params) => (await read(sql, params))[0],
    all: async (sql, params) => read(sql, params),
    async transaction(work, proof) {
      guard.refuse();
      return commitOnce(pool, guard, work, proof);
    },
    ping: async () => void (await read('SELECT 1')),
    poolUse: () => pool.use(),
    close: () => pool.close(),
  };
}

/** Runs the whole of the work until it is committed once, or until it is certain that trying again is of no use. */
async function commitOnce<T>(pool: ConnectionPool, guard: Guard, work: (tx: Tx) => Promise<T>, proof: Proof | undefined): Promise<T> {
  const deadline = performance.now() + giveUpAfterMs;
  for (let tries = 1; ; tries += 1) {
    const outcome = await runOnce(await pool.acquire(), guard, work);
    if (outcome.kind === 'committed') return told(outcome);
    const meaning = meaningOf(outcome.error);
    if (outcome.kind === 'unknown' && proof !== undefined) {
      if (await findProof(pool, proof)) return told(outcome);
    } else if (outcome.kind === 'unknown' && meaning !== 'unready') {
      throw explain(outcome.error);
    }
    const again = meaning === 'undone' || meaning === 'unready' || meaning === 'lost';
    if (!again || tries >= maxTries || performance.now() > deadline) throw explain(outcome.error);
    await pause(tries);
  }
}

function told<T>({ result, tell }: { readonly result: T; readonly tell: () => void }): T {
  tell();
  return result;
}

/** A read has no effect, so it may simply be run again. */
async function readAgain<T>(
  pool: ConnectionPool,
  action: (connection: Awaited<ReturnType<ConnectionPool['acquire']>>) => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    const connection = await pool.acquire();
    try {
      const result = await action(connection);
      connection.release();
      return result;
    } catch (error) {
      const meaning = meaningOf(error);
      if (meaning === 'lost') connection.destroy();
      else connection.release();
      const again = meaning === 'undone' || meaning === 'unready' || meaning === 'lost';
      if (!again || tries >= maxTries) throw explain(error);
    }
    await pause(tries);
  }
}

/** Full jitter, so that two that collided do not collide again. */
function pause(tries: number): Promise<void> {
  const longest = Math.min(longestPauseMs, shortestPauseMs * 2 ** tries);
  return wait(shortestPauseMs + Math.random() * (longest - shortestPauseMs));
}
