import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '../../test/kit/free-port.ts';
import { type Pace, send } from './compare.ts';
import { type Engine, makeRig } from './rig.ts';
import { serverEnvironment, serverOptions, startServer } from './server.ts';
import { memoryKib } from './usage.ts';

/** Resident memory of one server that made many payments. */
export interface MemoryCourse {
  readonly engine: Engine;
  readonly payments: number;
  readonly idleKib: number;
  readonly peakKib: number;
  /** A little after each tenth of the payments. */
  readonly tenthsKib: readonly number[];
  /** Creates a second in each tenth. */
  readonly rates: readonly number[];
}

const parts = 10;
const settleMs = 2000;
/** The garbage of the start takes a while to be collected. */
const idleAfterMs = 5000;
const channels = 25;

export async function benchMemory(engine: Engine, payments: number, pace: Pace): Promise<MemoryCourse> {
  const rig = await makeRig({ engine, connections: pace.connections, channels });
  try {
    const server = await startServer({
      args: [...serverOptions, 'core/main.ts'],
      environment: { ...rig.environment, ...serverEnvironment },
      port: await freePort(),
      readyPath: '/readyz',
    });
    try {
      await wait(idleAfterMs);
      const idleKib = memoryKib(server.pid).now;
      const tenthsKib: number[] = [];
      const rates: number[] = [];
      for (let part = 0; part < parts; part += 1) {
        const job = { port: server.port, maxRequests: Math.ceil(payments / parts), warmUpMs: 0, durationMs: 3_600_000 };
        const { measured } = await send({ rig, server, what: 'create', ids: [], pace }, job);
        await wait(settleMs);
        tenthsKib.push(memoryKib(server.pid).now);
        rates.push(Math.round(measured.perSecond));
        console.error(`${(part + 1) * job.maxRequests} payments, ${Math.round(tenthsKib.at(-1) ?? 0) >> 10} MiB, ${rates.at(-1)}/s`);
      }
      return { engine, payments, idleKib, peakKib: memoryKib(server.pid).peak, tenthsKib, rates };
    } finally {
      await server.stop();
    }
  } finally {
    await rig.remove();
  }
}
