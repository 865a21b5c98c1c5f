import { join } from 'node:path';
import { idempotencyIdOf } from '../../core/http/idempotency-store.ts';
import { freePort } from '../../test/kit/free-port.ts';
import { type Compared, compare, type Pace, send } from './compare.ts';
import { codeMethod, directMethod, type Engine, makeRig, type Rig } from './rig.ts';
import { type ServerProcess, serverEnvironment, serverOptions, startServer } from './server.ts';
import { type Group, readGroups } from './statements.ts';

export interface Outcome extends Compared {
  readonly engine: Engine;
  readonly durability: string;
}

/**
 * How many payments a query run reads over and over. They have succeeded: a look at one that waits
 * also makes the server ask its channel, which the raw loop has nothing to set against.
 */
const manyPayments = 5000;

export function benchCreate(engine: Engine, pace: Pace, profile: string | null): Promise<Outcome> {
  return withServer(engine, pace, profile, async (rig, server, recorded) => {
    const compared = await compare({ rig, server, what: 'create', groups: recorded.create, ids: [], pace });
    await refuseWrongCounts(rig, compared);
    return compared;
  });
}

export function benchQuery(engine: Engine, pace: Pace, profile: string | null): Promise<Outcome> {
  return withServer(engine, pace, profile, async (rig, server, recorded) => {
    const sides = { rig, server, ids: [], pace };
    const many = { maxRequests: manyPayments, warmUpMs: 0, durationMs: 60_000 };
    const method = pace.isPending ? codeMethod : directMethod;
    const made = await send({ ...sides, what: 'create' }, { port: server.port, method, ...many });
    const compared = await compare({ ...sides, what: 'query', groups: recorded.query, ids: made.ids });
    const wrong = Object.keys(compared.answers).filter((status) => status !== '200');
    if (wrong.length > 0) throw new Error(`queries were answered ${JSON.stringify(compared.answers)}`);
    return compared;
  });
}

interface Recorded {
  readonly create: readonly Group[];
  readonly query: readonly Group[];
}

async function withServer(
  engine: Engine,
  pace: Pace,
  profile: string | null,
  work: (rig: Rig, server: ServerProcess, recorded: Recorded) => Promise<Compared>,
): Promise<Outcome> {
  const rig = await makeRig({ engine, connections: pace.connections });
  try {
    const recorded = await record(rig, pace);
    const profiling = profile === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
    const args = [...serverOptions, ...profiling, 'core/main.ts'];
    const server = await startServer({
      args,
      environment: { ...rig.environment, ...serverEnvironment },
      port: await freePort(),
      readyPath: '/readyz',
    });
    try {
      return { ...(await work(rig, server, recorded)), engine, durability: rig.durability };
    } finally {
      await server.stop();
    }
  } finally {
    await rig.remove();
  }
}

/** Lets a server make and read one payment, and keeps what it sent to its database. */
async function record(rig: Rig, pace: Pace): Promise<Recorded> {
  const file = join(rig.folder, 'statements');
  const args = ['--import', new URL('./record.ts', import.meta.url).href, 'core/main.ts'];
  const environment = { ...rig.environment, BENCH_RECORD: file };
  const server = await startServer({ args, environment, port: await freePort(), readyPath: '/readyz' });
  const key = 'recorded';
  const headers = { authorization: `Bearer ${rig.key}`, 'content-type': 'application/json' };
  const keyed = pace.isKeyed ? { 'idempotency-key': key } : {};
  const order = { merchant_order_no: '0123456789ABCDEFGHJKMNPQRS', amount: 1999, currency: 'CNY', subject: 'Two kinds of tea' };
  const body = JSON.stringify({ ...order, method: codeMethod, metadata: { cart: '7f1' } });
  const url = `http://127.0.0.1:${server.port}/v1/payments`;
  const made = await fetch(url, { method: 'POST', headers: { ...headers, ...keyed }, body });
  const { id } = (await made.json()) as { id?: string };
  if (made.status !== 201 || id === undefined) throw new Error(`the payment to be recorded was answered ${made.status}`);
  const create = readGroups(file, [id, ...rig.fixedIds.map((app) => idempotencyIdOf(app, key))]);
  await (await fetch(`${url}/${id}`, { headers })).text();
  await server.stop();
  return {
    create,
    query: readGroups(file, [id])
      .slice(pace.isKeyed ? create.length - 2 : create.length, undefined)
      .slice(0, 1),
  };
}

/** A rate counts only if every answer stands for one payment and one event, and no order was taken twice. */
async function refuseWrongCounts(rig: Rig, { answers, repeatedIds }: Compared): Promise<void> {
  const row = await rig.read(`SELECT (SELECT COUNT(*) FROM payments) AS payments,
    (SELECT COUNT(*) FROM events WHERE type = 'payment.created') AS events,
    (SELECT COUNT(DISTINCT merchant_order_no) FROM payments) AS orders`);
  const { 201: created = 0, ...others } = answers;
  // One more: the payment that was recorded.
  const expected = created + 1;
  const isRight = row?.['payments'] === expected && row['events'] === expected && row['orders'] === expected;
  if (isRight && Object.keys(others).length === 0 && repeatedIds === 0) return;
  throw new Error(`answers ${JSON.stringify(answers)}, repeated ids ${repeatedIds}, rows ${JSON.stringify(row)}`);
}
