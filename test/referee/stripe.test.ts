import { expect } from 'chai';
import stripe from '../../plugins/channels/stripe/index.ts';
import type { Json } from '../simulator/kit.ts';
import { asRaw, call, faultOf, loadSdk, openPlugin, openRing, type Ring, requestOf } from './kit.ts';

describe('referee: stripe for Node', () => {
  let ring: Ring;
  let Stripe: Json;
  let client: Json;

  before(async function () {
    Stripe = (await loadSdk(this, 'stripe')).default;
    ring = await openRing('stripe');
    client = connect(ring.config.secret_key);
  });
  after(() => ring?.end());

  function connect(key: string): Json {
    const { hostname, port } = new URL(ring.origin);
    // The version whose objects both the plugin and the simulator speak; no repeats, for each answer is looked at.
    const options = { host: hostname, port, protocol: 'http', apiVersion: '2023-08-16', maxNetworkRetries: 0, telemetry: false };
    return Reflect.construct(Stripe as never, [key, options]);
  }

  const line = { quantity: 1, price_data: { currency: 'usd', unit_amount: 1999, product_data: { name: 'Tea' } } };
  const startSession = (number: string): Promise<Json> =>
    client.checkout.sessions.create({
      mode: 'payment',
      success_url: 'http://127.0.0.1/back',
      client_reference_id: number,
      line_items: [line],
      payment_intent_data: { metadata: { paymux_attempt: number } },
    });
  const eventOf = ({ body, headers }: { body: string; headers: Record<string, string> }): Json =>
    client.webhooks.constructEvent(body, headers['stripe-signature'], ring.config.webhook_secret);
  const tellingOf = (type: string, id: string) => ring.told(({ body }) => body.includes(`"${type}"`) && body.includes(id));

  it('sells through a session, reads it, and refunds it in parts', async () => {
    const made = await startSession('REFEREE0000000000000000001');
    expect(made).to.include({ object: 'checkout.session', status: 'open', payment_status: 'unpaid', amount_total: 1999 });
    expect(await ring.pay(made.url)).to.include({ paid: true, number: 'REFEREE0000000000000000001' });
    const read = await client.checkout.sessions.retrieve(made.id, { expand: ['payment_intent.latest_charge'] });
    expect(read).to.include({ status: 'complete', payment_status: 'paid' });
    expect(read.payment_intent.latest_charge).to.include({ paid: true, amount: 1999 });

    const intent = read.payment_intent.id;
    const part = await client.refunds.create({ payment_intent: intent, amount: 500 });
    expect(await client.refunds.retrieve(part.id)).to.include({ id: part.id, status: 'succeeded', amount: 500, payment_intent: intent });
    const excess = await faultOf(client.refunds.create({ payment_intent: intent, amount: 1500 }));
    expect(excess).to.include({ type: 'StripeInvalidRequestError', param: 'amount', statusCode: 400 });
    expect((await client.refunds.create({ payment_intent: intent })).amount).to.equal(1499);
    expect(await ring.truthOf('REFEREE0000000000000000001')).to.deep.equal(['charge 1999']);
  });

  it('takes an intent, declines a card with an error of its own class, and cancels', async () => {
    const ask = { amount: 700, currency: 'jpy', payment_method_types: ['card'], metadata: { number: 'INTENT1' } };
    const made = await client.paymentIntents.create(ask);
    await ring.pay(made.client_secret);
    expect(await client.paymentIntents.retrieve(made.id)).to.include({ status: 'succeeded', amount_received: 700, currency: 'jpy' });
    const card = { ...ask, confirm: true, payment_method: 'pm_card_chargeDeclined' };
    expect(await faultOf(client.paymentIntents.create(card))).to.include({ type: 'StripeCardError', code: 'card_declined' });
    const other = await client.paymentIntents.create(ask);
    expect(await client.paymentIntents.cancel(other.id)).to.include({ status: 'canceled' });
  });

  it('repeats under an idempotency key, and is told where the key is used for something else', async () => {
    const ask = { amount: 700, currency: 'usd', payment_method_types: ['card'] };
    const first = await client.paymentIntents.create(ask, { idempotencyKey: 'once' });
    const again = await client.paymentIntents.create(ask, { idempotencyKey: 'once' });
    expect(again.id).to.equal(first.id);
    expect(again.lastResponse.headers).to.include({ 'idempotent-replayed': 'true' });
    const other = await faultOf(client.paymentIntents.create({ ...ask, amount: 701 }, { idempotencyKey: 'once' }));
    expect(other.type).to.equal('StripeIdempotencyError');
  });

  it('reads faults as what they are: a wrong key, nothing there, too many requests, trouble', async () => {
    expect((await faultOf(connect('sk_test_0').paymentIntents.retrieve('pi_3ab'))).type).to.equal('StripeAuthenticationError');
    expect(await faultOf(client.checkout.sessions.retrieve('cs_test_0'))).to.include({ code: 'resource_missing', statusCode: 404 });
    await ring.misbehave('query', 'rate_limited');
    expect((await faultOf(client.paymentIntents.retrieve('pi_3ab'))).type).to.equal('StripeRateLimitError');
    await ring.misbehave('query', 'http_500');
    expect((await faultOf(client.paymentIntents.retrieve('pi_3ab'))).type).to.equal('StripeAPIError');
  });

  it('verifies what the simulator sends, and refuses what is forged or changed on the way', async () => {
    const made = await startSession('REFEREE0000000000000000002');
    await ring.pay(made.url);
    const told = await tellingOf('checkout.session.completed', made.id);
    expect(eventOf(told)).to.deep.include({ object: 'event', type: 'checkout.session.completed' });
    expect(() => eventOf({ ...told, body: told.body.replace('1999', '9999') })).to.throw(/signature/i);
    // One payment is told by two events.
    await ring.misbehave('callback', 'forged', 2);
    const other = await startSession('REFEREE0000000000000000003');
    await ring.pay(other.url);
    const forged = await ring.told(({ body }) => body.includes(other.id) || body.includes('REFEREE0000000000000000003'));
    expect(() => eventOf(forged)).to.throw(/signature/i);
  });

  it('pages through the balance that the statement is made of', async () => {
    const types: string[] = [];
    for await (const moved of client.balanceTransactions.list({ limit: 2, expand: ['data.source'] })) types.push(moved.type);
    expect(types).to.include.members(['charge', 'refund']);
  });

  it("reads what the plugin made, and the plugin takes an event under the SDK's signature", async () => {
    const channel = openPlugin(stripe, ring);
    const request = requestOf(ring, { product: 'payment_intent', money: { amount: 2500, currency: 'USD' } });
    const made: Json = await channel.pay(request, call);
    expect(await client.paymentIntents.retrieve(made.channelNo)).to.deep.include({
      amount: 2500,
      currency: 'usd',
      status: 'requires_payment_method',
    });
    await ring.pay(JSON.stringify(made.action.params));
    const object = await client.paymentIntents.retrieve(made.channelNo);
    const created = Math.trunc(Date.now() / 1000);
    const payload = JSON.stringify({
      id: 'evt_1',
      object: 'event',
      type: 'payment_intent.succeeded',
      created,
      livemode: false,
      data: { object },
    });
    const judge = (secret: string) => {
      const headers = { 'stripe-signature': client.webhooks.generateTestHeaderString({ payload, secret }) };
      return channel.parseCallback(asRaw(ring, { path: '/', headers, body: payload }), call);
    };
    const taken: Json = await judge(ring.config.webhook_secret);
    expect(taken).to.include({ kind: 'event', trust: 'signed' });
    expect(taken.items[0]).to.deep.include({ number: request.number, channelNo: made.channelNo });
    expect(taken.items[0].report).to.deep.include({ state: 'succeeded', money: request.money });
    expect(await judge('whsec_of_another')).to.include({ kind: 'refused', reason: 'bad_signature' });
  });
});
