import type { Server } from 'node:http';
import { expect } from 'chai';
import type { Database } from '../../core/store/database.ts';
import { startBalancer } from '../kit/balancer.ts';
import { checkMoney } from '../kit/check-money.ts';
import { forEachDatabase } from '../kit/database.ts';
import { freePort } from '../kit/free-port.ts';
import { eventually } from '../kit/merchant.ts';
import { type Answer, type Paymux, startPaymux, targetOf } from '../kit/paymux.ts';
import { type ServerProcess, serverProcess } from '../kit/process.ts';

const payments = Number(process.env.PAYMUX_TWO_SERVERS_PAYMENTS ?? 150);
const workers = 8;
/** A quick machine goes on with payments until so many servers were killed under them. */
const leastKills = 3;
const methods = ['wechat_native', 'alipay_precreate', 'stripe_payment_intent', 'wechat_native', 'stripe_checkout'];

/** Whatever a request to one server came to: null when that server was not there to answer. */
type Call = (path: string, body?: unknown) => Promise<Answer | null>;

interface Load {
  made: number;
  kills: number;
  isOver: boolean;
}

interface Shop {
  readonly paymux: Paymux;
  /** One for each server. */
  readonly calls: readonly [Call, Call];
}

describe('Two servers on one database', () => {
  forEachDatabase((name, open) => {
    let paymux: Paymux;
    let servers: readonly [ServerProcess, ServerProcess];
    let balancer: Server;

    before(async function () {
      // The embedded database belongs to one process.
      if (name === 'sqlite') this.skip();
      this.timeout(60_000);
      const [one, two, front] = [await freePort(), await freePort(), await freePort()];
      const environment = {
        PAYMUX_PUBLIC_URL: `http://127.0.0.1:${front}`,
        PAYMUX_CHANNELS_TIMEOUT_MS: '1000',
        PAYMUX_LOG_LEVEL: 'silent',
      };
      paymux = await startPaymux({ database: await open(), serves: false, environment });
      servers = [serverProcess({ ...paymux.environment, PORT: String(one) }), serverProcess({ ...paymux.environment, PORT: String(two) })];
      balancer = await startBalancer(front, () => servers.map(({ url }) => url));
      await Promise.all(servers.map((server) => server.start()));
    });

    after(async () => {
      await Promise.all((servers ?? []).map((server) => server.stop()));
      balancer?.closeAllConnections();
      balancer?.close();
      await paymux?.stop();
    });

    it(`take the same creates, callbacks, refunds and closes at once, while they are killed, and ${payments} payments and more come out right`, async function () {
      this.timeout(280_000);
      const shop: Shop = { paymux, calls: [callerOf(servers[0].url, paymux.key), callerOf(servers[1].url, paymux.key)] };
      await disturb(paymux);
      const load: Load = { made: 0, kills: 0, isOver: false };
      const killing = killInTurn(servers, load);
      await Promise.all(Array.from({ length: workers }, () => work(shop, load)));
      load.isOver = true;
      await killing;
      await paymux.control('/_scenario', undefined, 'DELETE');
      const { database } = paymux.stored;
      await eventually(
        async () => (await unsettled(database)) === 0,
        () => 'something that has not come to its end',
        120_000,
      );
      const { entries } = (await paymux.control('/_truth?since=0')).body;
      expect(await checkMoney(database, entries)).to.deep.equal([]);
      const ends = await database.all('SELECT state, COUNT(*) AS n FROM payments GROUP BY state');
      const count = new Map(ends.map((row) => [row.state, Number(row.n)]));
      expect([...count.values()].reduce((sum, n) => sum + n, 0)).to.equal(load.made);
      for (const state of ['success', 'refunded', 'closed']) expect(count.get(state) ?? 0, state).to.be.greaterThan(0);
    });
  });
});

function callerOf(url: string, key: string): Call {
  return async (path, body) => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const post = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    try {
      const answer = await fetch(url + path, { headers, ...post, signal: AbortSignal.timeout(20_000) });
      const text = await answer.text();
      return { status: answer.status, headers: answer.headers, body: JSON.parse(text), text };
    } catch {
      return null;
    }
  };
}

