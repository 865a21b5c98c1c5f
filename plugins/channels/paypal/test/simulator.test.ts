import { expect } from 'chai';
import type { Account, Channel, RefundRequest } from '../../../../core/contract/channel.ts';
import { makeCall, makeKit, sendToLoopback } from '../../../../test/kit/channel-kit.ts';
import { type Json, type Stage, setStage } from '../../../../test/simulator/kit.ts';
import paypal, { type Config } from '../index.ts';
import { attempt, payRequest, refundRequest } from './fixture.ts';

const call = makeCall({ http: sendToLoopback, now: () => new Date() });

describe('paypal: against the simulator', () => {
  let stage: Stage;
  let channel: Required<Channel>;
  let merchantId: string;
  let count = 0;

  before(async () => {
    stage = await setStage({ channels: ['paypal'] });
    const config = stage.simulator.credentials['paypal']?.[0]?.config as unknown as Config;
    merchantId = config.merchant_id;
    channel = paypal.open({ id: 'acc_1', livemode: false, config } satisfies Account<Config>, makeKit()) as Required<Channel>;
  });
  afterEach(() => stage.control('DELETE', '/_scenario'));
  after(() => stage.end());

  const behave = (operation: string, behaviour: string, more: Json = {}) =>
    stage.control('POST', '/_scenario', { channel: 'paypal', operation, behaviour, ...more });

  function nextRequest() {
    count += 1;
    return { ...payRequest, number: `01JGJ2Q8Z5X000000000000${String(100 + count)}` };
  }

  async function openOrder() {
    const request = nextRequest();
    const outcome = await channel.pay(request, call);
    if (outcome.kind !== 'action' || outcome.action.type !== 'redirect') throw new Error(JSON.stringify(outcome));
    return { ...attempt, number: request.number, sessionNo: outcome.sessionNo ?? '', url: outcome.action.url };
  }

  async function approveOrder() {
    const order = await openOrder();
    expect((await stage.control('POST', '/_pay', { target: order.url })).json).to.include({ approved: true });
    return order;
  }

  async function charges(number: string): Promise<number> {
    const { json } = await stage.control('GET', '/_truth?since=0');
    return json['entries'].filter((entry: Json) => entry['number'] === number && entry['kind'] === 'charge').length;
  }

  it('a create whose answer is lost is the same order when it is sent again', async () => {
    const request = nextRequest();
    await behave('pay', 'drop_after_execute', { count: 1 });
    expect(await channel.pay(request, call)).to.include({ kind: 'unknown' });
    const first = await channel.pay(request, call);
    expect(first).to.include({ kind: 'action' });
    expect(await channel.pay(request, call)).to.deep.equal(first);
  });

  it('moves money at the capture and not before, and once when the answer is lost', async () => {
    const order = await openOrder();
    expect(await channel.query(order, call)).to.have.nested.property('report.state', 'pending');
    expect(await channel.capture(order, call)).to.have.nested.property('report.state', 'pending');
    await stage.control('POST', '/_pay', { target: order.url });
    expect(await channel.query(order, call)).to.have.nested.property('report.state', 'approved');
    expect(await charges(order.number)).to.equal(0);
    await behave('pay', 'drop_after_execute', { count: 1 });
    expect(await channel.capture(order, call)).to.include({ kind: 'unknown' });
    const taken = await channel.capture(order, call);
    expect(taken).to.have.deep.nested.include({
      'report.state': 'succeeded',
      'report.money': order.money,
      'report.echo': { number: order.number, merchantNo: merchantId },
    });
    expect(await channel.query(order, call)).to.deep.equal(taken);
    expect(await charges(order.number)).to.equal(1);
  });

  it('a refused instrument leaves the order open, another refusal ends it', async () => {
    const order = await approveOrder();
    await behave('pay', 'decline', { count: 1, code: 'INSTRUMENT_DECLINED' });
    expect(await channel.capture(order, call)).to.have.nested.property('report.state', 'pending');
    await behave('pay', 'decline', { count: 1, code: 'PAYER_CANNOT_PAY' });
    expect(await channel.capture(order, call)).to.include({ kind: 'declined' });
    expect(await charges(order.number)).to.equal(0);
  });

  it('shows a wrong amount and a wrong merchant as they are said', async () => {
    const order = await approveOrder();
    await channel.capture(order, call);
    await behave('query', 'wrong_amount', { count: 1 });
    expect(await channel.query(order, call))
      .to.have.nested.property('report.money.amount')
      .that.does.not.equal(order.money.amount);
    await stage.control('DELETE', '/_scenario');
    await behave('query', 'wrong_account', { count: 1 });
    expect(await channel.query(order, call))
      .to.have.nested.property('report.echo.merchantNo')
      .that.does.not.equal(merchantId);
  });

  it('a refund whose answer is lost is found in the order, and is not made twice', async () => {
    const order = await approveOrder();
    const taken = await channel.capture(order, call);
    if (taken.kind !== 'ok' || taken.report.state !== 'succeeded') throw new Error(JSON.stringify(taken));
    const asked: RefundRequest = { ...refundRequest, attempt: { ...order, channelNo: taken.report.channelNo } };
    await behave('refund', 'drop_after_execute', { count: 1 });
    expect(await channel.refund(asked, call)).to.include({ kind: 'unknown' });
    const found = await channel.queryRefund(asked, call);
    expect(found).to.have.nested.property('report.channelNo');
    const again = await channel.refund(asked, call);
    expect(again)
      .to.have.nested.property('report.channelNo')
      .that.equals((found as Json)['report'].channelNo);
    const { json } = await stage.control('GET', '/_truth?since=0');
    expect(json['entries'].filter((entry: Json) => entry['number'] === asked.number)).to.have.length(1);
  });
});
