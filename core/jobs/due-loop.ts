import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Database } from '../store/database.ts';
import { type Due, type DueTable, readDue } from '../store/tables/due.ts';

export interface DueLoopDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'job'>;
  readonly pollMs: number;
}

/** Something that runs until it is stopped. `stop` resolves when nothing is under way any more. */
export interface Running {
  stop(): Promise<void>;
}

const batch = 100;
const atOnce = 16;

/**
 * Looks for rows whose time has come and hands them to `attend`, a few at a time. Each row is
 * claimed by the work itself, so any number of servers may run this loop on one database.
 */
export function runDueLoop(deps: DueLoopDeps, table: DueTable, attend: (due: Due) => Promise<void>): Running {
  const stopping = new AbortController();
  const running = loop(deps, table, attend, stopping.signal);
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

async function loop(deps: DueLoopDeps, table: DueTable, attend: (due: Due) => Promise<void>, stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    const found = await round(deps, table, attend, stopping);
    if (found < batch) await deps.clock.sleep(deps.pollMs, stopping);
  }
}

/** One look. A database that cannot be reached is no reason to stop looking. */
async function round(deps: DueLoopDeps, table: DueTable, attend: (due: Due) => Promise<void>, stopping: AbortSignal): Promise<number> {
  try {
    const now = deps.clock.now().getTime();
    const due = await readDue(deps.database, table, now, batch);
    const queue = [...due];
    let failed = 0;
    const worker = async () => {
      for (let next = queue.shift(); next !== undefined && !stopping.aborted; next = queue.shift())
        if (!(await attendOne(deps, table, attend, next))) failed += 1;
    };
    await Promise.all(Array.from({ length: Math.min(atOnce, due.length) }, worker));
    // Nothing due is no lag: without it, the gauge would go on showing that of a backlog long worked off.
    const lagMs = now - (due[0]?.due_at ?? now);
    deps.metrics.job({ task: table, result: failed === 0 ? 'done' : 'failed' }, lagMs / 1000);
    return due.length;
  } catch (error) {
    deps.metrics.job({ task: table, result: 'failed' });
    deps.log.error('could not look for due rows', { table, error });
    return 0;
  }
}

/** A row that fails again and again must not stop the others; it is due again later. Answers whether it went well. */
async function attendOne(deps: DueLoopDeps, table: DueTable, attend: (due: Due) => Promise<void>, due: Due): Promise<boolean> {
  try {
    await attend(due);
    return true;
  } catch (error) {
    deps.log.error('could not attend to a due row', { table, id: due.id, error });
    return false;
  }
}