/** Vendors that lose answers before and after they acted, and call back twice. */
async function disturb({ control }: Paymux): Promise<void> {
  for (const channel of ['wechat', 'alipay', 'stripe']) {
    for (const operation of ['pay', 'refund', 'close', 'query']) {
      await control('/_scenario', { channel, operation, behaviour: 'drop_after_execute', probability: 0.05, seed: 7 });
      await control('/_scenario', { channel, operation, behaviour: 'drop_before_execute', probability: 0.05, seed: 11 });
    }
    await control('/_scenario', { channel, operation: 'callback', behaviour: 'duplicate', probability: 0.3, seed: 13 });
  }
}

async function killInTurn(servers: readonly ServerProcess[], load: Load): Promise<void> {
  while (!load.isOver) {
    await new Promise((resolve) => setTimeout(resolve, 500 + Math.random() * 1000));
    const server = servers[load.kills % servers.length];
    if (load.isOver || server === undefined) return;
    await server.kill();
    load.kills += 1;
    await server.start();
  }
}

async function work(shop: Shop, load: Load): Promise<void> {
  while (load.made < payments || load.kills < leastKills) {
    load.made += 1;
    await trade(shop, load.made);
  }
}

/** One order's life, with every step taken on both servers at the same moment. */
async function trade({ paymux, calls }: Shop, index: number): Promise<void> {
  const order = {
    merchant_order_no: `two-${index}`,
    amount: 1000 + index,
    currency: 'CNY',
    subject: 'Tea',
    method: methods[index % methods.length],
  };
  const created = await onBoth(calls, '/v1/payments', order, [200, 201]);
  const id: string = created.id;
  const read = async () => (await calls[0](`/v1/payments/${id}`)) ?? (await calls[1](`/v1/payments/${id}`));
  const payment = await eventually(
    async () => {
      const answer = await read();
      const isReady = answer?.status === 200 && (answer.body.action !== null || answer.body.state !== 'processing');
      return isReady ? answer.body : null;
    },
    () => `no action for ${id}`,
    60_000,
  );
  // Every third is closed while the shopper pays; of those, every second is never paid at all. A code of Alipay's that nobody has
  // scanned cannot be closed: those are paid.
  const isClosed = index % 3 === 0 && order.method !== 'alipay_precreate';
  const isPaid = payment.action !== null && !(isClosed && index % 2 === 0);
  const paying = isPaid ? paymux.control('/_pay', { target: targetOf(payment.action) }) : null;
  if (isClosed) await Promise.all(calls.map((call) => call(`/v1/payments/${id}/close`, {})));
  await paying;
  if (index % 3 !== 1) return;
  await eventually(
    async () => (await read())?.body.state === 'success',
    () => `${id} is not a success`,
    60_000,
  );
  const refund = (part: string, amount: number) => ({ merchant_refund_no: `two-${index}-${part}`, amount });
  await Promise.all([
    onBoth(calls, `/v1/payments/${id}/refunds`, refund('a', 600), [200, 201, 409, 422]),
    onBoth(calls, `/v1/payments/${id}/refunds`, refund('b', 600), [200, 201, 409, 422]),
    onBoth(calls, `/v1/payments/${id}/refunds`, refund('c', 400 + index), [200, 201, 409, 422]),
  ]);
}

/** Sends the same request to both until one of them has answered; what the other says must be of the same thing. */
// biome-ignore lint/suspicious/noExplicitAny: answers have every shape.
async function onBoth(calls: readonly [Call, Call], path: string, body: unknown, allowed: readonly number[]): Promise<any> {
  return eventually(
    async () => {
      const answers = (await Promise.all(calls.map((call) => call(path, body)))).filter((one) => one !== null && one.status < 500);
      for (const answer of answers) expect(allowed, answer?.text).to.include(answer?.status);
      const made = answers.filter((answer) => answer !== null && answer.status < 300);
      expect(new Set(made.map((answer) => answer?.body.id)).size, 'one thing for one request').to.be.at.most(1);
      return (made[0] ?? answers[0])?.body;
    },
    () => `no answer to ${path}`,
    60_000,
  );
}

async function unsettled(database: Database): Promise<number> {
  const counts = await Promise.all([
    database.get("SELECT COUNT(*) AS n FROM payments WHERE state IN ('pending', 'processing')"),
    database.get("SELECT COUNT(*) AS n FROM attempts WHERE state IN ('sending', 'waiting', 'processing', 'unknown', 'closing')"),
    database.get("SELECT COUNT(*) AS n FROM refunds WHERE state IN ('created', 'sending', 'unknown', 'processing')"),
  ]);
  return counts.reduce((sum, row) => sum + Number(row?.n), 0);
}
