import { statSync } from 'node:fs';
import { freePort } from '../../test/kit/free-port.ts';
import { type Pace, send } from './compare.ts';
import { fillBooks } from './fill.ts';
import { directMethod, type Engine, makeRig, type Rig } from './rig.ts';
import { type ServerProcess, serverEnvironment, serverOptions, startServer } from './server.ts';

/** Rates over small books and over large ones, from the same minutes. */
export interface Growth {
  readonly engine: Engine;
  readonly payments: number;
  /** What the large books take on disk; null where the database is a server's. */
  readonly largeBytes: number | null;
  readonly fillSec: number;
  readonly creates: readonly Pair[];
  readonly queries: readonly Pair[];
}

export interface Pair {
  readonly small: number;
  readonly large: number;
}

interface Side {
  readonly rig: Rig;
  readonly server: ServerProcess;
  readonly ids: readonly string[];
}

const smallPayments = 10_000;
/** Made by the server first: one of them is copied, and all of them are read over and over. */
const readPayments = 500;

/** Creates and queries in turns over 10,000 payments and over many, each with a server and a database of its own. */
export async function benchGrowth(engine: Engine, payments: number, pace: Pace): Promise<Growth> {
  const small = await openSide(engine, pace);
  try {
    const large = await openSide(engine, pace);
    try {
      await fillBooks(small.rig, small.ids[0] ?? '', smallPayments);
      const begun = performance.now();
      await fillBooks(large.rig, large.ids[0] ?? '', payments);
      const fillSec = Math.round((performance.now() - begun) / 1000);
      const creates: Pair[] = [];
      const queries: Pair[] = [];
      for (let round = 0; round < pace.rounds; round += 1) {
        creates.push(await measure('create', small, large, pace));
        queries.push(await measure('query', small, large, pace));
      }
      const largeBytes = engine === 'sqlite' ? statSync(large.rig.database).size : null;
      return { engine, payments, largeBytes, fillSec, creates, queries };
    } finally {
      await closeSide(large);
    }
  } finally {
    await closeSide(small);
  }
}

async function openSide(engine: Engine, pace: Pace): Promise<Side> {
  const rig = await makeRig({ engine, connections: pace.connections });
  const server = await startServer({
    args: [...serverOptions, 'core/main.ts'],
    environment: { ...rig.environment, ...serverEnvironment },
    port: await freePort(),
    readyPath: '/readyz',
  });
  const job = { port: server.port, method: directMethod, maxRequests: readPayments, warmUpMs: 0, durationMs: 60_000 };
  const { ids } = await send({ rig, server, what: 'create', ids: [], pace }, job);
  return { rig, server, ids };
}

async function closeSide({ rig, server }: Side): Promise<void> {
  await server.stop();
  await rig.remove();
}

async function measure(what: 'create' | 'query', small: Side, large: Side, pace: Pace): Promise<Pair> {
  const rate = async ({ rig, server, ids }: Side) => {
    const { measured, statuses } = await send({ rig, server, what, ids, pace }, { port: server.port, isShuffled: true });
    const wrong = Object.keys(statuses).filter((status) => !status.startsWith('20'));
    if (wrong.length > 0) throw new Error(`${what} was answered ${JSON.stringify(statuses)}`);
    return Math.round(measured.perSecond);
  };
  const pair = { small: await rate(small), large: await rate(large) };
  console.error(`${what}: ${pair.small}/s over few, ${pair.large}/s over many`);
  return pair;
}
