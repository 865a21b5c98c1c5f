import cron from 'node-cron';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Running } from './due-loop.ts';

export interface ScheduleDeps {
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'job'>;
}

/** A task of house-keeping. It must bear being run by every server of a cluster at once. */
export interface Task {
  readonly name: string;
  run(): Promise<unknown>;
}

/** Runs the tasks hourly. One that fails is told, and tried again an hour later. */
export function runSchedule(deps: ScheduleDeps, tasks: readonly Task[]): Running {
  const scheduled = cron.schedule('7 * * * *', () => runAll(deps, tasks), { noOverlap: true });
  return {
    async stop() {
      await scheduled.stop();
    },
  };
}

export async function runAll({ log, metrics }: ScheduleDeps, tasks: readonly Task[]): Promise<void> {
  for (const task of tasks) {
    try {
      await task.run();
      metrics.job({ task: task.name, result: 'done' });
    } catch (error) {
      metrics.job({ task: task.name, result: 'failed' });
      log.error('house-keeping failed', { task: task.name, error });
    }
  }
}
