import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect } from 'chai';
import type { Channel, PayRequest, RawRequest, RefundRequest } from '../../../../core/contract/channel.ts';
import type { Outcome } from '../../../../core/contract/outcome.ts';
import { type Simulator, startSimulator } from '../../../../simulator/server.ts';
import { makeCall, makeKit, sendToLoopback } from '../../../../test/kit/channel-kit.ts';
import cmbecny, { type Config } from '../index.ts';

const call = makeCall({ http: sendToLoopback, now: () => new Date() });

describe('e-CNY via CMB against the simulator', () => {
  let simulator: Simulator;
  let dataDir: string;
  let shop: Server;
  let callbackUrl: string;
  let configs: Config[];
  const arrived: RawRequest[] = [];

  before(async function () {
    this.timeout(20_000);
    dataDir = await mkdtemp(join(tmpdir(), 'paymux-cmbecny-'));
    simulator = await startSimulator({ port: 0, dataDir, channels: ['cmbecny'] });
    const accounts = (await (await fetch(`${simulator.url}/_accounts`)).json()) as { cmbecny: { config: Config }[] };
    configs = accounts.cmbecny.map(({ config }) => config);
    shop = createServer(async (request, response) => {
      const body = await buffer(request);
      const raw = { method: 'POST', url: callbackUrl, query: '', headers: request.headers as Record<string, string>, body };
      arrived.push(raw);
      const read = await open().parseCallback(raw, call);
      response.writeHead(200).end(read.kind === 'event' ? read.accepted.body : '');
    });
    await new Promise<void>((listening) => shop.listen(0, '127.0.0.1', listening));
    callbackUrl = `http://127.0.0.1:${(shop.address() as AddressInfo).port}/v1/callbacks/cmbecny/acc_1`;
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
    return cmbecny.open({ id: 'acc_1', livemode: false, config }, makeKit()) as Required<Channel>;
  }

  function makeNumber(): string {
    return [...randomBytes(26)].map((byte) => '0123456789ABCDEFGHJKMNPQRSTVWXYZ'[byte % 32]).join('');
  }

  function makeRequest(overrides: Partial<PayRequest> = {}): PayRequest {
    const createdAt = new Date();
    const expiresAt = new Date(createdAt.getTime() + 600_000);
    const order = { number: makeNumber(), channelNo: null, sessionNo: null, product: 'qr', money: { amount: 1234, currency: 'CNY' } };
    const rest = { subject: '一杯咖啡 & coffee', payer: {}, orderLines: [], callbackUrl, returnUrl: null };
    return { ...order, createdAt, expiresAt, ...rest, ...overrides };
  }

  function refundOf(request: PayRequest, channelNo: string, amount: number): RefundRequest {
    const money = { amount, currency: 'CNY' };
    return {
      number: makeNumber(),
      channelNo: null,
      money,
      createdAt: new Date(),
      reason: '不想要了',
      attempt: { ...request, channelNo },
      callbackUrl,
    };
  }

  function targetOf(outcome: Outcome): string {
    if (outcome.kind !== 'action') throw new Error(`no action: ${JSON.stringify(outcome)}`);
    if (outcome.action.type === 'qr') return outcome.action.qrContent;
    return outcome.action.type === 'sdk' ? JSON.stringify(outcome.action.params) : '';
  }

  async function tell(path: string, content: unknown): Promise<Record<string, unknown>> {
    const sent = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(content) };
    return (await (await fetch(`${simulator.url}${path}`, sent)).json()) as Record<string, unknown>;
  }

  async function payNow(request: PayRequest, index = 0): Promise<string> {
    const outcome = await open(index).pay(request, call);
    expect(await tell('/_pay', { target: targetOf(outcome) })).to.include({ paid: true });
    const queried = await open(index).query(request, call);
    if (queried.kind !== 'ok' || queried.report.state !== 'succeeded') throw new Error(`not paid: ${JSON.stringify(queried)}`);
    return queried.report.channelNo;
  }

  async function untilArrived(count: number): Promise<void> {
    while (arrived.length < count) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  it('pays with each product, tells it by query and by callback, refunds twice and never more than was paid', async () => {
    for (const product of ['qr', 'app', 'h5']) {
      arrived.length = 0;
      const request = makeRequest({ product });
      const channel = open();
      expect(await channel.query(request, call)).to.deep.equal({ kind: 'ok', report: { state: 'not_found' } });
      const pending = await channel.pay(request, call).then(() => channel.query(request, call));
      expect(pending).to.have.nested.property('report.state', 'pending');
      const channelNo = await payNow(request);
      await untilArrived(1);
      const told = await channel.parseCallback(arrived[0]!, call);
      expect(told).to.have.nested.property('items[0].report.state', 'succeeded');
      expect(told).to.have.deep.nested.property('items[0].report.money', request.money);
      expect(told).to.have.nested.property('items[0].number', request.number);

      const first = refundOf(request, channelNo, 1000);
      for (const _ of ['first', 'again']) expect(await channel.refund(first, call)).to.have.nested.property('report.state', 'processing');
      const done = await channel.queryRefund(first, call);
      expect(done).to.have.deep.nested.property('report.money', first.money);
      await untilArrived(2);
      const toldRefund = await channel.parseCallback(arrived[1]!, call);
      expect(toldRefund).to.have.nested.property('items[0].of', 'refund');
      expect(toldRefund).to.have.nested.property('items[0].report.state', 'succeeded');
      expect(await channel.refund(refundOf(request, channelNo, 235), call)).to.include({ kind: 'declined', code: 'not_refundable' });
      expect(await channel.refund(refundOf(request, channelNo, 234), call)).to.include({ kind: 'ok' });
      expect(await channel.query(request, call)).to.have.nested.property('report.state', 'succeeded');
    }
  });

  it('closes what is unpaid, twice, and learns that it is too late for what is paid', async () => {
    const request = makeRequest();
    expect(await open().close(request, call)).to.deep.equal({ kind: 'notFound' });
    await open().pay(request, call);
    for (const _ of ['first', 'again']) expect(await open().close(request, call)).to.deep.equal({ kind: 'closed' });
    expect(await open().query(request, call)).to.have.nested.property('report.state', 'closed');
    const paid = makeRequest();
    await payNow(paid);
    expect(await open().close(paid, call)).to.deep.equal({ kind: 'paid' });
  });

  it('is known by its keys: another private key, secret or cashier is refused, and the bank by its own', async () => {
    const request = makeRequest();
    const other = configs[1]!;
    expect(await open(0, { private_key: other.private_key }).pay(request, call)).to.deep.include({ kind: 'rejected', reason: 'auth' });
    expect(await open(0, { app_secret: other.app_secret }).pay(request, call)).to.deep.include({ kind: 'rejected', reason: 'auth' });
    expect(await open(0, { user_id: other.user_id }).pay(request, call)).to.deep.include({ kind: 'rejected', reason: 'config' });
    const distrustful = await open(0, { bank_public_key: other.bank_public_key }).pay(request, call);
    expect(distrustful).to.deep.equal({ kind: 'unknown', reason: 'bad_signature' });
    expect((await open().probe(call)).ok).to.equal(true);
    expect((await open(0, { app_secret: other.app_secret }).probe(call)).ok).to.equal(false);
  });

  it('takes a lost, broken or badly signed answer as unknown, and finds the order by query', async () => {
    for (const behaviour of ['drop_after_execute', 'http_500', 'rate_limited', 'bad_signature']) {
      const request = makeRequest();
      await tell('/_scenario', { channel: 'cmbecny', operation: 'pay', behaviour, count: 1 });
      expect(await open().pay(request, call), behaviour).to.include({ kind: 'unknown' });
      const state = ['drop_after_execute', 'bad_signature'].includes(behaviour) ? 'pending' : 'not_found';
      expect(await open().query(request, call), behaviour).to.have.nested.property('report.state', state);
    }
  });

  it('hands wrong amounts and merchants on as the bank says them, for the kernel to refuse', async () => {
    const request = makeRequest();
    await payNow(request);
    await tell('/_scenario', { channel: 'cmbecny', operation: 'query', behaviour: 'wrong_amount', count: 1 });
    expect(await open().query(request, call)).to.have.nested.property('report.money.amount', request.money.amount + 1);
    await tell('/_scenario', { channel: 'cmbecny', operation: 'query', behaviour: 'wrong_account', count: 1 });
    expect(await open().query(request, call)).to.not.have.nested.property('report.echo.merchantNo', configs[0]!.merchant_no);
  });

  it('refuses forged callbacks and those for another account', async () => {
    const request = makeRequest();
    await tell('/_scenario', { channel: 'cmbecny', operation: 'callback', behaviour: 'forged', count: 1 });
    await payNow(request);
    await untilArrived(1);
    expect(await open().parseCallback(arrived[0]!, call)).to.include({ kind: 'refused', reason: 'bad_signature' });
    arrived.length = 0;
    await payNow(makeRequest());
    await untilArrived(1);
    expect(await open(1).parseCallback(arrived.at(-1)!, call)).to.include({ kind: 'refused' });
  });
});
