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
import { type Mollie, openMollie, payRequest } from './fixture.ts';

const call = makeCall({ http: sendToLoopback, now: () => new Date() });
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const newNumber = () => [...randomBytes(26)].map((byte) => alphabet[byte % 32]).join('');

describe('mollie: against the simulator', () => {
  let simulator: Simulator;
  let dataDir: string;
  let shop: Server;
  let callbackUrl: string;
  let configs: Config[];
  let channel: Mollie;
  const arrived: RawRequest[] = [];

  before(async function () {
    this.timeout(20_000);
    dataDir = await mkdtemp(join(tmpdir(), 'paymux-mollie-'));
    simulator = await startSimulator({ port: 0, dataDir, channels: ['mollie'] });
    const accounts = (await (await fetch(`${simulator.url}/_accounts`)).json()) as { mollie: { config: Config }[] };
    configs = accounts.mollie.map(({ config }) => config);
    shop = createServer(async (request, response) => {
      const query = (request.url ?? '').split('?')[1] ?? '';
      const body = await buffer(request);
      arrived.push({ method: 'POST', url: callbackUrl, query, headers: request.headers as Record<string, string>, body });
      response.writeHead(200).end('ok');
    });
    await new Promise<void>((listening) => shop.listen(0, '127.0.0.1', listening));
    callbackUrl = `http://127.0.0.1:${(shop.address() as AddressInfo).port}/v1/callbacks/mollie/acc_1`;
    channel = openMollie(configs[0]);
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
    control('/_scenario', { channel: 'mollie', operation, behaviour, ...more });

  async function start(overrides: Partial<PayRequest> = {}) {
    const request = payRequest({ number: newNumber(), callbackUrl, ...overrides });
    const outcome = await channel.pay(request, call);
    if (outcome.kind !== 'action' || outcome.action.type !== 'redirect') throw new Error(`no page: ${JSON.stringify(outcome)}`);
    return { request, target: outcome.action.url, attempt: { ...request, channelNo: outcome.channelNo ?? null } };
  }

  async function payFresh(): Promise<AttemptRef> {
    const { target, attempt } = await start();
    expect(await control('/_pay', { target })).to.have.property('paid', true);
    return attempt;
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

  for (const [product, money] of [
    ['checkout', { amount: 1999, currency: 'EUR' }],
    ['creditcard', { amount: 500, currency: 'JPY' }],
  ] as const) {
    it(`${product}: shown, paid, told, asked for`, async () => {
      const { request, target, attempt } = await start({ product, money });
      expect(await channel.query(attempt, call)).to.have.nested.property('report.state', 'pending');
      expect(await control('/_pay', { target })).to.include({ paid: true, number: request.number });
      const echo = { number: request.number, merchantNo: configs[0]?.profile_id, livemode: false };
      const report = { state: 'succeeded', channelNo: attempt.channelNo, money, echo };
      expect(await channel.query(attempt, call))
        .to.have.property('report')
        .that.deep.includes(report);
      expect(await nextCallback()).to.deep.include({
        trust: 'unverified',
        items: [
          { of: 'payment', number: request.number, channelNo: attempt.channelNo, report: { state: 'changed' } },
          { of: 'refund', attemptNumber: request.number, report: { state: 'changed' } },
        ],
      });
      expect(await channel.close(attempt, call)).to.deep.equal({ kind: 'paid' });
    });
  }

  it('what was closed stays closed, and what cannot be cancelled stays open', async () => {
    const { target, attempt } = await start();
    expect(await channel.close(attempt, call)).to.deep.equal({ kind: 'closed' });
    expect(await channel.close(attempt, call)).to.deep.equal({ kind: 'closed' });
    expect(await control('/_pay', { target })).to.have.property('paid', false);
    expect(await channel.query(attempt, call)).to.have.nested.property('report.state', 'closed');
    const chosen = await start({ product: 'ideal' });
    expect(await channel.close(chosen.attempt, call)).to.have.property('kind', 'unknown');
    expect(await control('/_pay', { target: chosen.target })).to.have.property('paid', true);
  });

  it('the same attempt again is the same payment, also when the first answer was lost', async () => {
    const request = payRequest({ number: newNumber(), callbackUrl });
    await misbehave('pay', 'drop_after_execute', { count: 1 });
    expect(await channel.pay(request, call)).to.have.property('kind', 'unknown');
    const again = await channel.pay(request, call);
    expect(again).to.have.property('kind', 'action');
    expect(await channel.pay(request, call)).to.deep.equal(again);
    const other = await channel.pay({ ...request, money: { amount: 1, currency: 'EUR' } }, call);
    expect(other).to.have.property('kind', 'rejected');
  });

  it('a refund: taken, told, and asked for; the same again moves nothing; more than is left is refused', async () => {
    const attempt = await payFresh();
    await nextCallback();
    const part = refundOf(attempt, 999);
    const first = await channel.refund(part, call);
    expect(first).to.have.nested.property('report.state', 'processing');
    expect(await channel.refund(part, call)).to.deep.equal(first);
    expect(await nextCallback()).to.have.nested.property('items[1].attemptNumber', attempt.number);
    const channelNo = first.kind === 'ok' && 'channelNo' in first.report ? (first.report.channelNo ?? null) : null;
    const report = { state: 'succeeded', channelNo, money: part.money, echo: { number: part.number, livemode: false } };
    expect(await channel.queryRefund({ ...part, channelNo }, call)).to.deep.equal({ kind: 'ok', report });
    expect(await channel.refund(refundOf(attempt, 1001), call)).to.include({ kind: 'declined', code: 'refund_rejected' });
    expect(await channel.refund(refundOf(attempt, 1000), call)).to.have.nested.property('report.state', 'processing');
  });

  it('what does not exist is not found, and a neighbour is not seen', async () => {
    const notFound = { kind: 'ok', report: { state: 'not_found' } };
    const { attempt } = await start();
    expect(await channel.query({ ...attempt, channelNo: 'tr_0' }, call)).to.deep.equal(notFound);
    expect(await channel.close({ ...attempt, channelNo: 'tr_0' }, call)).to.deep.equal({ kind: 'notFound' });
    expect(await channel.queryRefund({ ...refundOf(attempt, 1), channelNo: 're_0' }, call)).to.deep.equal(notFound);
    expect(await openMollie(configs[1]).query(attempt, call)).to.deep.equal(notFound);
  });

  it('troubles of the API are never failures', async () => {
    for (const [behaviour, reason] of [
      ['drop_before_execute', 'reset'],
      ['drop_after_execute', 'reset'],
      ['http_500', 'server_error'],
      ['rate_limited', 'rate_limited'],
    ] as const) {
      const attempt = await payFresh();
      for (const operation of ['pay', 'query', 'close', 'refund'] as const) {
        await misbehave(operation, behaviour, { count: 1 });
        const outcome = await {
          pay: () => channel.pay(payRequest({ number: newNumber(), callbackUrl }), call),
          query: () => channel.query(attempt, call),
          close: () => channel.close(attempt, call),
          refund: () => channel.refund(refundOf(attempt, 1), call),
        }[operation]();
        expect(outcome, `${operation} ${behaviour}`).to.deep.equal({ kind: 'unknown', reason });
      }
    }
  });

  it('shows the shopper no page of another amount or profile, and passes on what Mollie states', async () => {
    for (const behaviour of ['wrong_amount', 'wrong_account']) {
      await misbehave('pay', behaviour, { count: 1 });
      const outcome = await channel.pay(payRequest({ number: newNumber(), callbackUrl }), call);
      expect(outcome, behaviour).to.have.nested.property('report.state', 'pending');
    }
    const attempt = await payFresh();
    await misbehave('query', 'wrong_amount', { count: 1 });
    expect(await channel.query(attempt, call)).to.have.nested.property('report.money.amount', 2000);
    await misbehave('query', 'wrong_account', { count: 1 });
    expect(await channel.query(attempt, call)).to.have.nested.property('report.echo.merchantNo', 'pfl_Stranger');
  });

  it('is refused with the key of another, and proves a good one', async () => {
    expect(await channel.probe(call)).to.deep.equal({ ok: true, detail: '404 Not Found' });
    const stranger = openMollie({ ...configs[0], api_key: `test_${'0'.repeat(30)}` });
    expect(await stranger.pay(payRequest(), call)).to.include({ kind: 'rejected', reason: 'auth' });
    expect(await stranger.probe(call)).to.have.property('ok', false);
  });
});
