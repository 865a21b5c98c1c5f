import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect } from 'chai';
import type { Channel, PayRequest, RawRequest, RefundRequest } from '../../../../core/contract/channel.ts';
import type { Action, Outcome } from '../../../../core/contract/outcome.ts';
import { type Simulator, startSimulator } from '../../../../simulator/server.ts';
import { makeCall, makeKit, sendToLoopback } from '../../../../test/kit/channel-kit.ts';
import wechat, { type Config } from '../index.ts';

const call = makeCall({ http: sendToLoopback, now: () => new Date(), nonce: () => randomBytes(16).toString('hex') });

describe('WeChat Pay against the simulator', () => {
  let simulator: Simulator;
  let dataDir: string;
  let shop: Server;
  let callbackUrl: string;
  let configs: Config[];
  const arrived: RawRequest[] = [];

  before(async function () {
    this.timeout(20_000);
    dataDir = await mkdtemp(join(tmpdir(), 'paymux-wechat-'));
    simulator = await startSimulator({ port: 0, dataDir, channels: ['wechat'] });
    const accounts = (await (await fetch(`${simulator.url}/_accounts`)).json()) as { wechat: { config: Config }[] };
    configs = accounts.wechat.map(({ config }) => config);
    shop = createServer(async (request, response) => {
      const body = await buffer(request);
      const headers = request.headers as Record<string, string>;
      arrived.push({ method: 'POST', url: callbackUrl, query: '', headers, body });
      response.writeHead(200).end('{"code":"SUCCESS"}');
    });
    await new Promise<void>((listening) => shop.listen(0, '127.0.0.1', listening));
    callbackUrl = `http://127.0.0.1:${(shop.address() as AddressInfo).port}/v1/callbacks/wechat/acc_1`;
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

  function open(index = 0, overrides: Partial<Config> = {}): Required<Channel> {
    const config = { ...configs[index]!, ...overrides };
    return wechat.open({ id: 'acc_1', livemode: false, config }, makeKit()) as Required<Channel>;
  }

  function makeRequest(overrides: Partial<PayRequest> = {}): PayRequest {
    const number = [...randomBytes(26)].map((byte) => '0123456789ABCDEFGHJKMNPQRSTVWXYZ'[byte % 32]).join('');
    const createdAt = new Date();
    const expiresAt = new Date(createdAt.getTime() + 600_000);
    const common = {
      number,
      channelNo: null,
      sessionNo: null,
      product: 'native',
      money: { amount: 1234, currency: 'CNY' },
      createdAt,
      expiresAt,
    };
    return { ...common, subject: '一杯咖啡 coffee', payer: {}, orderLines: [], callbackUrl, returnUrl: null, ...overrides };
  }

  function refundOf(request: PayRequest, channelNo: string, amount: number): RefundRequest {
    const money = { amount, currency: 'CNY' };
    return {
      number: `R${request.number.slice(1)}`,
      channelNo: null,
      money,
      createdAt: new Date('2026-01-02T04:00:00Z'),
      reason: '不想要了',
      attempt: { ...request, channelNo },
      callbackUrl,
    };
  }

  function targetOf(outcome: Outcome): string {
    if (outcome.kind !== 'action') throw new Error(`no action: ${JSON.stringify(outcome)}`);
    const action: Action = outcome.action;
    if (action.type === 'qr') return action.qrContent;
    if (action.type === 'redirect') return action.url;
    return JSON.stringify(action.type === 'sdk' ? action.params : action);
  }

  async function control(path: string, body: unknown): Promise<Record<string, unknown>> {
    const answer = await fetch(`${simulator.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return (await answer.json()) as Record<string, unknown>;
  }

  const misbehave = (operation: string, behaviour: string, more = {}) =>
    control('/_scenario', { channel: 'wechat', operation, behaviour, ...more });

  async function nextCallback(): Promise<RawRequest> {
    for (let tries = 0; tries < 200; tries += 1) {
      const raw = arrived.shift();
      if (raw !== undefined) return raw;
      await new Promise((resume) => setTimeout(resume, 10));
    }
    throw new Error('no callback came');
  }

  /** Pays a fresh native order and answers its request and the vendor's number. */
  async function payFresh(channel: Required<Channel>): Promise<{ request: PayRequest; channelNo: string }> {
    const request = makeRequest();
    await control('/_pay', { target: targetOf(await channel.pay(request, call)) });
    await nextCallback();
    const outcome = await channel.query(request, call);
    if (outcome.kind !== 'ok' || outcome.report.state !== 'succeeded') throw new Error(`not paid: ${JSON.stringify(outcome)}`);
    return { request, channelNo: outcome.report.channelNo };
  }

  for (const [product, payer] of [
    ['native', {}],
    ['jsapi', { openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' }],
    ['mini', { openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' }],
    ['app', {}],
    ['h5', { clientIp: '203.0.113.9' }],
  ] as const) {
    it(`${product}: from order to callback, and the query agrees`, async () => {
      const channel = open();
      const request = makeRequest({ product, payer, returnUrl: 'https://shop.example.com/done' });
      const outcome = await channel.pay(request, call);
      const echo = { number: request.number, merchantNo: channel.merchantNo };
      expect(await channel.query(request, call)).to.deep.equal({ kind: 'ok', report: { state: 'pending', echo } });
      expect(await control('/_pay', { target: targetOf(outcome) })).to.include({ paid: true, number: request.number });
      const told = await channel.parseCallback(await nextCallback(), call);
      const asked = await channel.query(request, call);
      expect(told).to.include({ kind: 'event', trust: 'signed' });
      expect(told).to.have.nested.property('items[0].report').that.deep.includes({ state: 'succeeded', money: request.money, echo });
      expect(asked)
        .to.have.property('report')
        .that.deep.equals(told.kind === 'event' ? told.items[0]?.report : null);
      expect(await channel.close(request, call)).to.deep.equal({ kind: 'paid' });
    });
  }

  for (const index of [0, 1]) {
    it(`barcode: paid at once, asked about, and refunded like every other order (${index === 0 ? 'HMAC-SHA256' : 'MD5'})`, async () => {
      const channel = open(index);
      const request = makeRequest({ product: 'barcode', payer: { authCode: '134567890123456789' } });
      const outcome = await channel.pay(request, call);
      expect(outcome)
        .to.have.nested.property('report')
        .that.deep.includes({
          state: 'succeeded',
          money: request.money,
          echo: { number: request.number, merchantNo: channel.merchantNo },
        });
      expect(await channel.query(request, call)).to.deep.equal(outcome);
      expect((await channel.pay(request, call)).kind, 'sent again').to.equal('unknown');
      expect(await channel.close(request, call)).to.deep.equal({ kind: 'paid' });
      expect(await channel.refund(refundOf(request, 'known', 234), call)).to.have.nested.property('report.state', 'processing');
      const told = await channel.parseCallback(await nextCallback(), call);
      expect(told).to.have.nested.property('items[0].report.money.amount', 234);
    });
  }

  it('barcode: one that waits for its password is paid by it, or reversed for good', async () => {
    const channel = open();
    const waiting = (authCode: string) =>
      makeRequest({ product: 'barcode', payer: { authCode }, createdAt: new Date(Date.now() - 15_000) });
    const [first, second] = [waiting('134567890123450003'), waiting('134567890123460003')];
    for (const request of [first, second]) {
      expect(await channel.pay(request, call)).to.have.nested.property('report.state', 'processing');
      expect(await channel.query(request, call)).to.have.nested.property('report.state', 'processing');
    }
    expect(await control('/_pay', { target: '134567890123450003' })).to.include({ paid: true, number: first.number });
    expect(await channel.query(first, call)).to.have.nested.property('report.state', 'succeeded');
    expect(await channel.close(second, call)).to.deep.equal({ kind: 'closed' });
    expect(await control('/_pay', { target: '134567890123460003' })).to.include({ paid: false });
    expect(await channel.query(second, call)).to.have.nested.property('report.state', 'closed');
  });

  it('combine: several orders are one payment, refunded whole, each order once', async () => {
    const channel = open();
    const parts = [1000, 200, 34].map((amount, index) => ({
      merchantOrderNo: `A-${index}`,
      money: { amount, currency: 'CNY' },
      subject: null,
    }));
    const request = makeRequest({ product: 'combine', orderLines: parts });
    const target = targetOf(await channel.pay(request, call));
    expect(targetOf(await channel.pay(request, call)), 'sent again').to.equal(target);
    expect(await channel.query(request, call)).to.have.nested.property('report.state', 'pending');
    expect(await control('/_pay', { target })).to.include({ paid: true, number: request.number });
    const asked = await channel.query(request, call);
    const told = await channel.parseCallback(await nextCallback(), call);
    expect(asked).to.have.nested.property('report').that.deep.includes({ state: 'succeeded', money: request.money });
    expect(asked).to.have.deep.property('report', told.kind === 'event' ? told.items[0]?.report : null);
    expect(await channel.close(request, call)).to.deep.equal({ kind: 'paid' });
    const refund = refundOf(request, 'known', 1234);
    expect(await channel.queryRefund(refund, call)).to.have.nested.property('report.state', 'not_found');
    await misbehave('refund', 'drop_after_execute', { count: 1 });
    expect((await channel.refund(refund, call)).kind, 'lost in the middle').to.equal('unknown');
    expect(await channel.queryRefund(refund, call)).to.have.nested.property('report.state', 'not_found');
    await channel.refund(refund, call);
    for (const _ of parts) {
      const part = await channel.parseCallback(await nextCallback(), call);
      expect(part)
        .to.have.nested.property('items[0]')
        .that.deep.equals({ of: 'refund', number: refund.number, report: { state: 'changed' } });
    }
    expect(await channel.queryRefund(refund, call)).to.have.deep.nested.property('report.money', refund.money);
    const { entries } = (await (await fetch(`${simulator.url}/_truth?since=0`)).json()) as { entries: { kind: string; number: string }[] };
    const refunds = entries.filter(({ kind, number }) => kind === 'refund' && number.startsWith(refund.number));
    expect(refunds).to.have.length(parts.length);
  });

  it('combine: an unpaid one is closed for good', async () => {
    const channel = open(1);
    const orderLines = [1000, 234].map((amount) => ({ merchantOrderNo: 'A', money: { amount, currency: 'CNY' }, subject: 'tea' }));
    const request = makeRequest({ product: 'combine', orderLines });
    expect(await channel.close(request, call)).to.deep.equal({ kind: 'notFound' });
    const target = targetOf(await channel.pay(request, call));
    for (const _ of [1, 2]) expect(await channel.close(request, call)).to.deep.equal({ kind: 'closed' });
    expect(await control('/_pay', { target })).to.include({ paid: false });
  });

  it('barcode: declined, lost, badly signed and strange answers are what they are', async () => {
    const channel = open();
    const withCode = (authCode: string) => makeRequest({ product: 'barcode', payer: { authCode } });
    expect(await channel.pay(withCode('134567890123450051'), call)).to.include({ kind: 'declined', code: 'insufficient_funds' });
    for (const behaviour of ['drop_after_execute', 'bad_signature', 'http_500']) {
      await misbehave('pay', behaviour, { count: 1 });
      expect(await channel.pay(withCode('134567890123456789'), call), behaviour).to.have.property('kind', 'unknown');
    }
    const request = withCode('134567890123456789');
    await channel.pay(request, call);
    await misbehave('query', 'wrong_amount', { count: 1 });
    expect(await channel.query(request, call)).to.have.nested.property('report.money.amount', 1235);
    await misbehave('query', 'wrong_account', { count: 1 });
    expect(await channel.query(request, call))
      .to.have.nested.property('report.echo.merchantNo')
      .that.is.not.equal(channel.merchantNo);
  });

  it('a refund: taken, told, and asked for; more than was paid is declined', async () => {
    const channel = open();
    const { request, channelNo } = await payFresh(channel);
    const part = refundOf(request, channelNo, 234);
    const first = await channel.refund(part, call);
    expect(first).to.have.nested.property('report.state', 'processing');
    const told = await channel.parseCallback(await nextCallback(), call);
    const echo = { number: part.number, merchantNo: channel.merchantNo };
    expect(told).to.have.nested.property('items[0].report').that.deep.includes({ state: 'succeeded', money: part.money, echo });
    const asked = await channel.queryRefund(part, call);
    expect(asked)
      .to.have.property('report')
      .that.deep.includes({ state: 'succeeded', money: part.money, echo: { number: part.number } });
    expect(await channel.refund(part, call)).to.have.nested.property('report.state', 'succeeded');
    const tooMuch = { ...refundOf(request, channelNo, 1001), number: `S${request.number.slice(1)}` };
    expect(await channel.refund(tooMuch, call)).to.include({ kind: 'declined', code: 'not_refundable' });
    expect(await channel.queryRefund(tooMuch, call)).to.deep.equal({ kind: 'ok', report: { state: 'not_found' } });
    expect(await channel.refund({ ...part, money: { amount: 235, currency: 'CNY' } }, call)).to.include({
      kind: 'rejected',
      reason: 'number_reused',
    });
  });

  it('the same attempt again is the same order; another one under its number is refused', async () => {
    const channel = open();
    const request = makeRequest();
    expect(targetOf(await channel.pay(request, call))).to.equal(targetOf(await channel.pay(request, call)));
    const other = await channel.pay({ ...request, money: { amount: 1, currency: 'CNY' } }, call);
    expect(other).to.include({ kind: 'rejected', reason: 'number_reused' });
  });

  it('a closed order is closed for good', async () => {
    const channel = open();
    const request = makeRequest();
    expect(await channel.query(request, call)).to.deep.equal({ kind: 'ok', report: { state: 'not_found' } });
    expect(await channel.close(request, call)).to.deep.equal({ kind: 'notFound' });
    const target = targetOf(await channel.pay(request, call));
    expect(await channel.close(request, call)).to.deep.equal({ kind: 'closed' });
    expect(await channel.close(request, call)).to.deep.equal({ kind: 'closed' });
    expect(await control('/_pay', { target })).to.have.property('paid', false);
    expect(await channel.query(request, call)).to.have.nested.property('report.state', 'closed');
    expect(await channel.pay(request, call)).to.have.property('kind', 'unknown');
  });

  it('an order whose answer was lost is unknown, and sending it again finds it', async () => {
    const channel = open();
    const request = makeRequest();
    await misbehave('pay', 'drop_after_execute', { count: 1 });
    expect(await channel.pay(request, call)).to.have.property('kind', 'unknown');
    expect(await channel.query(request, call)).to.have.nested.property('report.state', 'pending');
    expect(await channel.pay(request, call)).to.have.property('kind', 'action');
  });

  it('troubles of the gateway are never failures', async () => {
    const channel = open();
    for (const [behaviour, expected] of [
      ['drop_before_execute', { kind: 'unknown' }],
      ['http_500', { kind: 'unknown', reason: 'server_error' }],
      ['rate_limited', { kind: 'unknown', reason: 'rate_limited' }],
      ['bad_signature', { kind: 'unknown', reason: 'bad_signature' }],
    ] as const) {
      for (const operation of ['pay', 'query', 'close', 'refund'] as const) await misbehave(operation, behaviour);
      const request = makeRequest();
      expect(await channel.pay(request, call), behaviour).to.include(expected);
      expect(await channel.query(request, call), behaviour).to.include(expected);
      expect(await channel.close(request, call), behaviour).to.include(expected);
      expect(await channel.refund(refundOf(request, '4200000000000000000000000000', 1), call), behaviour).to.include(expected);
      await fetch(`${simulator.url}/_scenario`, { method: 'DELETE' });
    }
  });

  it('a gateway that takes no connection was not sent to', async () => {
    await misbehave('pay', 'refuse');
    expect(await open().pay(makeRequest(), call)).to.deep.equal({ kind: 'notSent', reason: 'refused' });
  });

  it('declines carry our code', async () => {
    const channel = open();
    const { request, channelNo } = await payFresh(channel);
    await misbehave('pay', 'decline', { code: 'RULE_LIMIT' });
    await misbehave('refund', 'decline', { code: 'NOT_ENOUGH' });
    expect(await channel.pay(makeRequest(), call)).to.include({ kind: 'declined', code: 'limit_exceeded' });
    expect(await channel.refund(refundOf(request, channelNo, 1), call)).to.include({ kind: 'declined', code: 'insufficient_balance' });
  });

  it('wrong facts come through as the vendor states them, for the kernel to compare', async () => {
    const channel = open();
    const { request } = await payFresh(channel);
    await misbehave('query', 'wrong_amount', { count: 1 });
    expect(await channel.query(request, call)).to.have.nested.property('report.money.amount', 1235);
    await misbehave('query', 'wrong_account', { count: 1 });
    expect(await channel.query(request, call))
      .to.have.nested.property('report.echo.merchantNo')
      .that.matches(/^\d+$/)
      .and.not.equals(channel.merchantNo);
  });

  it('forged callbacks are refused', async () => {
    const channel = open();
    const target = targetOf(await channel.pay(makeRequest(), call));
    await misbehave('callback', 'bad_signature');
    await control('/_pay', { target });
    expect(await channel.parseCallback(await nextCallback(), call)).to.include({ kind: 'refused', reason: 'bad_signature' });
  });

  it("another account's key opens nothing", async () => {
    const [first, second] = [open(0), open(1)];
    expect(first.merchantNo).not.to.equal(second.merchantNo);
    expect(await first.probe(call)).to.deep.equal({ ok: true, detail: 'ORDER_NOT_EXIST' });
    const { private_key, merchant_certificate } = configs[1]!;
    const mixed = open(0, { private_key, merchant_certificate: merchant_certificate! });
    expect((await mixed.probe(call)).ok).to.equal(false);
    expect(await mixed.pay(makeRequest(), call)).to.include({ kind: 'rejected', reason: 'auth' });
    const { request } = await payFresh(first);
    expect(await second.query(request, call)).to.deep.equal({ kind: 'ok', report: { state: 'not_found' } });
  });
});
