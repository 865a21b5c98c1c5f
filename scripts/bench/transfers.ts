import { setTimeout as wait } from 'node:timers/promises';
import { makeNumber } from '../../core/ids.ts';
import type { Entry } from '../../core/ledger/entry.ts';
import { foldTail } from '../../core/ledger/fold.ts';
import { postEntries } from '../../core/ledger/post.ts';
import { createGroup } from '../../core/store/group.ts';
import { openDatabase } from '../../core/store/open.ts';
import { readJob } from './child.ts';
import { type Measured, sumUp } from './latency.ts';
import { cpuMs } from './usage.ts';

/** Transfers that all meet in one account of the ledger, posted in groups as payments are. Runs as a process of its own. */
export interface TransferJob {
  /** Null: the embedded database in the folder. */
  readonly url: string | null;
  readonly dataDir: string;
  readonly lanes: number;
  readonly callers: number;
  readonly warmUpMs: number;
  readonly durationMs: number;
  readonly pids: Readonly<Record<string, number>>;
}

export interface Transferred {
  readonly measured: Measured;
  /** All that were answered, those of the warm-up too. */
  readonly answered: number;
  /** Entries that no balance counted yet when the last transfer was answered, and how long it took to count them. */
  readonly uncounted: number;
  readonly countedMs: number;
}

const entryOf = (turn: number): Entry => ({
  id: `moved:${makeNumber(new Date())}`,
  livemode: false,
  paymentId: null,
  note: null,
  at: new Date(),
  postings: [
    { account: { kind: 'channel_receivable', ownerId: 'acc_hot', currency: 'CNY' }, amount: 1 },
    { account: { kind: 'merchant_payable', ownerId: `app_${turn % 100}`, currency: 'CNY' }, amount: -1 },
  ],
});

async function main(): Promise<Transferred> {
  const job = await readJob<TransferJob>();
  const stored = await openDatabase({ url: job.url, dataDir: job.dataDir });
  const { database } = stored;
  const write = async (entries: readonly Entry[]) => {
    await database.transaction((tx) => postEntries(tx, entries));
    return entries;
  };
  const post = createGroup({ lanes: job.lanes, most: 64, waitMs: 15_000, mostWaiting: 10_000, write });
  const countFrom = performance.now() + job.warmUpMs;
  const until = countFrom + job.durationMs;
  const durations: number[] = [];
  const pids = { ...job.pids, loop: process.pid };
  const spent = () => Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, cpuMs(pid)]));
  let before: Record<string, number> | null = null;
  let answered = 0;
  const caller = async () => {
    for (let since = performance.now(); since < until; since = performance.now()) {
      if (since >= countFrom) before ??= spent();
      await post(entryOf(answered));
      answered += 1;
      if (since >= countFrom) durations.push(performance.now() - since);
    }
  };
  const count = async () => {
    while (performance.now() < until) await wait((await foldTail(database, new Date())) > 0 ? 10 : 100);
  };
  await Promise.all([count(), ...Array.from({ length: job.callers }, caller)]);
  const after = spent();
  const used = Object.fromEntries(Object.entries(after).map(([name, ms]) => [name, ms - (before?.[name] ?? 0)]));
  const measured = sumUp(durations, performance.now() - countFrom, used);
  const uncounted = Number((await database.get('SELECT COUNT(*) AS n FROM ledger_tail'))?.['n']);
  const since = performance.now();
  while ((await foldTail(database, new Date())) > 0);
  const countedMs = performance.now() - since;
  await stored.close();
  return { measured, answered, uncounted, countedMs };
}

process.stdout.write(JSON.stringify(await main()), () => process.exit(0));
