import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect } from 'chai';
import type {
  AttemptRef,
  Callback,
  CallbackItem,
  Channel,
  PayRequest,
  RawRequest,
  RefundRequest,
} from '../../../../core/contract/channel.ts';
import type { Outcome } from '../../../../core/contract/outcome.ts';
import { type Simulator, startSimulator } from '../../../../simulator/server.ts';
import { makeCall, makeKit, sendToLoopback } from '../../../../test/kit/channel-kit.ts';
import adyen, { type Config } from '../index.ts';

const call = makeCall({ http: sendToLoopback, now: () => new Date() });
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const newNumber = () => [...randomBytes(26)].map((byte) => alphabet[byte % 32]).join('');

describe('adyen: against the simulator', () => {
  let simulator: Simulator;
  let dataDir: string;
  let shop: Server;
  let callbackUrl: string;
  let configs: Config[];
  let channel: Required<Channel>;
  const arrived: RawRequest[] = [];

  before(async function () {
    this.timeout(20_000);
    dataDir = await mkdtemp(join(tmpdir(), 'paymux-adyen-'));
    simulator = await startSimulator({ port: 0, dataDir, channels: ['adyen'] });
    const accounts = (await (await fetch(`${simulator.url}/_accounts`)).json()) as { adyen: { config: Config }[] };
    configs = accounts.adyen.map(({ config }) => config);
    shop = createServer(async (request, response) => {
      const body = await buffer(request);
      arrived.push({ method: 'POST', url: callbackUrl, query: '', headers: request.headers as Record<string, string>, body });
      response.writeHead(200).end('[accepted]');
    });
    await new Promise<void>((listening) => shop.listen(0, '127.0.0.1', listening));
    callbackUrl = `http://127.0.0.1:${(shop.address() as AddressInfo).port}/v1/callbacks/adyen/acc_1`;
    for (const { merchant_account: account } of configs) await control('/_callbacks', { channel: 'adyen', account, url: callbackUrl });
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

  function open(index = 0, overrides: Partial<Config> = {}): Required<Channel> {
    const config = { ...configs[index]!, ...overrides };
    return adyen.open({ id: 'acc_1', livemode: false, config }, makeKit(adyen.manifest.money.exponents)) as Required<Channel>;
  }

  function makeRequest(overrides: Partial<PayRequest> = {}): PayRequest {
    const createdAt = new Date();
    const expiresAt = new Date(createdAt.getTime() + 600_000);
    const common = { number: newNumber(), channelNo: null, sessionNo: null, product: 'link', money: { amount: 1234, currency: 'EUR' } };
    return {
      ...common,
      createdAt,
      expiresAt,
      subject: '一杯茶 tea',
      payer: {},
      orderLines: [],
      callbackUrl,
      returnUrl: null,
      ...overrides,
    };
  }

  async function control(path: string, body: unknown): Promise<Record<string, unknown>> {
    const answer = await fetch(simulator.url + path, { method: 'POST', body: JSON.stringify(body) });
    const read = (await answer.json()) as Record<string, unknown>;
    // A shopper who cannot pay is no mistake of the test.
    if (answer.status !== 200 && read.paid === undefined) throw new Error(`${path}: ${JSON.stringify(read)}`);
    return read;
  }
  const scenario = (operation: string, behaviour: string, more = {}) =>
    control('/_scenario', { channel: 'adyen', operation, behaviour, count: 1, ...more });

  async function start(overrides: Partial<PayRequest> = {}) {
    const request = makeRequest(overrides);
    const outcome = await channel.pay(request, call);
    if (outcome.kind !== 'action') throw new Error(JSON.stringify(outcome));
    const { action } = outcome;
    const target = action.type === 'redirect' ? action.url : JSON.stringify(action.type === 'sdk' ? action.params : {});
    return { request, target, attempt: { ...request, sessionNo: outcome.sessionNo ?? null } as AttemptRef };
  }

  const shopperPays = (target: string, more = {}) => control('/_pay', { target, ...more });

  async function callbacks(count: number, from = channel): Promise<Callback[]> {
    while (arrived.length < count) await new Promise((resolve) => setTimeout(resolve, 5));
    return Promise.all(arrived.slice(0, count).map((one) => from.parseCallback(one, call)));
  }

  async function itemsOf(count: number): Promise<CallbackItem[]> {
    return (await callbacks(count)).flatMap((one) => (one.kind === 'event' ? one.items : []));
  }

  async function payAndRead(product: string) {
    const { request, target, attempt } = await start({ product });
    expect(await shopperPays(target)).to.include({ paid: true, number: request.number });
    const [item] = await itemsOf(1);
    return { request, item, attempt: { ...attempt, channelNo: item?.channelNo ?? null } };
  }

  function refundOf(attempt: AttemptRef, amount: number): RefundRequest {
    const common = { number: newNumber(), channelNo: null, createdAt: new Date(), reason: null };
    return { ...common, money: { ...attempt.money, amount }, attempt, callbackUrl };
  }

  const stateOf = (outcome: Outcome) => (outcome.kind === 'ok' ? outcome.report.state : outcome.kind);

  for (const product of ['link', 'session']) {
    it(`${product}: paid, told by callback, refunded in two parts`, async () => {
      const { request, item, attempt } = await payAndRead(product);
      expect(item?.report).to.deep.include({
        state: 'succeeded',
        money: request.money,
        echo: { number: request.number, merchantNo: configs[0]!.merchant_account, livemode: false },
      });
      for (const [index, amount] of [1000, 234].entries()) {
        const refund = refundOf(attempt, amount);
        expect(await channel.refund(refund, call)).to.deep.include({ kind: 'ok' });
        const told = (await itemsOf(2 + index)).at(-1);
        expect(told).to.include({ of: 'refund', number: refund.number });
        expect(told?.report).to.deep.include({ state: 'succeeded', money: { amount, currency: 'EUR' } });
      }
    });
  }

  it('reads what comes for the second account, whose callbacks carry basic authentication', async () => {
    const second = open(1);
    const outcome = await second.pay(makeRequest(), call);
    if (outcome.kind !== 'action' || outcome.action.type !== 'redirect') throw new Error(JSON.stringify(outcome));
    await shopperPays(outcome.action.url);
    expect((await callbacks(1, second))[0]?.kind).to.equal('event');
    expect((await callbacks(1, open(1, { callback_password: 'another password' })))[0]?.kind).to.equal('refused');
    expect((await callbacks(1))[0]?.kind).to.equal('refused');
  });

  it('follows a link from active over a refused try to completed, and cannot close it then', async () => {
    const { target, attempt } = await start();
    expect(stateOf(await channel.query(attempt, call))).to.equal('pending');
    expect(await shopperPays(target, { outcome: 'fail' })).to.include({ paid: false });
    expect((await itemsOf(1))[0]?.report.state).to.equal('pending');
    await shopperPays(target);
    expect(stateOf(await channel.query(attempt, call))).to.equal('processing');
    expect(await channel.close(attempt, call)).to.deep.equal({ kind: 'paid' });
  });

  it('closes a link, which can then not be paid, and says closed of it', async () => {
    const { target, attempt } = await start();
    expect(await channel.close(attempt, call)).to.deep.equal({ kind: 'closed' });
    expect(await channel.close(attempt, call)).to.deep.equal({ kind: 'closed' });
    expect(await shopperPays(target)).to.include({ paid: false });
    expect(stateOf(await channel.query(attempt, call))).to.equal('closed');
  });

  it('makes one link of a repeated request, and does not take another one under its number', async () => {
    const { request, attempt } = await start();
    expect(await channel.pay(request, call)).to.deep.include({ sessionNo: attempt.sessionNo });
    await scenario('pay', 'drop_after_execute');
    const lost = makeRequest();
    expect((await channel.pay(lost, call)).kind).to.equal('unknown');
    expect((await channel.pay(lost, call)).kind).to.equal('action');
    const other = await channel.pay({ ...request, subject: 'other' }, call);
    expect(other.kind).to.equal('unknown');
  });

  it('makes one refund of a repeated request, and learns by callback that too much was asked for', async () => {
    const { attempt } = await payAndRead('link');
    const refund = refundOf(attempt, 1234);
    await scenario('refund', 'drop_after_execute');
    expect((await channel.refund(refund, call)).kind).to.equal('unknown');
    expect((await channel.refund(refund, call)).kind).to.equal('ok');
    const tooMuch = refundOf(attempt, 1);
    expect((await channel.refund(tooMuch, call)).kind).to.equal('ok');
    const told = (await itemsOf(3)).at(-1);
    expect(told).to.include({ number: tooMuch.number });
    expect(told?.report).to.include({ state: 'failed', code: 'refund_rejected' });
    const { entries } = (await (await fetch(`${simulator.url}/_truth?since=0`)).json()) as { entries: { kind: string; number: string }[] };
    expect(entries.filter((entry) => entry.kind === 'refund' && [refund.number, tooMuch.number].includes(entry.number))).to.have.length(1);
  });

  it('believes no spoiled answer and no forged callback', async () => {
    await scenario('pay', 'wrong_amount');
    expect(stateOf(await channel.pay(makeRequest(), call))).to.equal('pending');
    await scenario('pay', 'wrong_account');
    expect(stateOf(await channel.pay(makeRequest(), call))).to.equal('pending');
    await scenario('pay', 'http_500');
    expect((await channel.pay(makeRequest(), call)).kind).to.equal('unknown');
    await scenario('pay', 'rate_limited');
    expect((await channel.pay(makeRequest(), call)).kind).to.equal('unknown');
    const { target } = await start();
    await scenario('callback', 'forged');
    await shopperPays(target);
    const [forged, genuine] = await callbacks(2);
    expect(forged).to.include({ kind: 'refused', reason: 'bad_signature' });
    expect(genuine?.kind).to.equal('event');
  });

  it('tells the amount and the merchant that a genuine callback tells', async () => {
    const { target } = await start();
    await scenario('callback', 'wrong_amount');
    await shopperPays(target);
    expect((await itemsOf(1))[0]?.report).to.deep.include({ money: { amount: 1235, currency: 'EUR' } });
    const other = await start();
    await scenario('callback', 'wrong_account');
    await shopperPays(other.target);
    const report = (await itemsOf(2))[1]?.report;
    expect(report !== undefined && 'echo' in report && report.echo.merchantNo).to.equal('SimulatedOtherECOM');
  });

  it('is refused with another key, and for another merchant account', async () => {
    const refused = await open(0, { api_key: 'x'.repeat(40) }).pay(makeRequest(), call);
    expect(refused).to.deep.include({ kind: 'rejected', reason: 'auth' });
    const foreign = await open(0, { merchant_account: 'OtherECOM' }).pay(makeRequest(), call);
    expect(foreign).to.deep.include({ kind: 'rejected', reason: 'config' });
  });
});
