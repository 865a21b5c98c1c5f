import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect } from 'chai';
import type { AttemptRef, CallbackItem, PayRequest, RawRequest, RefundRequest } from '../../../../core/contract/channel.ts';
import type { Outcome } from '../../../../core/contract/outcome.ts';
import { type Simulator, startSimulator } from '../../../../simulator/server.ts';
import { makeCall, sendToLoopback } from '../../../../test/kit/channel-kit.ts';
import type { Config } from '../index.ts';
import { openXendit, payRequest, type Xendit } from './fixture.ts';

const call = makeCall({ http: sendToLoopback, now: () => new Date() });
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const newNumber = () => [...randomBytes(26)].map((byte) => alphabet[byte % 32]).join('');

describe('xendit: against the simulator', () => {
  let simulator: Simulator;
  let dataDir: string;
  let shop: Server;
  let callbackUrl: string;
  let configs: Config[];
  let channel: Xendit;
  const arrived: RawRequest[] = [];

  before(async function () {
    this.timeout(20_000);
    dataDir = await mkdtemp(join(tmpdir(), 'paymux-xendit-'));
    simulator = await startSimulator({ port: 0, dataDir, channels: ['xendit'] });
    const accounts = (await (await fetch(`${simulator.url}/_accounts`)).json()) as { xendit: { config: Config }[] };
    configs = accounts.xendit.map(({ config }) => config);
    shop = createServer(async (request, response) => {
      const body = await buffer(request);
      arrived.push({ method: 'POST', url: callbackUrl, query: '', headers: request.headers as Record<string, string>, body });
      response.writeHead(200).end('{"received":true}');
    });
    await new Promise<void>((listening) => shop.listen(0, '127.0.0.1', listening));
    callbackUrl = `http://127.0.0.1:${(shop.address() as AddressInfo).port}/v1/callbacks/xendit/acc_1`;
    for (const { business_id: account } of configs) await control('/_callbacks', { channel: 'xendit', account, url: callbackUrl });
    channel = openXendit(configs[0]);
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

  async function control(path: string, body: unknown): Promise<Record<string, unknown>> {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${simulator.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    return (await answer.json()) as Record<string, unknown>;
  }

  const misbehave = (operation: string, behaviour: string, more = {}) =>
    control('/_scenario', { channel: 'xendit', operation, behaviour, ...more });

  function makeRequest(overrides: Partial<PayRequest> = {}): PayRequest {
    const createdAt = new Date();
    return payRequest({
      ...{ number: newNumber(), createdAt, expiresAt: new Date(createdAt.getTime() + 600_000), callbackUrl },
      ...overrides,
    });
  }

  function startedBy(outcome: Outcome): { target: string; channelNo: string } {
    if (outcome.kind !== 'action' || outcome.channelNo === undefined) throw new Error(`no action: ${JSON.stringify(outcome)}`);
    const { action, channelNo } = outcome;
    if (action.type === 'qr') return { target: action.qrContent, channelNo };
    return { target: action.type === 'redirect' ? action.url : JSON.stringify('params' in action ? action.params : {}), channelNo };
  }

  async function start(overrides: Partial<PayRequest> = {}) {
    const request = makeRequest(overrides);
    const { target, channelNo } = startedBy(await channel.pay(request, call));
    return { request, target, attempt: { ...request, channelNo } };
  }

  async function payFresh(overrides: Partial<PayRequest> = {}): Promise<AttemptRef> {
    const { target, attempt } = await start(overrides);
    expect(await control('/_pay', { target })).to.have.property('paid', true);
    return attempt;
  }

  function refundOf(attempt: AttemptRef, amount: number): RefundRequest {
    const money = { ...attempt.money, amount };
    return { number: newNumber(), channelNo: null, money, createdAt: new Date(), reason: 'wrong size', attempt, callbackUrl };
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

  for (const [product, money, before] of [
    ['qris', { amount: 1_500_000, currency: 'IDR' }, 'pending'],
    ['gcash', { amount: 1999, currency: 'PHP' }, 'pending'],
    ['paymaya', { amount: 10, currency: 'PHP' }, 'pending'],
    ['va_bni', { amount: 1_500_000, currency: 'IDR' }, 'pending'],
  ] as const) {
    it(`${product}: shown, paid, told, asked for by either number`, async () => {
      const { request, target, attempt } = await start({ product, money });
      expect(await channel.query(attempt, call)).to.have.nested.property('report.state', before);
      expect(await control('/_pay', { target })).to.include({ paid: true, number: request.number });
      const echo = { number: request.number, merchantNo: configs[0]?.business_id };
      const report = { state: 'succeeded', channelNo: attempt.channelNo, money, echo };
      expect(await channel.query(attempt, call)).to.deep.equal({ kind: 'ok', report });
      expect(await channel.query({ ...attempt, channelNo: null }, call)).to.deep.equal({ kind: 'ok', report });
      const told = { of: 'payment', number: request.number, channelNo: attempt.channelNo, report: { state: 'changed' } };
      expect(await itemsTold(1)).to.deep.equal([told]);
    });
  }

  it('the same attempt again is the same payment request, also when the first answer was lost', async () => {
    const request = makeRequest();
    await misbehave('pay', 'drop_after_execute', { count: 1 });
    expect(await channel.pay(request, call)).to.have.property('kind', 'unknown');
    expect(await channel.query({ ...request, channelNo: null }, call)).to.have.nested.property('report.state', 'pending');
    const again = startedBy(await channel.pay(request, call));
    expect(startedBy(await channel.pay(request, call))).to.deep.equal(again);
    const other = await channel.pay({ ...request, money: { amount: 100, currency: 'IDR' } }, call);
    expect(other).to.include({ kind: 'rejected', reason: 'number_reused' });
  });

  it('a refund: taken, told, and asked for; the same again moves nothing; more than is left is refused', async () => {
    const attempt = await payFresh();
    await itemsTold(1);
    const part = refundOf(attempt, 500_000);
    const first = await channel.refund(part, call);
    expect(first).to.have.nested.property('report.state', 'processing');
    expect(await channel.refund(part, call)).to.deep.equal(first);
    const [told] = await itemsTold(1);
    expect(told).to.deep.include({ of: 'refund', number: part.number, report: { state: 'changed' } });
    const asked = await channel.queryRefund({ ...part, channelNo: told?.channelNo ?? null }, call);
    expect(asked).to.deep.include({
      kind: 'ok',
      report: { state: 'succeeded', channelNo: told?.channelNo, money: part.money, echo: { number: part.number } },
    });
    expect(await channel.refund({ ...part, money: { amount: 100, currency: 'IDR' } }, call)).to.include({ reason: 'number_reused' });
    expect(await channel.refund(refundOf(attempt, 1_000_100), call)).to.include({ kind: 'declined', code: 'refund_rejected' });
    expect(await channel.refund(refundOf(attempt, 1_000_000), call)).to.have.nested.property('report.state', 'processing');
  });

  it('a transfer is not refunded', async () => {
    const attempt = await payFresh({ product: 'va_bca' });
    expect(await channel.refund(refundOf(attempt, 100), call)).to.include({ kind: 'declined', code: 'refund_rejected' });
  });

  it('what does not exist is not found, and a neighbour is not seen', async () => {
    const notFound = { kind: 'ok', report: { state: 'not_found' } };
    const { attempt } = await start();
    expect(await channel.query({ ...attempt, channelNo: 'pr-0' }, call)).to.deep.equal(notFound);
    expect(await channel.query({ ...attempt, number: newNumber(), channelNo: null }, call)).to.deep.equal(notFound);
    expect(await channel.queryRefund({ ...refundOf(attempt, 1), channelNo: 'rfd-0' }, call)).to.deep.equal(notFound);
    expect(await openXendit(configs[1]).query(attempt, call)).to.deep.equal(notFound);
  });

  it('troubles of the API are never failures', async () => {
    for (const [behaviour, reason] of [
      ['drop_before_execute', 'reset'],
      ['drop_after_execute', 'reset'],
      ['http_500', 'server_error'],
      ['rate_limited', 'rate_limited'],
    ] as const) {
      const attempt = await payFresh();
      for (const operation of ['pay', 'query', 'refund'] as const) {
        await misbehave(operation, behaviour, { count: 1 });
        const outcome = await {
          pay: () => channel.pay(makeRequest(), call),
          query: () => channel.query(attempt, call),
          refund: () => channel.refund(refundOf(attempt, 100), call),
        }[operation]();
        expect(outcome, `${operation} ${behaviour}`).to.deep.equal({ kind: 'unknown', reason });
      }
    }
  });

  it("declines in Xendit's words", async () => {
    await misbehave('pay', 'decline', { count: 1 });
    expect(await channel.pay(makeRequest(), call)).to.include({ kind: 'declined', code: 'insufficient_funds' });
  });

  it('shows the shopper nothing of another amount or merchant, and passes on what Xendit states', async () => {
    for (const behaviour of ['wrong_amount', 'wrong_account']) {
      await misbehave('pay', behaviour, { count: 1 });
      expect(await channel.pay(makeRequest(), call), behaviour).to.have.nested.property('report.state', 'pending');
    }
    const attempt = await payFresh();
    await misbehave('query', 'wrong_account', { count: 1 });
    expect(await channel.query(attempt, call)).to.have.nested.property('report.echo.merchantNo', '5f27a14a9bf05c73dd040009');
  });

  for (const [behaviour, reason] of [
    ['bad_signature', 'bad_signature'],
    ['wrong_account', 'wrong_account'],
    ['forged', 'bad_signature'],
  ] as const) {
    it(`refuses a callback that is "${behaviour}"`, async () => {
      // All of them: one about an earlier test's refund may still be on its way.
      await misbehave('callback', behaviour);
      await payFresh();
      expect(await channel.parseCallback(arrived[0]!, call)).to.deep.include({ kind: 'refused', reason });
    });
  }

  it('is refused with the key of another, and proves a good one', async () => {
    expect(await channel.probe(call)).to.deep.equal({ ok: true, detail: 'DATA_NOT_FOUND' });
    const stranger = openXendit({ ...configs[0], secret_key: 'xnd_development_0000000000000000' });
    expect(await stranger.pay(makeRequest(), call)).to.include({ kind: 'rejected', reason: 'auth' });
    expect(await stranger.probe(call)).to.have.property('ok', false);
  });
});
