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

/** A task of house-keeping, once in its rhythm in the whole cluster. Whatever it writes goes through the database that it is given. */
export interface Task {
  readonly name: string;
  /** Default: hour. */
  readonly every?: Rhythm;
  run(database: Database): Promise<unknown>;
}

type Rhythm = 'hour' | 'minute';

/** A server that died in the middle leaves its task to the next time's first; clocks of servers may differ by a few minutes. */
const rhythms = {
  hour: { pattern: '7 * * * *', keepMs: 50 * 60_000 },
  minute: { pattern: '* * * * *', keepMs: 45_000 },
} as const satisfies Readonly<Record<Rhythm, unknown>>;
const leaseMs = 60_000;

/**
 * The library would write a line, in a form of its own, for each minute that a machine slept and for each that a task takes longer.
 * The next run does what they would have done, and tasks tell of their failures themselves.
 */
const nothing = () => undefined;
const quiet = { info: nothing, warn: nothing, error: nothing, debug: nothing };

/** Runs the tasks in their rhythms. One that fails is told, and tried again the next time. */
export function runSchedule(deps: ScheduleDeps, tasks: readonly Task[]): Running {
  const options = { noOverlap: true, logger: quiet };
  const scheduled = (['hour', 'minute'] as const).map((rhythm) => {
    const own = tasks.filter(({ every = 'hour' }) => every === rhythm);
    return cron.schedule(rhythms[rhythm].pattern, () => runAll(deps, own), options);
  });
  return {
    async stop() {
      for (const one of scheduled) await one.stop();
    },
  };
}

/** Runs each task that no other server runs, or has run this time. */
export async function runAll({ database, log, metrics }: ScheduleDeps, tasks: readonly Task[]): Promise<void> {
  for (const { name, every = 'hour', run } of tasks) {
    try {
      const { keepMs } = rhythms[every];
      const leased = await runLeased(database, { name, ttlMs: leaseMs, keepMs }, (lease) => run(lease.database));
      if (leased.kind === 'done') metrics.job({ task: name, result: 'done' });
    } catch (error) {
      metrics.job({ task: name, result: 'failed' });
      log.error('house-keeping failed', { task: name, error });
    }
  }
}
