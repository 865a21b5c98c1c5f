import cron from 'node-cron';
import type { Log } from '../log.ts';
import type { Running } from './due-loop.ts';

/** A task of house-keeping. It must bear being run by every server of a cluster at once. */
export interface Task {
  readonly name: string;
  run(): Promise<unknown>;
}

/** Runs the tasks hourly. One that fails is told, and tried again an hour later. */
export function runSchedule(log: Log, tasks: readonly Task[]): Running {
  const scheduled = cron.schedule('7 * * * *', () => runAll(log, tasks), { noOverlap: true });
  return {
    async stop() {
      await scheduled.stop();
    },
  };
}

export async function runAll(log: Log, tasks: readonly Task[]): Promise<void> {
  for (const task of tasks) {
    await task.run().catch((error: unknown) => log.error('house-keeping failed', { task: task.name, error }));
  }
}
