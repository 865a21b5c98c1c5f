import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Callback, Channel, PayRequest, RefundRequest } from '../../../../core/contract/channel.ts';
import type { Outcome } from '../../../../core/contract/outcome.ts';
import { type Simulator, startSimulator } from '../../../../simulator/server.ts';
import { makeCall, makeKit, sendToLoopback } from '../../../../test/kit/channel-kit.ts';
import { eventually } from '../../../../test/kit/merchant.ts';
import unionpay, { type Config } from '../index.ts';
import { post, refundRequest, request } from './fixture.ts';

describe('UnionPay at the simulated gateway', () => {
  const call = makeCall({ http: sendToLoopback, now: () => new Date() });
  const received: Callback[] = [];
  let dataDir: string;
  let simulator: Simulator;
  let merchant: Server;
  let channel: Required<Channel>;
  let made = 0;

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'paymux-unionpay-'));
    simulator = await startSimulator({ port: 0, dataDir, channels: ['unionpay'] });
    const accounts = (await (await fetch(`${simulator.url}/_accounts`)).json()) as { unionpay: { config: Config }[] };
    const config = accounts.unionpay[0]?.config as Config;
    channel = unionpay.open({ id: 'acc_1', livemode: false, config }, makeKit()) as Required<Channel>;
    merchant = createServer(async (incoming, answer) => {
      const chunks: Buffer[] = await incoming.toArray();
      const callback = await channel.parseCallback(post(Buffer.concat(chunks)), call);
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

  const callbackUrl = () => `http://127.0.0.1:${(merchant.address() as AddressInfo).port}/v1/callbacks/unionpay/acc_1`;

  function newRequest(product: string): PayRequest {
    made += 1;
    const number = `01JGJ2Q8Z5X0000000000${String(made).padStart(5, '0')}`;
    const times = { createdAt: new Date(), expiresAt: new Date(Date.now() + 3_600_000) };
    return { ...request, ...times, product, number, callbackUrl: callbackUrl(), payer: { authCode: '6224567890123456789' } };
  }

  function refundOf(attempt: PayRequest, channelNo: string, suffix: string, amount: number): RefundRequest {
    const number = `${attempt.number.slice(0, 23)}R${suffix}`;
    const money = { amount, currency: 'CNY' };
    return { ...refundRequest, number, money, createdAt: new Date(), callbackUrl: callbackUrl(), attempt: { ...attempt, channelNo } };
  }

  async function control(path: string, body: object): Promise<Record<string, unknown>> {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${simulator.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    return (await answer.json()) as Record<string, unknown>;
  }

  const play = (operation: string, behaviour: string) => control('/_scenario', { channel: 'unionpay', operation, behaviour, count: 1 });

  async function targetOf(attempt: PayRequest): Promise<object> {
    const outcome = await channel.pay(attempt, call);
    if (outcome.kind !== 'action') throw new Error(`expected an action, got ${JSON.stringify(outcome)}`);
    const { action } = outcome;
    if (action.type === 'form') return { target: action.url, fields: action.fields };
    return { target: action.type === 'qr' ? action.qrContent : JSON.stringify(action.type === 'sdk' ? action.params : {}) };
  }

  async function payFor(product: string): Promise<{ readonly attempt: PayRequest; readonly channelNo: string }> {
    const attempt = newRequest(product);
    expect(await control('/_pay', await targetOf(attempt))).to.include({ paid: true, number: attempt.number });
    const outcome = await channel.query(attempt, call);
    if (outcome.kind !== 'ok' || outcome.report.state !== 'succeeded') throw new Error(JSON.stringify(outcome));
    return { attempt, channelNo: outcome.report.channelNo };
  }

  const stateOf = (outcome: Outcome) => (outcome.kind === 'ok' ? outcome.report.state : outcome.kind);

  for (const product of ['web', 'wap', 'app', 'qr']) {
    it(`a ${product} payment is not found until it is paid, then called back and found`, async () => {
      const attempt = newRequest(product);
      const target = await targetOf(attempt);
      expect(stateOf(await channel.query(attempt, call))).to.equal('not_found');
      expect(await control('/_pay', target)).to.include({ paid: true, channel: 'unionpay', number: attempt.number });
      const echo = { number: attempt.number, merchantNo: channel.merchantNo };
      expect(await channel.query(attempt, call))
        .to.deep.include({ kind: 'ok' })
        .and.have.deep.nested.property('report.echo', echo);
      expect(received[0]).to.include({ kind: 'event', trust: 'signed' });
      expect(received[0]).to.have.deep.nested.property('items[0].report.money', attempt.money);
    });
  }

  it('a payment code is processing at once, and paid when asked about; a second send is a duplicate', async () => {
    const attempt = newRequest('barcode');
    expect(stateOf(await channel.pay(attempt, call))).to.equal('processing');
    expect(stateOf(await channel.query(attempt, call))).to.equal('succeeded');
    expect(stateOf(await channel.pay(attempt, call))).to.equal('processing');
    const { entries } = (await (await fetch(`${simulator.url}/_truth?since=0`)).json()) as { entries: { number: string }[] };
    expect(entries.filter(({ number }) => number === attempt.number)).to.have.length(1);
  });

  it('refunds in parts end with their own amounts, a repeat moves nothing, and too much is declined', async () => {
    const { attempt, channelNo } = await payFor('qr');
    const parts = [refundOf(attempt, channelNo, '01', 500), refundOf(attempt, channelNo, '02', 1499)];
    for (const part of parts) {
      expect(await channel.refund(part, call)).to.have.nested.property('report.state', 'processing');
      expect(await channel.refund(part, call)).to.have.nested.property('report.state', 'processing');
      await eventually(async () => {
        const outcome = await channel.queryRefund(part, call);
        return outcome.kind === 'ok' && outcome.report.state === 'succeeded' && outcome.report.money.amount === part.money.amount;
      });
    }
    await eventually(async () => received.filter((one) => one.kind === 'event' && one.items[0]?.of === 'refund').length === 2);
    const third = refundOf(attempt, channelNo, '03', 1);
    expect(await channel.queryRefund(third, call)).to.have.nested.property('report.state', 'not_found');
    expect((await channel.refund(third, call)).kind).to.equal('declined');
  });

  it('the key and the certificates are proven without moving money', async () => {
    expect(await channel.probe(call)).to.have.property('ok', true);
  });

  it('an answer that is badly signed, failed or throttled decides nothing', async () => {
    const { attempt } = await payFor('web');
    for (const behaviour of ['bad_signature', 'http_500', 'rate_limited']) {
      await play('query', behaviour);
      expect(stateOf(await channel.query(attempt, call)), behaviour).to.equal('unknown');
    }
  });

  it('a wrong amount or merchant is passed on as the vendor stated it', async () => {
    const { attempt } = await payFor('web');
    await play('query', 'wrong_amount');
    expect(await channel.query(attempt, call)).to.have.nested.property('report.money.amount', 2000);
    await play('query', 'wrong_account');
    expect(await channel.query(attempt, call))
      .to.have.nested.property('report.echo.merchantNo')
      .that.is.not.equal(channel.merchantNo);
  });

  it('a callback that is forged with every right name in its certificate, or for another account, is refused', async () => {
    for (const [behaviour, reason] of [
      ['forged', 'bad_signature'],
      ['wrong_account', 'wrong_account'],
    ] as const) {
      const target = await targetOf(newRequest('web'));
      received.length = 0;
      await play('callback', behaviour);
      await control('/_pay', target);
      expect(received[0], behaviour).to.include({ kind: 'refused', reason });
    }
  });
});
