import { expect } from 'chai';
import checkoutcom from '../../plugins/channels/checkoutcom/index.ts';
import type { Json } from '../simulator/kit.ts';
import { asRaw, call, faultOf, loadSdk, newNumber, openPlugin, openRing, type Ring, requestOf } from './kit.ts';

describe('referee: checkout-sdk-node', () => {
  let ring: Ring;
  let sdk: Json;
  let client: Json;

  before(async function () {
    sdk = await loadSdk(this, 'checkout-sdk-node');
    ring = await openRing('checkoutcom');
    client = connect(ring.config.secret_key);
  });
  after(() => ring?.end());

  const connect = (key: string): Json => Reflect.construct(sdk.Checkout, [key, { host: ring.origin }]);
  const pageOf = (reference: string): Json => ({
    amount: 1999,
    currency: 'EUR',
    reference,
    capture: true,
    billing: { address: { country: 'DE' } },
    processing_channel_id: ring.config.processing_channel_id,
    success_url: 'http://127.0.0.1/back',
    failure_url: 'http://127.0.0.1/failed',
    cancel_url: 'http://127.0.0.1/cancelled',
  });
  const makePaid = async (reference: string): Promise<string> => {
    const page = await client.hostedPayments.create(pageOf(reference));
    await ring.pay(page._links.redirect.href);
    return (await client.hostedPayments.get(page.id)).payment_id;
  };

  it('sells through a page: made, paid, read, listed by its reference', async () => {
    const number = newNumber();
    const page = await client.hostedPayments.create(pageOf(number));
    expect(await client.hostedPayments.get(page.id)).to.include({ status: 'Payment Pending', reference: number });
    expect(await ring.pay(page._links.redirect.href)).to.include({ paid: true, number });
    const { payment_id: id, status } = await client.hostedPayments.get(page.id);
    expect(status).to.equal('Payment Received');
    expect(await client.payments.get(id)).to.include({ id, approved: true, status: 'Captured', amount: 1999, reference: number });
    const { data } = await client.payments.getPaymentList({ limit: 10, skip: 0, reference: number });
    expect(data.map((one: Json) => one.id)).to.deep.equal([id]);
    expect(await ring.truthOf(number)).to.deep.equal(['charge 1999']);
  });

  it('refunds in parts, once for a key, and never more than is left', async () => {
    const id = await makePaid(newNumber());
    const first = await client.payments.refund(id, { amount: 500, reference: 'R1' }, 'key-1');
    expect(first).to.include({ reference: 'R1' }).and.have.property('action_id').that.matches(/^act_/);
    expect(await client.payments.refund(id, { amount: 500, reference: 'R1' }, 'key-1')).to.deep.equal(first);
    const actions = await client.payments.getActions(id);
    expect(actions.map(({ type, amount }: Json) => `${type} ${amount}`)).to.deep.equal(['Refund 500', 'Capture 1999']);
    const excess = await faultOf(client.payments.refund(id, { amount: 1500, reference: 'R2' }));
    expect(excess).to.include({ name: 'ValidationError', http_code: 422 });
    expect(excess.body.error_codes).to.deep.equal(['refund_amount_exceeds_balance']);
    await client.payments.refund(id);
    expect((await client.payments.get(id)).status).to.equal('Refunded');
  });

  it('reads faults as what they are: a wrong key, nothing there, too many requests, trouble', async () => {
    const nameOf = async (asked: Promise<unknown>) => (await faultOf(asked)).name;
    expect(await nameOf(connect('sk_sbox_aaaaaaaaaaaaaaaaaaaaaaaaaa*').payments.get('pay_x'))).to.equal('AuthenticationError');
    expect(await nameOf(client.payments.get('pay_x'))).to.equal('NotFoundError');
    expect(await nameOf(client.hostedPayments.create({ ...pageOf('X'), amount: -1 }))).to.equal('ValidationError');
    await ring.misbehave('query', 'rate_limited');
    expect(await nameOf(client.payments.get('pay_x'))).to.equal('TooManyRequestsError');
    await ring.misbehave('query', 'http_500');
    expect(await faultOf(client.payments.get('pay_x'))).to.include({ name: 'API Error', http_code: 500 });
  });

  // The library verifies no callbacks.
  it('reads what the plugin made, and what a callback names', async () => {
    const channel = openPlugin(checkoutcom, ring);
    const request = requestOf(ring, { product: 'hosted', money: { amount: 2501, currency: 'EUR' } });
    const made: Json = await channel.pay(request, call);
    await ring.pay(made.action.url);
    const told = await ring.told(({ body }) => JSON.parse(body).type === 'payment_captured' && body.includes(request.number));
    const taken: Json = await channel.parseCallback(asRaw(ring, told), call);
    expect(taken).to.include({ kind: 'event', trust: 'signed' });
    const payment = await client.payments.get(taken.items[0].channelNo);
    expect(payment).to.include({ reference: request.number, amount: 2501, currency: 'EUR' });
  });
});
