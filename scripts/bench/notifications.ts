import { setTimeout as wait } from 'node:timers/promises';
import { send } from './compare.ts';
import { type Merchants, openMerchants } from './merchants.ts';
import { describeMachine, type Figure, type Report } from './report.ts';
import { directMethod, type Rig } from './rig.ts';
import { type Given, refuseOthers, withRig, withServer } from './serve.ts';
import { cpuMs, memoryKib } from './usage.ts';

const endpoints = 20;
const deadEndpoints = 2;
const patienceMs = 30 * 60_000;

interface Drained {
  readonly healthy: number;
  readonly elapsedMs: number;
  readonly cpuUs: number;
  readonly peakKib: number;
}

/** W6: notifications that have gathered are told, first to merchants who all answer, then with a tenth of their hosts dead. */
export async function benchNotifications(given: Given): Promise<Report> {
  if (given.engine === 'sqlite') throw new RangeError('gathering before telling takes servers of two roles: give --database mariadb');
  const all = await drainWith(given, 0);
  const some = await drainWith(given, deadEndpoints);
  const figures: readonly Figure[] = [
    { name: 'notifications of each run', value: given.payments, unit: 'count' },
    { name: 'all healthy: told', value: (all.healthy * 1000) / all.elapsedMs, unit: '1/s', better: 'higher' },
    { name: 'all healthy: until all are told', value: all.elapsedMs, unit: 'ms', better: 'lower' },
    { name: 'a tenth dead: healthy ones told', value: (some.healthy * 1000) / some.elapsedMs, unit: '1/s', better: 'higher' },
    { name: 'a tenth dead: until all healthy ones are told', value: some.elapsedMs, unit: 'ms', better: 'lower' },
    { name: 'time with dead ones / without', value: some.elapsedMs / all.elapsedMs, unit: 'ratio', better: 'lower', goal: 1.2 },
    { name: 'CPU of a notification, server', value: all.cpuUs, unit: 'µs', better: 'lower' },
    { name: 'server memory, highest', value: some.peakKib / 1024, unit: 'MiB', better: 'lower' },
  ];
  return { workload: 'notifications', conditions: `${endpoints} hosts, ${given.engine}; ${describeMachine()}`, figures };
}

async function drainWith(given: Given, dead: number): Promise<Drained> {
  const merchants = await openMerchants(endpoints - dead, dead);
  try {
    const options = { engine: given.engine, connections: given.pace.connections, hasTruth: true };
    return await withRig(options, async (rig) => {
      const healthy = await gather(rig, given, merchants, dead);
      return await drain(rig, given, merchants, healthy);
    });
  } finally {
    merchants.close();
  }
}

/** Makes payments while nobody tells of them. Answers how many of them healthy merchants wait for. */
async function gather(rig: Rig, { pace, payments }: Given, { urls }: Merchants, dead: number): Promise<number> {
  const made = await withServer(rig, { environment: { PAYMUX_ROLES: 'api' } }, (server) => {
    const sides = { rig, server, ids: [], pace, what: 'create' } as const;
    const until = { maxRequests: payments, warmUpMs: 0, durationMs: patienceMs };
    return send(sides, { port: server.port, method: directMethod, notifyUrls: urls, ...until });
  });
  refuseOthers(made.statuses, ['201']);
  const [whole, rest] = [Math.floor(payments / urls.length), payments % urls.length];
  return whole * (urls.length - dead) + Math.min(rest, urls.length - dead);
}

function drain(rig: Rig, { profile }: Given, merchants: Merchants, healthy: number): Promise<Drained> {
  const startedAt = performance.now();
  return withServer(rig, { profile }, async ({ pid }) => {
    while (merchants.told.size < healthy) {
      if (performance.now() - startedAt > patienceMs) throw new Error(`only ${merchants.told.size} of ${healthy} were told`);
      await wait(20);
    }
    const cpuUs = (cpuMs(pid) * 1000) / healthy;
    return { healthy, elapsedMs: merchants.lastToldAt() - startedAt, cpuUs, peakKib: memoryKib(pid).peak };
  });
}
