import { appendFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '../../test/kit/free-port.ts';
import { send } from './compare.ts';
import type { LoadResult } from './load.ts';
import { describeMachine, type Figure, type Report } from './report.ts';
import { directMethod, type Rig } from './rig.ts';
import { type Given, refuseOthers, withRig, withServer } from './serve.ts';
import { type Behaviour, openVendor, type Vendor } from './vendor.ts';

const outages: readonly Exclude<Behaviour, 'healthy'>[] = ['refuse', 'broken', 'hang'];
/** A short deadline, so that silence is known within the run. */
const deadlineMs = 1000;
const token = 'the-token-of-the-benchmark';

/**
 * W8: half of the payments go to an account whose vendor fails, the other half to a healthy one. The same course without an
 * outage goes before: a server that has run for a while is slower than one that has just begun, whatever its vendors do.
 */
export async function benchOutage(given: Given): Promise<Report> {
  const control = await benchOne(given, 'healthy');
  const figures: Figure[] = [];
  for (const outage of outages) figures.push(...figuresOf(outage, await benchOne(given, outage), control));
  const conditions = `${given.ratePerSecond}/s, deadline ${deadlineMs} ms, ${given.engine}; ${describeMachine()}`;
  return { workload: 'outage', conditions, figures };
}

async function benchOne(given: Given, outage: Behaviour): Promise<Course> {
  const [failing, healthy] = [await openVendor(await freePort()), await openVendor(await freePort())];
  const accounts = [failing, healthy].map(({ port }) => ({ vendor: `http://127.0.0.1:${port}/pay` }));
  const options = { engine: given.engine, connections: given.pace.connections, accounts };
  try {
    const run = (rig: Rig) => runOutage(rig, given, outage, failing);
    return await withRig(options, run, (rig) => writeTruth(rig, [failing, healthy]));
  } finally {
    await Promise.all([failing.close(), healthy.close()]);
  }
}

function runOutage(rig: Rig, given: Given, outage: Behaviour, failing: Vendor): Promise<Course> {
  const environment = { PAYMUX_CHANNELS_TIMEOUT_MS: String(deadlineMs), PAYMUX_METRICS_TOKEN: token };
  return withServer(rig, { profile: given.profile, environment }, async (server) => {
    const sides = { rig, server, ids: [], pace: given.pace, what: 'create' } as const;
    const job = { port: server.port, method: directMethod, ratePerSecond: given.ratePerSecond };
    const before = await send(sides, job);
    await failing.behave(outage);
    const opening = watchBreaker(server.port, rig.accounts[0] ?? '');
    const first = await send(sides, { ...job, warmUpMs: 0 });
    const opened = await opening.end();
    const callsUntilOpen = failing.calls();
    const after = await send(sides, job);
    for (const load of [before, first, after]) refuseOthers(load.statuses, ['201']);
    return { before, after, opened, callsUntilOpen };
  });
}

interface Course {
  readonly before: LoadResult;
  readonly after: LoadResult;
  readonly opened: number | null;
  readonly callsUntilOpen: number;
}

function figuresOf(outage: Behaviour, { before, after, opened, callsUntilOpen }: Course, control: Course): readonly Figure[] {
  const named = (name: string, rest: Omit<Figure, 'name'>): Figure => ({ name: `${outage}: ${name}`, ...rest });
  // Silence is known at the first deadline: the time until then is the deadline's.
  const goalMs = 2000 + (outage === 'hang' ? deadlineMs : 0);
  const [healthy, later, undisturbed] = [before.measured, after.measured, control.after.measured];
  return [
    named('breaker open after', { value: opened ?? Number.MAX_SAFE_INTEGER, unit: 'ms', better: 'lower', goal: goalMs }),
    named('calls that reached the vendor', { value: callsUntilOpen, unit: 'count', better: 'lower' }),
    named('p99 before', { value: healthy.p99Ms, unit: 'ms', better: 'lower' }),
    named('p99 once open', { value: later.p99Ms, unit: 'ms', better: 'lower' }),
    named('p99 at that time without an outage', { value: undisturbed.p99Ms, unit: 'ms', better: 'lower' }),
    named('p99 once open / without', { value: later.p99Ms / undisturbed.p99Ms, unit: 'ratio', better: 'lower', goal: 1.5 }),
    named('CPU of a create once open', { value: later.cpuUs['server'] ?? 0, unit: 'µs', better: 'lower' }),
  ];
}

/** Asks the metrics until the breaker before payments of this account is open. From the first look on, in steps of 20 ms. */
function watchBreaker(port: number, account: string) {
  const startedAt = performance.now();
  let openedMs: number | null = null;
  let isOver = false;
  const look = async () => {
    while (!isOver && openedMs === null) {
      const answer = await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { authorization: `Bearer ${token}` } });
      if (answer.status !== 200) throw new Error(`the metrics were answered ${answer.status}`);
      if (isBreakerOpen(await answer.text(), account)) openedMs = performance.now() - startedAt;
      await wait(20);
    }
  };
  const looking = look();
  return {
    async end(): Promise<number | null> {
      isOver = true;
      await looking;
      return openedMs;
    },
  };
}

function isBreakerOpen(metrics: string, account: string): boolean {
  const lines = metrics.split('\n').filter((line) => line.startsWith('paymux_channel_breaker_state{'));
  return lines.some((line) => line.includes(`account="${account}"`) && line.includes('operation="pay"') && line.endsWith(' 2'));
}

/** What both vendors charged: a payment that was moved while its outcome was unknown would be among it twice. */
function writeTruth(rig: Rig, vendors: readonly Vendor[]): string {
  const entry = (number: string) => `${JSON.stringify({ kind: 'charge', number, amount: 1999, currency: 'CNY' })}\n`;
  appendFileSync(rig.truthFile, vendors.flatMap(({ charged }) => charged.map(entry)).join(''));
  return rig.truthFile;
}
