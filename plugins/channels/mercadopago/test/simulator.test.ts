import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect } from 'chai';
import type { AttemptRef, PayRequest, RawRequest, RefundRequest } from '../../../../core/contract/channel.ts';
import { type Simulator, startSimulator } from '../../../../simulator/server.ts';
import { makeCall, sendToLoopback } from '../../../../test/kit/channel-kit.ts';
import type { Config } from '../index.ts';
import { type MercadoPago, openMercadoPago, payRequest } from './fixture.ts';

const call = makeCall({ http: sendToLoopback, now: () => new Date() });
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const newNumber = () => [...randomBytes(26)].map((byte) => alphabet[byte % 32]).join('');

describe('mercadopago: against the simulator', () => {
  let simulator: Simulator;
  let dataDir: string;
  let shop: Server;
  let callbackUrl: string;
  let configs: Config[];
  let channel: MercadoPago;
  const arrived: RawRequest[] = [];

  before(async function () {
    this.timeout(20_000);
    dataDir = await mkdtemp(join(tmpdir(), 'paymux-mercadopago-'));
    simulator = await startSimulator({ port: 0, dataDir, channels: ['mercadopago'] });
    const accounts = (await (await fetch(`${simulator.url}/_accounts`)).json()) as { mercadopago: { config: Config }[] };
    configs = accounts.mercadopago.map(({ config }) => config);
    shop = createServer(async (request, response) => {
      const query = (request.url ?? '').split('?')[1] ?? '';
      const body = await buffer(request);
      arrived.push({ method: 'POST', url: callbackUrl, query, headers: request.headers as Record<string, string>, body });
      response.writeHead(200).end('ok');
    });
    await new Promise<void>((listening) => shop.listen(0, '127.0.0.1', listening));
    callbackUrl = `http://127.0.0.1:${(shop.address() as AddressInfo).port}/v1/callbacks/mercadopago/acc_1`;
    channel = openMercadoPago(configs[0]);
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
    control('/_scenario', { channel: 'mercadopago', operation, behaviour, ...more });

  const fresh = () => ({ number: newNumber(), callbackUrl, createdAt: new Date(), expiresAt: new Date(Date.now() + 600_000) });

  async function start(overrides: Partial<PayRequest> = {}) {
    const request = payRequest({ ...fresh(), ...overrides });
    const outcome = await channel.pay(request, call);
    if (outcome.kind !== 'action' || outcome.action.type !== 'redirect') throw new Error(`no page: ${JSON.stringify(outcome)}`);
    return { request, target: outcome.action.url, attempt: { ...request, sessionNo: outcome.sessionNo ?? null } };
  }

  async function payFresh(): Promise<AttemptRef> {
    const { target, attempt } = await start();
    expect(await control('/_pay', { target })).to.have.property('paid', true);
    const asked = await channel.query(attempt, call);
    if (asked.kind !== 'ok' || asked.report.state !== 'succeeded') throw new Error(`not paid: ${JSON.stringify(asked)}`);
    return { ...attempt, channelNo: asked.report.channelNo };
  }

  function refundOf(attempt: AttemptRef, amount: number): RefundRequest {
    const money = { ...attempt.money, amount };
    return { number: newNumber(), channelNo: null, money, createdAt: new Date(), reason: 'wrong size', attempt, callbackUrl };
  }

  async function nextCallback() {
    for (let tries = 0; arrived.length === 0 && tries < 200; tries += 1) await new Promise((resume) => setTimeout(resume, 10));
    const raw = arrived.shift();
    if (raw === undefined) throw new Error('no callback came');
    return channel.parseCallback(raw, call);
  }

  for (const money of [
    { amount: 1999, currency: 'BRL' },
    { amount: 500, currency: 'CLP' },
  ]) {
    it(`${money.currency}: shown, paid, told, asked for by either number`, async () => {
      const { request, target, attempt } = await start({ money });
      expect(await channel.query(attempt, call)).to.have.nested.property('report.state', 'pending');
      expect(await control('/_pay', { target })).to.include({ paid: true, number: request.number });
      const asked = await channel.query(attempt, call);
      const echo = { number: request.number, merchantNo: configs[0]?.user_id, livemode: false };
      expect(asked).to.have.property('report').that.deep.includes({ state: 'succeeded', money, echo });
      const channelNo = asked.kind === 'ok' && 'channelNo' in asked.report ? (asked.report.channelNo ?? null) : null;
      expect(await channel.query({ ...attempt, channelNo }, call)).to.deep.equal(asked);
      expect(await nextCallback()).to.deep.include({
        trust: 'token',
        items: [
          { of: 'payment', number: request.number, channelNo, report: { state: 'changed' } },
          { of: 'refund', attemptNumber: request.number, report: { state: 'changed' } },
        ],
      });
    });
  }

  it('the same attempt again is the same page, also when the first answer was lost', async () => {
    const request = payRequest(fresh());
    await misbehave('pay', 'drop_after_execute', { count: 1 });
    expect(await channel.pay(request, call)).to.have.property('kind', 'unknown');
    const again = await channel.pay(request, call);
    expect(again).to.have.property('kind', 'action');
    expect(await channel.pay(request, call)).to.deep.equal(again);
  });

  it('a refund: taken and asked for; the same again moves nothing; more than is left is refused', async () => {
    const attempt = await payFresh();
    const part = refundOf(attempt, 999);
    const first = await channel.refund(part, call);
    expect(first).to.have.property('report').that.deep.includes({ state: 'succeeded', money: part.money });
    expect(await channel.refund(part, call)).to.deep.equal(first);
    const channelNo = first.kind === 'ok' && 'channelNo' in first.report ? (first.report.channelNo ?? null) : null;
    expect(await channel.queryRefund({ ...part, channelNo }, call)).to.deep.equal(first);
    expect(await channel.refund(refundOf(attempt, 1001), call)).to.include({ kind: 'declined', code: 'refund_rejected' });
    expect(await channel.refund(refundOf(attempt, 1000), call)).to.have.nested.property('report.state', 'succeeded');
  });

  it('what does not exist is not found, and a neighbour is not seen', async () => {
    const notFound = { kind: 'ok', report: { state: 'not_found' } };
    const attempt = await payFresh();
    expect(await channel.query({ ...attempt, channelNo: '7' }, call)).to.deep.equal(notFound);
    expect(await channel.queryRefund({ ...refundOf(attempt, 1), channelNo: '7' }, call)).to.deep.equal(notFound);
    expect(await openMercadoPago(configs[1]).query(attempt, call)).to.deep.equal(notFound);
  });

  it('troubles of the API are never failures', async () => {
    for (const [behaviour, reason] of [
      ['drop_before_execute', 'reset'],
      ['http_500', 'server_error'],
      ['rate_limited', 'rate_limited'],
    ] as const) {
      const attempt = await payFresh();
      for (const operation of ['pay', 'query', 'refund'] as const) {
        await misbehave(operation, behaviour, { count: 1 });
        const outcome = await {
          pay: () => channel.pay(payRequest(fresh()), call),
          query: () => channel.query(attempt, call),
          refund: () => channel.refund(refundOf(attempt, 1), call),
        }[operation]();
        expect(outcome, `${operation} ${behaviour}`).to.deep.equal({ kind: 'unknown', reason });
      }
    }
  });

  it('shows the shopper no page of another amount or merchant', async () => {
    for (const behaviour of ['wrong_amount', 'wrong_account']) {
      await misbehave('pay', behaviour, { count: 1 });
      expect(await channel.pay(payRequest(fresh()), call), behaviour).to.deep.equal({ kind: 'unknown', reason: 'unmapped' });
    }
  });

  for (const [behaviour, reason] of [
    ['bad_signature', 'bad_signature'],
    ['wrong_account', 'wrong_account'],
    ['forged', 'bad_signature'],
  ] as const) {
    it(`refuses a callback that is "${behaviour}"`, async () => {
      await misbehave('callback', behaviour, { count: 1 });
      await payFresh();
      expect(await nextCallback()).to.deep.include({ kind: 'refused', reason });
    });
  }

  it('is refused with the token of another, and proves a good one', async () => {
    expect(await channel.probe(call)).to.have.property('ok', true);
    const stranger = openMercadoPago({ ...configs[0], access_token: `TEST-${'0'.repeat(30)}` });
    expect(await stranger.pay(payRequest(), call)).to.include({ kind: 'rejected', reason: 'auth' });
    expect(await stranger.probe(call)).to.have.property('ok', false);
  });
});
