import { catchUp } from '../ledger/catch-up.ts';
import { foldTail } from '../ledger/fold.ts';
import type { DueLoopDeps, Running } from './due-loop.ts';

/** So many looks for due rows pass between two counts. A balance adds up what came since: the longer, the more there is. */
const looksBetween = 10;
/** The embedded database answers without ever giving way: with no pause at all, nobody else in this process would have a turn. */
const breathMs = 10;
/** Fewer than this are left for the next time. */
const worthwhile = 250;

/** Counts postings into balances, and posts what is older than the ledger. Any number of servers may run this loop on one database. */
export function runLedgerLoop(deps: DueLoopDeps): Running {
  const stopping = new AbortController();
  const running = loop(deps, stopping.signal);
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

async function loop(deps: DueLoopDeps, stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    const hasMore = await round(deps);
    await deps.clock.sleep(hasMore ? breathMs : looksBetween * deps.pollMs, stopping);
  }
}

/** Answers whether there is more to do at once. */
async function round({ database, clock, log, metrics }: DueLoopDeps): Promise<boolean> {
  try {
    const isBehind = await catchUp(database);
    const counted = await foldTail(database, clock.now());
    metrics.job({ task: 'ledger', result: 'done' });
    return isBehind || counted >= worthwhile;
  } catch (error) {
    metrics.job({ task: 'ledger', result: 'failed' });
    log.error('could not count the postings of the ledger', { error });
    return false;
  }
}
