import cron from 'node-cron';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Database } from '../store/database.ts';
import type { Running } from './due-loop.ts';
import { runLeased } from './lease.ts';

export interface ScheduleDeps {
  readonly database: Database;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'job'>;
}

/** A task of house-keeping, once an hour in the whole cluster. Whatever it writes goes through the database that it is given. */
export interface Task {
  readonly name: string;
  run(database: Database): Promise<unknown>;
}

/** A server that died in the middle leaves its task to the next hour's first; clocks of servers may differ by a few minutes. */
const [leaseMs, keepMs] = [60_000, 50 * 60_000];

/** Runs the tasks hourly. One that fails is told, and tried again an hour later. */
export function runSchedule(deps: ScheduleDeps, tasks: readonly Task[]): Running {
  const scheduled = cron.schedule('7 * * * *', () => runAll(deps, tasks), { noOverlap: true });
  return {
    async stop() {
      await scheduled.stop();
    },
  };
}

/** Runs each task that no other server runs, or has run within the hour. */
export async function runAll({ database, log, metrics }: ScheduleDeps, tasks: readonly Task[]): Promise<void> {
  for (const { name, run } of tasks) {
    try {
      const leased = await runLeased(database, { name, ttlMs: leaseMs, keepMs }, (lease) => run(lease.database));
      if (leased.kind === 'done') metrics.job({ task: name, result: 'done' });
    } catch (error) {
      metrics.job({ task: name, result: 'failed' });
      log.error('house-keeping failed', { task: name, error });
    }
  }
}
