import cron from 'node-cron';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Database } from '../store/database.ts';
import type { Running } from './due-loop.ts';

const dayMs = 86_400_000;
/** How long a repeated request is recognised by its key. */
const idempotencyKeptMs = 7 * dayMs;
/** Deleted a few at a time, so that no transaction holds many rows. */
const batch = 1000;

/** Hourly house-keeping. Each task is a plain delete, so it does no harm that every server runs it. */
export function runSchedule(deps: { readonly database: Database; readonly clock: Clock; readonly log: Log }): Running {
  const task = cron.schedule('7 * * * *', () => cleanUp(deps), { noOverlap: true });
  return {
    async stop() {
      await task.stop();
    },
  };
}

export async function cleanUp({
  database,
  clock,
  log,
}: {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<void> {
  const now = clock.now().getTime();
  try {
    await deleteOld(database, 'nonces', 'expires_at', now);
    await deleteOld(database, 'idempotency', 'created_at', now - idempotencyKeptMs);
  } catch (error) {
    log.error('house-keeping failed', { error });
  }
}

/** By primary keys read beforehand: DELETE … LIMIT is not in the SQL that both engines share. */
async function deleteOld(database: Database, table: 'nonces' | 'idempotency', column: string, before: number): Promise<void> {
  for (;;) {
    const rows = await database.all(`SELECT id FROM ${table} WHERE ${column} < ? LIMIT ${batch}`, [before]);
    if (rows.length === 0) return;
    const ids = rows.map((row) => row.id as string);
    const marks = ids.map(() => '?').join(',');
    await database.transaction((tx) => tx.run(`DELETE FROM ${table} WHERE id IN (${marks})`, ids));
  }
}
