import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Callback, Channel, PayRequest, RawRequest, RefundRequest } from '../../../../core/contract/channel.ts';
import type { Outcome } from '../../../../core/contract/outcome.ts';
import { type Simulator, startSimulator } from '../../../../simulator/server.ts';
import { makeCall, makeKit, sendToLoopback } from '../../../../test/kit/channel-kit.ts';
import alipay, { type Config } from '../index.ts';
import { refundRequest, request } from './fake-alipay.ts';

describe('Alipay at the simulated gateway', () => {
  const call = makeCall({ http: sendToLoopback, now: () => new Date() });
  const received: Callback[] = [];
  let dataDir: string;
  let simulator: Simulator;
  let merchant: Server;
  let channel: Required<Channel>;
  let made = 0;

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'paymux-alipay-'));
    simulator = await startSimulator({ port: 0, dataDir, channels: ['alipay'] });
    const accounts = (await (await fetch(`${simulator.url}/_accounts`)).json()) as { alipay: { config: Config }[] };
    const config = accounts.alipay[0]?.config as Config;
    channel = alipay.open({ id: 'acc_1', livemode: false, config }, makeKit()) as Required<Channel>;
    merchant = createServer(async (incoming, answer) => {
      const chunks: Buffer[] = await incoming.toArray();
      const raw: RawRequest = { method: incoming.method ?? '', url: '', query: '', headers: {}, body: Buffer.concat(chunks) };
      const callback = await channel.parseCallback(raw, call);
      received.push(callback);
      const reply = callback.kind === 'event' ? callback.accepted : callback.reply;
      answer.writeHead(reply.status, reply.headers).end(reply.body);
    });
    await new Promise<void>((resolve) => merchant.listen(0, '127.0.0.1', resolve));
  });

  after(async () => {
    await simulator?.stop();
    merchant?.closeAllConnections();
    merchant?.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  beforeEach(() => {
    received.length = 0;
  });

  afterEach(async () => {
    await fetch(`${simulator.url}/_scenario`, { method: 'DELETE' });
  });

  /** A new payment request whose callbacks come to this test. */
  function newRequest(product: string): PayRequest {
    made += 1;
    const { port } = merchant.address() as AddressInfo;
    return {
      ...request,
      product,
      number: `01JGJ2Q8Z5X0000000000${String(made).padStart(5, '0')}`,
      createdAt: new Date(),
      expiresAt: new Date(Date.now() + 3_600_000),
      callbackUrl: `http://127.0.0.1:${port}/v1/callbacks/alipay/acc_1`,
    };
  }

  function refundOf(attempt: PayRequest, suffix: string, amount: number): RefundRequest {
    const number = `${attempt.number.slice(0, 23)}R${suffix}`;
    return { ...refundRequest, number, money: { amount, currency: 'CNY' }, attempt: { ...attempt, channelNo: 'known' } };
  }

  async function control(path: string, body: object): Promise<Record<string, unknown>> {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${simulator.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    return (await answer.json()) as Record<string, unknown>;
  }

  function play(operation: string, behaviour: string, more: object = {}): Promise<unknown> {
    return control('/_scenario', { channel: 'alipay', operation, behaviour, ...more });
  }

  async function targetOf(attempt: PayRequest): Promise<string> {
    const outcome = await channel.pay(attempt, call);
    if (outcome.kind !== 'action') throw new Error(`expected an action, got ${JSON.stringify(outcome)}`);
    if (outcome.action.type === 'qr') return outcome.action.qrContent;
    if (outcome.action.type === 'sdk') return JSON.stringify(outcome.action.params);
    return outcome.action.type === 'redirect' ? outcome.action.url : '';
  }

  async function paidAttempt(product: string): Promise<PayRequest> {
    const attempt = newRequest(product);
    expect(await control('/_pay', { target: await targetOf(attempt) })).to.include({
      paid: true,
      channel: 'alipay',
      number: attempt.number,
    });
    return attempt;
  }

  function stateOf(outcome: Outcome): string {
    return outcome.kind === 'ok' ? outcome.report.state : outcome.kind;
  }

  for (const product of ['page', 'wap', 'precreate', 'app']) {
    it(`a ${product} payment is paid, called back and found`, async () => {
      const attempt = await paidAttempt(product);
      const outcome = await channel.query(attempt, call);
      expect(outcome).to.have.deep.nested.property('report.money', attempt.money);
      expect(outcome).to.have.deep.nested.property('report.echo', { number: attempt.number });
      const [callback] = received;
      expect(callback).to.include({ kind: 'event', trust: 'signed' });
      expect(callback).to.have.deep.nested.property('items[0].report.money', attempt.money);
      expect(callback).to.have.deep.nested.property('items[0].report.echo', { number: attempt.number, merchantNo: channel.merchantNo });
      expect(await channel.close(attempt, call)).to.deep.equal({ kind: 'paid' });
    });
  }

  const withCode = (authCode: string): PayRequest => ({ ...newRequest('barcode'), payer: { authCode } });

  it('a bar code is paid at once, found, refunded, and closed by nobody', async () => {
    const attempt = withCode('284567890123456789');
    const outcome = await channel.pay(attempt, call);
    expect(outcome).to.have.deep.nested.property('report.money', attempt.money);
    expect(await channel.query(attempt, call)).to.have.deep.property('report', outcome.kind === 'ok' ? outcome.report : null);
    expect((await channel.pay(attempt, call)).kind, 'sent again').to.equal('unknown');
    expect(await channel.close(attempt, call)).to.deep.equal({ kind: 'paid' });
    expect(await channel.refund(refundOf(attempt, '01', 1999), call)).to.have.nested.property('report.state', 'succeeded');
    expect(received, 'callbacks').to.have.length(0);
  });

  it('a bar code that waits for its password is processing, then paid', async () => {
    const attempt = withCode('284567890123450003');
    expect(stateOf(await channel.pay(attempt, call))).to.equal('processing');
    expect(stateOf(await channel.query(attempt, call))).to.equal('processing');
    expect(await control('/_pay', { target: '284567890123450003' })).to.include({ paid: true, number: attempt.number });
    expect(stateOf(await channel.query(attempt, call))).to.equal('succeeded');
  });

  it('a bar code that waits is cancelled for good', async () => {
    const attempt = withCode('284567890123460003');
    await channel.pay(attempt, call);
    expect(await channel.close(attempt, call)).to.deep.equal({ kind: 'closed' });
    expect(await control('/_pay', { target: '284567890123460003' })).to.include({ paid: false });
    expect(stateOf(await channel.query(attempt, call))).to.equal('closed');
    expect(await channel.close(attempt, call)).to.deep.equal({ kind: 'closed' });
  });

  it('a bar code without money behind it is declined', async () => {
    expect(await channel.pay(withCode('284567890123450051'), call)).to.include({ kind: 'declined', code: 'insufficient_funds' });
  });

  it('a bar code whose answer was lost is found', async () => {
    await play('pay', 'drop_after_execute', { count: 1 });
    const attempt = withCode('284567890123456789');
    expect((await channel.pay(attempt, call)).kind).to.equal('unknown');
    expect(stateOf(await channel.query(attempt, call))).to.equal('succeeded');
  });

  it('a QR code that nobody scanned is not yet a trade, to a query and to a close', async () => {
    const attempt = newRequest('precreate');
    await targetOf(attempt);
    expect(stateOf(await channel.query(attempt, call))).to.equal('not_found');
    expect(await channel.close(attempt, call)).to.deep.equal({ kind: 'notFound' });
  });

  it('a page that was opened is pending, and closed for good by a close', async () => {
    const attempt = newRequest('page');
    const target = await targetOf(attempt);
    expect((await fetch(target)).status).to.equal(200);
    expect(stateOf(await channel.query(attempt, call))).to.equal('pending');
    expect(await channel.close(attempt, call)).to.deep.equal({ kind: 'closed' });
    expect(stateOf(await channel.query(attempt, call))).to.equal('closed');
    expect(await control('/_pay', { target })).to.include({ paid: false });
  });

  it('refunds in parts are each found with their own amount, and a repeat moves nothing', async () => {
    const attempt = await paidAttempt('page');
    const first = refundOf(attempt, '01', 500);
    const second = refundOf(attempt, '02', 1499);
    expect(await channel.refund(first, call)).to.have.deep.nested.property('report.money', first.money);
    expect(await channel.refund(first, call)).to.have.nested.property('report.state', 'processing');
    await channel.refund(second, call);
    for (const refund of [first, second]) {
      const outcome = await channel.queryRefund(refund, call);
      expect(outcome).to.have.deep.nested.property('report.money', refund.money);
      expect(outcome).to.have.deep.nested.property('report.echo', { number: refund.number });
    }
    expect(await channel.queryRefund(refundOf(attempt, '03', 1), call)).to.have.nested.property('report.state', 'not_found');
    expect((await channel.refund(refundOf(attempt, '03', 1), call)).kind).to.equal('declined');
    expect(stateOf(await channel.query(attempt, call))).to.equal('succeeded');
  });

  it('the keys are proven without moving money', async () => {
    expect(await channel.probe(call)).to.have.property('ok', true);
  });

  it('an answer that is badly signed, failed or throttled decides nothing', async () => {
    const attempt = await paidAttempt('page');
    for (const behaviour of ['bad_signature', 'http_500', 'rate_limited']) {
      await play('query', behaviour, { count: 1 });
      expect(stateOf(await channel.query(attempt, call)), behaviour).to.equal('unknown');
    }
    await play('refund', 'drop_after_execute', { count: 1 });
    const refund = refundOf(attempt, '01', 1);
    expect((await channel.refund(refund, call)).kind).to.equal('unknown');
    expect(await channel.queryRefund(refund, call)).to.have.nested.property('report.state', 'succeeded');
  });

  it('a wrong amount is passed on as the vendor stated it', async () => {
    const attempt = await paidAttempt('page');
    await play('query', 'wrong_amount', { count: 1 });
    const outcome = await channel.query(attempt, call);
    expect(outcome).to.have.nested.property('report.money.amount').that.is.not.equal(attempt.money.amount);
  });

  it('a forged callback is refused', async () => {
    const target = await targetOf(newRequest('page'));
    await play('callback', 'forged', { count: 1 });
    await control('/_pay', { target });
    expect(received[0]).to.include({ kind: 'refused', reason: 'bad_signature' });
  });

  it('a callback for another account is refused, here or by the kernel’s comparison', async () => {
    const target = await targetOf(newRequest('page'));
    await play('callback', 'wrong_account', { count: 1 });
    await control('/_pay', { target });
    const [callback] = received;
    if (callback?.kind === 'refused') expect(callback.reason).to.equal('wrong_account');
    else expect(callback).to.have.nested.property('items[0].report.echo.merchantNo').that.is.not.equal(channel.merchantNo);
  });
});
