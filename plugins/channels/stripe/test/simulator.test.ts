import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect } from 'chai';
import type { AttemptRef, CallbackItem, Channel, PayRequest, RawRequest, RefundRequest } from '../../../../core/contract/channel.ts';
import type { Outcome } from '../../../../core/contract/outcome.ts';
import { type Simulator, startSimulator } from '../../../../simulator/server.ts';
import { makeCall, makeKit, sendToLoopback } from '../../../../test/kit/channel-kit.ts';
import stripe, { type Config } from '../index.ts';

const call = makeCall({ http: sendToLoopback, now: () => new Date() });
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const newNumber = () => [...randomBytes(26)].map((byte) => alphabet[byte % 32]).join('');

describe('stripe: against the simulator', () => {
  let simulator: Simulator;
  let dataDir: string;
  let shop: Server;
  let callbackUrl: string;
  let configs: Config[];
  let channel: Required<Channel>;
  const arrived: RawRequest[] = [];

  before(async function () {
    this.timeout(20_000);
    dataDir = await mkdtemp(join(tmpdir(), 'paymux-stripe-'));
    simulator = await startSimulator({ port: 0, dataDir, channels: ['stripe'] });
    const accounts = (await (await fetch(`${simulator.url}/_accounts`)).json()) as { stripe: { config: Config }[] };
    configs = accounts.stripe.map(({ config }) => config);
    shop = createServer(async (request, response) => {
      const body = await buffer(request);
      arrived.push({ method: 'POST', url: callbackUrl, query: '', headers: request.headers as Record<string, string>, body });
      response.writeHead(200).end('{"received":true}');
    });
    await new Promise<void>((listening) => shop.listen(0, '127.0.0.1', listening));
    callbackUrl = `http://127.0.0.1:${(shop.address() as AddressInfo).port}/v1/callbacks/stripe/acc_1`;
    for (const { account_id: account } of configs) await control('/_callbacks', { channel: 'stripe', account, url: callbackUrl });
    channel = open();
  });

  after(async () => {
    await simulator?.stop();
    shop?.closeAllConnections();
    shop?.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  beforeEach(async () => {
    arrived.length = 0;
    await fetch(`${simulator.url}/_scenario`, { method: 'DELETE' });
  });

  function open(overrides: Partial<Config> = {}): Required<Channel> {
    const config = { ...configs[0]!, ...overrides };
    return stripe.open({ id: 'acc_1', livemode: false, config }, makeKit(stripe.manifest.money.exponents)) as Required<Channel>;
  }

  function makeRequest(overrides: Partial<PayRequest> = {}): PayRequest {
    const createdAt = new Date();
    const expiresAt = new Date(createdAt.getTime() + 600_000);
    const common = {
      number: newNumber(),
      channelNo: null,
      sessionNo: null,
      product: 'checkout',
      money: { amount: 1234, currency: 'USD' },
      createdAt,
      expiresAt,
    };
    return { ...common, subject: '一杯茶 tea & cake', payer: {}, orderLines: [], callbackUrl, returnUrl: null, ...overrides };
  }

  function refundOf(attempt: AttemptRef, amount: number): RefundRequest {
    const { createdAt } = attempt;
    return {
      number: newNumber(),
      channelNo: null,
      money: { ...attempt.money, amount },
      createdAt,
      reason: 'wrong size',
      attempt,
      callbackUrl,
    };
  }

  async function control(path: string, body: unknown): Promise<Record<string, unknown>> {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${simulator.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    return (await answer.json()) as Record<string, unknown>;
  }

  const misbehave = (operation: string, behaviour: string, more = {}) =>
    control('/_scenario', { channel: 'stripe', operation, behaviour, ...more });

  function startedBy(outcome: Outcome): { target: string; channelNo: string } {
    if (outcome.kind !== 'action' || outcome.channelNo === undefined) throw new Error(`no action: ${JSON.stringify(outcome)}`);
    const { action, channelNo } = outcome;
    return { target: action.type === 'redirect' ? action.url : JSON.stringify(action.type === 'sdk' ? action.params : {}), channelNo };
  }

  async function start(overrides: Partial<PayRequest> = {}) {
    const request = makeRequest(overrides);
    const { target, channelNo } = startedBy(await channel.pay(request, call));
    return { request, target, attempt: { ...request, channelNo } };
  }

  /** Pays a new order, and answers it as it is known afterwards. */
  async function payFresh(): Promise<AttemptRef> {
    const { target, attempt } = await start();
    await control('/_pay', { target });
    const outcome = await channel.query(attempt, call);
    if (outcome.kind !== 'ok' || outcome.report.state !== 'succeeded') throw new Error(`not paid: ${JSON.stringify(outcome)}`);
    return { ...attempt, channelNo: outcome.report.channelNo };
  }

  /** The items of all callbacks that came so far and were taken; waits until there are `count`. */
  async function itemsTold(count: number): Promise<CallbackItem[]> {
    const items: CallbackItem[] = [];
    for (let tries = 0; items.length < count && tries < 200; tries += 1) {
      for (const raw of arrived.splice(0)) {
        const callback = await channel.parseCallback(raw, call);
        if (callback.kind === 'event') items.push(...callback.items);
      }
      await new Promise((resume) => setTimeout(resume, 10));
    }
    return items;
  }

  it('a session: from the page to the callbacks, which agree with each other and with the query', async () => {
    const { request, target, attempt } = await start();
    const echo = { number: request.number, livemode: false };
    expect(await channel.query(attempt, call)).to.deep.equal({
      kind: 'ok',
      report: { state: 'pending', channelNo: attempt.channelNo, echo },
    });
    expect(await control('/_pay', { target })).to.include({ paid: true, number: request.number });
    const asked = await channel.query(attempt, call);
    expect(asked).to.have.property('report').that.deep.includes({ state: 'succeeded', money: request.money, echo });
    const told = await itemsTold(2);
    expect(told).to.have.length(2);
    for (const item of told) {
      const { at: _, ...report } = item.report as { at?: Date };
      expect(report).to.deep.equal(asked.kind === 'ok' && asked.report);
      expect(item.number).to.equal(request.number);
    }
    expect(told[0]?.channelNo).to.match(/^pi_/);
    expect(await channel.query({ ...attempt, channelNo: told[0]?.channelNo ?? '' }, call)).to.deep.equal(asked);
    expect(await channel.close(attempt, call)).to.deep.equal({ kind: 'paid' });
  });

  it("an intent: from the merchant's page to the callback, and the query agrees", async () => {
    const { request, target, attempt } = await start({ product: 'payment_intent', money: { amount: 500, currency: 'JPY' } });
    const echo = { number: request.number, livemode: false };
    expect(await channel.query(attempt, call)).to.have.nested.property('report.state', 'pending');
    await control('/_pay', { target });
    const asked = await channel.query(attempt, call);
    const report = { state: 'succeeded', channelNo: attempt.channelNo, money: request.money, echo };
    expect(asked).to.deep.equal({ kind: 'ok', report });
    expect((await itemsTold(1))[0]?.report).to.deep.include(report);
    expect(await channel.close(attempt, call)).to.deep.equal({ kind: 'paid' });
  });

  it('an intent that failed once can still be paid', async () => {
    const { target, attempt } = await start({ product: 'payment_intent' });
    await control('/_pay', { target, outcome: 'fail' });
    expect((await itemsTold(1))[0]?.report).to.have.property('state', 'pending');
    expect(await channel.query(attempt, call)).to.have.nested.property('report.state', 'pending');
    expect(await control('/_pay', { target })).to.have.property('paid', true);
  });

  for (const product of ['checkout', 'payment_intent']) {
    it(`${product}: what was closed stays closed`, async () => {
      const { target, attempt } = await start({ product });
      expect(await channel.close(attempt, call)).to.deep.equal({ kind: 'closed' });
      expect(await channel.close(attempt, call)).to.deep.equal({ kind: 'closed' });
      expect(await control('/_pay', { target })).to.have.property('paid', false);
      expect(await channel.query(attempt, call)).to.have.nested.property('report.state', 'closed');
      expect((await itemsTold(1))[0]?.report).to.have.property('state', 'closed');
    });

    it(`${product}: the same attempt again is the same payment, also when the first answer was lost`, async () => {
      const request = makeRequest({ product });
      await misbehave('pay', 'drop_after_execute', { count: 1 });
      expect(await channel.pay(request, call)).to.have.property('kind', 'unknown');
      const again = await channel.pay(request, call);
      expect(startedBy(again)).to.deep.equal(startedBy(await channel.pay(request, call)));
      await control('/_pay', { target: startedBy(again).target });
      const { entries } = (await (await fetch(`${simulator.url}/_truth?since=0`)).json()) as {
        entries: { number: string; kind: string }[];
      };
      expect(entries.filter(({ number }) => number === request.number).map(({ kind }) => kind)).to.deep.equal(['charge']);
      const other = await channel.pay({ ...request, money: { amount: 1, currency: 'USD' } }, call);
      expect(other).to.include({ kind: 'rejected', reason: 'number_reused' });
    });
  }

  it('a refund: taken, told, and asked for; the same again moves nothing; more than is left is refused', async () => {
    const attempt = await payFresh();
    await itemsTold(2);
    const part = refundOf(attempt, 234);
    const first = await channel.refund(part, call);
    expect(first)
      .to.have.property('report')
      .that.deep.includes({ state: 'succeeded', money: part.money, echo: { number: part.number } });
    expect(await channel.refund(part, call)).to.deep.equal(first);
    const [told] = await itemsTold(1);
    expect(told).to.include({ of: 'refund', number: part.number });
    expect(told?.report).to.deep.include({ state: 'succeeded', money: part.money, echo: { number: part.number, livemode: false } });
    expect(await channel.queryRefund({ ...part, channelNo: told?.channelNo ?? null }, call)).to.deep.equal(first);
    expect(await channel.refund({ ...part, money: { amount: 235, currency: 'USD' } }, call)).to.include({ reason: 'number_reused' });
    expect(await channel.refund(refundOf(attempt, 1001), call)).to.include({ kind: 'rejected', reason: 'validation' });
    expect(await channel.refund(refundOf(attempt, 1000), call)).to.have.nested.property('report.state', 'succeeded');
    expect(await channel.refund(refundOf(attempt, 1), call)).to.include({ kind: 'declined', code: 'refund_rejected' });
  });

  it('what does not exist is not found, and is not taken for closed', async () => {
    const attempt = { ...makeRequest(), channelNo: 'cs_test_0' };
    expect(await channel.query(attempt, call)).to.deep.equal({ kind: 'ok', report: { state: 'not_found' } });
    expect(await channel.close(attempt, call)).to.deep.equal({ kind: 'notFound' });
    expect(await channel.queryRefund({ ...refundOf(attempt, 1), channelNo: 're_0' }, call)).to.have.nested.property(
      'report.state',
      'not_found',
    );
  });

  it('troubles of the API are never failures', async () => {
    for (const [behaviour, expected] of [
      ['drop_before_execute', { kind: 'unknown' }],
      ['drop_after_execute', { kind: 'unknown' }],
      ['http_500', { kind: 'unknown', reason: 'server_error' }],
      ['rate_limited', { kind: 'notSent', reason: 'rate_limited', retryAfterMs: 1000 }],
    ] as const) {
      const { attempt } = await start();
      for (const operation of ['pay', 'query', 'close'] as const) {
        await misbehave(operation, behaviour, { count: 1 });
        const outcome = await {
          pay: () => channel.pay(makeRequest(), call),
          query: () => channel.query(attempt, call),
          close: () => channel.close(attempt, call),
        }[operation]();
        expect(outcome, `${operation} ${behaviour}`).to.include(expected);
      }
      const paid = await payFresh();
      await misbehave('refund', behaviour, { count: 1 });
      expect(await channel.refund(refundOf(paid, 1), call), `refund ${behaviour}`).to.include(expected);
    }
  });

  it("declines in Stripe's words", async () => {
    await misbehave('pay', 'decline', { code: 'insufficient_funds', count: 1 });
    expect(await channel.pay(makeRequest(), call)).to.include({ kind: 'declined', code: 'insufficient_funds' });
    const paid = await payFresh();
    await misbehave('refund', 'decline', { count: 1 });
    expect(await channel.refund(refundOf(paid, 1), call)).to.include({ kind: 'declined', code: 'insufficient_balance' });
  });

  it('shows the shopper no session of another amount', async () => {
    await misbehave('pay', 'wrong_amount', { count: 1 });
    expect(await channel.pay(makeRequest(), call)).to.have.nested.property('report.state', 'pending');
  });

  it('passes on the amount that Stripe states, for the kernel to compare', async () => {
    const { target, attempt } = await start();
    await control('/_pay', { target });
    await misbehave('query', 'wrong_amount', { count: 1 });
    expect(await channel.query(attempt, call)).to.have.nested.property('report.money.amount', 1235);
  });

  for (const [behaviour, reason] of [
    ['bad_signature', 'bad_signature'],
    ['wrong_account', 'wrong_account'],
    ['forged', 'bad_signature'],
  ] as const) {
    it(`refuses a callback that is "${behaviour}"`, async () => {
      await misbehave('callback', behaviour, { count: 1 });
      const { target } = await start({ product: 'payment_intent' });
      await control('/_pay', { target });
      const [first] = arrived;
      expect(await channel.parseCallback(first!, call)).to.deep.include({ kind: 'refused', reason });
    });
  }

  it('is refused with the key of another, and proves a good one', async () => {
    expect(await channel.probe(call)).to.deep.equal({ ok: true, detail: 'resource_missing' });
    const stranger = open({ secret_key: 'sk_test_0000000000000000' });
    expect(await stranger.pay(makeRequest(), call)).to.include({ kind: 'rejected', reason: 'auth' });
    expect(await stranger.probe(call)).to.have.property('ok', false);
  });

  it("does not see another account's payments", async () => {
    const { attempt } = await start();
    const neighbour = open(configs[1]!);
    expect(await neighbour.query(attempt, call)).to.have.nested.property('report.state', 'not_found');
  });
});
