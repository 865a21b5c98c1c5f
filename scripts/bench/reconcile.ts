import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { reconcilingMib } from '../../core/reconciliation/thread.ts';
import { writeBill } from './bill.ts';
import { fillDay } from './booked-day.ts';
import { runPart } from './child.ts';
import { send } from './compare.ts';
import type { ReconciledDay, ReconcileJob } from './reconcile-day.ts';
import { describeMachine, type Figure, type Report } from './report.ts';
import { makeRig, type Rig } from './rig.ts';
import { type Given, refuseOthers, withServer } from './serve.ts';

/** W5: a day of so many payments against a bill of as many entries, alone and beside creates that come at a constant rate. */
export async function benchReconcile(given: Given): Promise<Report> {
  const { engine, payments, pace, ratePerSecond } = given;
  const rig = await makeRig({ engine, connections: pace.connections });
  try {
    const job = await prepareDay(rig, payments);
    const alone = await reconcile(job);
    const beside = await createBeside(rig, given, job, alone);
    const conditions = `${payments.toLocaleString('en')} payments, creates at ${ratePerSecond}/s; ${rig.durability}; ${describeMachine()}`;
    return { workload: 'reconcile', conditions, figures: [...figuresOf(alone), ...beside] };
  } finally {
    await rig.remove();
  }
}

async function prepareDay(rig: Rig, payments: number): Promise<ReconcileJob> {
  const url = rig.engine === 'sqlite' ? null : rig.database;
  const [accountId = ''] = rig.accounts;
  await fillDay(rig, url, accountId, payments);
  const bill = join(rig.folder, 'bill.csv');
  await pipeline(writeBill(payments), createWriteStream(bill));
  return { url, dataDir: rig.folder, keyFile: join(rig.folder, 'paymux.key'), accountId, bill, isPolite: false };
}

/** In a process of its own, as the job is on a thread of its own, with the limits that the thread has. */
function reconcile(job: ReconcileJob): Promise<ReconciledDay> {
  const args = [`--max-semi-space-size=${reconcilingMib.young}`, `--max-old-space-size=${reconcilingMib.old}`];
  return runPart<ReconciledDay>(new URL('./reconcile-day.ts', import.meta.url), job, { args });
}

function figuresOf({ cpuMs, importMs, compareMs, peakMib, classes }: ReconciledDay): readonly Figure[] {
  return [
    { name: 'document to report', value: importMs + compareMs, unit: 'ms', better: 'lower', goal: 15_000 },
    { name: 'of that, taking in', value: importMs, unit: 'ms', better: 'lower' },
    { name: 'of that, comparing and writing', value: compareMs, unit: 'ms', better: 'lower' },
    { name: 'processor time', value: cpuMs, unit: 'ms', better: 'lower' },
    { name: 'memory, highest', value: peakMib, unit: 'MiB', better: 'lower', goal: 256 },
    ...classes.map(([name, value]): Figure => ({ name, value, unit: 'count' })),
  ];
}

/** The server closes connections that rested for 65 s, and at a low rate some do. */
const mostBesideMs = 60_000;

/** Creates before, during and after: the same day again, which reads and compares all of it and writes nothing new. */
function createBeside(
  rig: Rig,
  { pace, profile, ratePerSecond }: Given,
  job: ReconcileJob,
  alone: ReconciledDay,
): Promise<readonly Figure[]> {
  return withServer(rig, { profile }, async (server) => {
    const sides = { rig, server, ids: [], pace, what: 'create' } as const;
    const load = { port: server.port, ratePerSecond };
    const before = await send(sides, { ...load, warmUpMs: 5000 });
    const durationMs = Math.min(mostBesideMs, Math.round(alone.importMs + alone.compareMs));
    const [during] = await Promise.all([send(sides, { ...load, warmUpMs: 0, durationMs }), reconcile({ ...job, isPolite: true })]);
    const after = await send(sides, load);
    for (const { statuses } of [before, during, after]) refuseOthers(statuses, ['201']);
    const quietMs = (before.measured.p99Ms + after.measured.p99Ms) / 2;
    return [
      { name: 'create p99 before', value: before.measured.p99Ms, unit: 'ms', better: 'lower' },
      { name: 'create p99 beside it', value: during.measured.p99Ms, unit: 'ms', better: 'lower' },
      { name: 'create p99 after', value: after.measured.p99Ms, unit: 'ms', better: 'lower' },
      { name: 'create p99 beside / without', value: during.measured.p99Ms / quietMs, unit: 'ratio', better: 'lower', goal: 1.5 },
    ];
  });
}
