import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import { type Config, configOf, type Json, openShop, type Received, type Shop, type Stage, setStage } from './kit.ts';

/** A small Razorpay client of the test's own. */
async function ask(config: Config, method: string, path: string, body?: Json, headers: Config = {}) {
  const authorization = `Basic ${Buffer.from(`${config.key_id}:${config.key_secret}`).toString('base64')}`;
  const all = { authorization, 'content-type': 'application/json', ...headers };
  const answer = await fetch(config.base_url + path, { method, headers: all, ...(body && { body: JSON.stringify(body) }) });
  return { status: answer.status, json: (await answer.json()) as Json };
}

const orderOf = (receipt: string, amount: unknown = 50_000): Json => ({ amount, currency: 'INR', receipt, payment_capture: true });

describe('simulator: Razorpay', () => {
  let stage: Stage;
  let shop: Shop;
  let config: Config;

  const isSigned = ({ headers, body }: Received) =>
    headers['x-razorpay-signature'] === createHmac('sha256', config.webhook_secret!).update(body).digest('hex');
  const windowOf = ({ id, amount, currency }: Json, changed: Json = {}) =>
    JSON.stringify({ key: config.key_id, order_id: id, amount, currency, name: 'Tea & Co.', ...changed });
  const payFor = (target: string) => stage.control('POST', '/_pay', { target });
  const makePaid = async (receipt: string) => {
    const { json } = await ask(config, 'POST', '/v1/orders', orderOf(receipt));
    await payFor(windowOf(json));
    return (await ask(config, 'GET', `/v1/orders/${json.id}/payments`)).json.items[0] as Json;
  };

  before(async () => {
    [stage, shop] = await Promise.all([setStage({ channels: ['razorpay'] }), openShop()]);
    config = configOf(stage, 'razorpay');
    await stage.control('POST', '/_callbacks', { channel: 'razorpay', account: config.key_id, url: `${shop.url}/razorpay` });
  });
  after(() => Promise.all([stage.end(), shop.end()]));

  it('takes an order, is paid in its window, calls back signed, refunds and calls back again', async () => {
    const { status, json: order } = await ask(config, 'POST', '/v1/orders', orderOf('FLOW1'));
    expect(status).to.equal(200);
    expect(order).to.include({ entity: 'order', status: 'created', amount: 50_000, receipt: 'FLOW1', amount_paid: 0 });
    expect((await payFor(windowOf(order))).json).to.deep.equal({ paid: true, channel: 'razorpay', number: 'FLOW1' });
    const calls = await shop.got(2);
    expect(calls.map(isSigned)).to.deep.equal([true, true]);
    const told = calls.map(({ body }) => JSON.parse(body)).find(({ event }) => event === 'payment.captured');
    expect(told).to.include({ account_id: config.account_id });
    expect(told.payload.payment.entity).to.include({ order_id: order.id, amount: 50_000, status: 'captured', captured: true });
    const { id } = told.payload.payment.entity;
    expect((await ask(config, 'GET', `/v1/orders/${order.id}`)).json).to.include({ status: 'paid', amount_paid: 50_000, amount_due: 0 });
    expect((await ask(config, 'GET', '/v1/orders?receipt=FLOW1')).json).to.include({ entity: 'collection', count: 1 });

    const refund = await ask(config, 'POST', `/v1/payments/${id}/refund`, { amount: 20_000, receipt: 'R1', speed: 'normal' });
    expect(refund.json).to.include({ entity: 'refund', amount: 20_000, payment_id: id, receipt: 'R1' });
    const third = (await shop.got(3))[2]!;
    expect(isSigned(third)).to.equal(true);
    expect(JSON.parse(third.body)).to.include({ event: 'refund.processed' });
    expect((await ask(config, 'GET', `/v1/refunds/${refund.json.id}`)).json.status).to.equal('processed');
    expect((await ask(config, 'GET', `/v1/payments/${id}`)).json).to.include({ amount_refunded: 20_000, refund_status: 'partial' });
    const { entries } = (await stage.control('GET', '/_truth?since=0')).json;
    expect(entries.map(({ kind, amount }: Json) => [kind, amount])).to.deep.equal([
      ['charge', 50_000],
      ['refund', 20_000],
    ]);
  });

  it('answers 401 to another secret, and to the key of another merchant', async () => {
    for (const wrong of [{ key_secret: 'wrong' }, { key_id: 'rzp_test_nobody' }, { key_id: configOf(stage, 'razorpay', 1).key_id! }])
      expect((await ask({ ...config, ...wrong }, 'POST', '/v1/orders', orderOf('AUTH1'))).status).to.equal(401);
  });

  it('opens no window for another amount, another currency or another merchant’s key', async () => {
    const { json } = await ask(config, 'POST', '/v1/orders', orderOf('WINDOW1'));
    for (const changed of [{ amount: 1 }, { currency: 'USD' }, { key: 'rzp_test_nobody' }])
      expect((await payFor(windowOf(json, changed))).json).to.not.include({ paid: true });
    expect((await payFor(windowOf(json))).json).to.include({ paid: true });
  });

  it('shows no merchant what is another’s', async () => {
    const { json } = await ask(config, 'POST', '/v1/orders', orderOf('OWN1'));
    expect((await ask(configOf(stage, 'razorpay', 1), 'GET', `/v1/orders/${json.id}`)).status).to.equal(400);
  });

  const faults: Readonly<Record<string, Json>> = {
    'an unknown field': { colour: 'red' },
    'less than a rupee': { amount: 99 },
    'an amount as text': { amount: '50000' },
    'a part of a paisa': { amount: 500.5 },
    'no currency': { currency: '' },
    'a receipt that is too long': { receipt: 'A'.repeat(41) },
    'notes that are no texts': { notes: { count: 5 } },
    'a capture by hand': { payment_capture: false },
  };
  for (const [name, fault] of Object.entries(faults)) {
    it(`refuses ${name}`, async () => {
      const { status, json } = await ask(config, 'POST', '/v1/orders', { ...orderOf('FAULT1'), ...fault });
      expect([status, json.error.code]).to.deep.equal([400, 'BAD_REQUEST_ERROR']);
    });
  }

  it('carries a refund out once for its key, and refuses another under it', async () => {
    const { id } = await makePaid('ONCE1');
    const refund = (amount: number) =>
      ask(config, 'POST', `/v1/payments/${id}/refund`, { amount }, { 'x-refund-idempotency': 'a-key-of-some-length' });
    const first = await refund(100);
    expect((await refund(100)).json.id).to.equal(first.json.id);
    expect((await refund(200)).status).to.equal(400);
    expect((await ask(config, 'GET', `/v1/payments/${id}/refunds`)).json.count).to.equal(1);
  });

  it('never refunds more than was paid', async () => {
    const { id } = await makePaid('MORE1');
    const refund = (amount: number) => ask(config, 'POST', `/v1/payments/${id}/refund`, { amount });
    expect((await refund(50_001)).status).to.equal(400);
    expect((await refund(30_000)).status).to.equal(200);
    expect((await refund(20_001)).status).to.equal(400);
    expect((await refund(20_000)).status).to.equal(200);
    expect((await refund(1)).json.error.description).to.include('fully refunded');
  });
});
