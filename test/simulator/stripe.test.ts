import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import {
  askStripe,
  type Config,
  configOf,
  type Json,
  openShop,
  type Received,
  type Shop,
  type Stage,
  setStage,
  stripeSession,
} from './kit.ts';

describe('simulator: Stripe', () => {
  let stage: Stage;
  let shop: Shop;
  let config: Config;
  const sessions = '/v1/checkout/sessions';
  const intent = (number: string): Config => ({
    amount: '1999',
    currency: 'usd',
    'automatic_payment_methods[enabled]': 'true',
    'metadata[number]': number,
  });

  function verify({ headers, body }: Received): boolean {
    const [t, v1] = headers['stripe-signature']!.split(',').map((part) => part.split('=')[1]);
    return createHmac('sha256', config.webhook_secret!).update(`${t}.${body}`).digest('hex') === v1;
  }
  /** The events of one payment, once there are so many of them. */
  async function events(number: string, count: number): Promise<Json[]> {
    for (let wanted = 1; ; wanted += 1) {
      const all = (await shop.got(wanted)).map((one) => ({ ...JSON.parse(one.body), genuine: verify(one) }));
      const own = all.filter((event) => JSON.stringify(event).includes(number));
      if (own.length >= count) return own;
    }
  }

  before(async () => {
    [stage, shop] = await Promise.all([setStage({ channels: ['stripe'] }), openShop()]);
    config = configOf(stage, 'stripe');
    const registered = await stage.control('POST', '/_callbacks', {
      channel: 'stripe',
      account: config.account_id,
      url: `${shop.url}/stripe`,
    });
    expect(registered.status).to.equal(200);
  });
  after(() => Promise.all([stage.end(), shop.end()]));

  it('sells through a session: made, paid on its page, told, refunded', async () => {
    const made = (await askStripe(config, 'POST', sessions, stripeSession('FLOW1'))).json;
    expect(made).to.include({
      object: 'checkout.session',
      status: 'open',
      payment_status: 'unpaid',
      amount_total: 1999,
      currency: 'usd',
      livemode: false,
    });
    expect(made.payment_intent).to.equal(null);
    const pressed = await fetch(made.url, { method: 'POST', body: new URLSearchParams({ do: 'pay' }), redirect: 'manual' });
    expect(pressed.headers.get('location')).to.equal(`http://127.0.0.1/back?s=${made.id}`);
    const read = (await askStripe(config, 'GET', `${sessions}/${made.id}?expand[]=payment_intent`)).json;
    expect(read).to.include({ status: 'complete', payment_status: 'paid' });
    expect(read.payment_intent).to.include({ status: 'succeeded', amount_received: 1999 });
    const told = await events('FLOW1', 1);
    expect(told[0]).to.include({ type: 'checkout.session.completed', livemode: false, genuine: true });
    expect(told[0]!.data.object).to.include({ id: made.id, payment_status: 'paid', client_reference_id: 'FLOW1' });

    const ask = { payment_intent: read.payment_intent.id, amount: '500', 'metadata[number]': 'REFUND0000000000000000FLOW1' };
    const refund = (await askStripe(config, 'POST', '/v1/refunds', ask)).json;
    expect(refund).to.include({ object: 'refund', status: 'succeeded', amount: 500, payment_intent: read.payment_intent.id });
    expect((await askStripe(config, 'GET', `/v1/refunds/${refund.id}`)).json).to.deep.equal(refund);
    const refused = await askStripe(config, 'POST', '/v1/refunds', { payment_intent: read.payment_intent.id, amount: '1500' });
    expect([refused.status, refused.json.error.param]).to.deep.equal([400, 'amount']);
    const types = (await events(read.payment_intent.id, 4)).map(({ type }) => type);
    expect(types).to.have.members(['payment_intent.succeeded', 'checkout.session.completed', 'charge.refunded', 'refund.updated']);
    expect((await askStripe(config, 'POST', '/v1/refunds', { payment_intent: read.payment_intent.id })).json.amount).to.equal(1499);
    expect((await askStripe(config, 'POST', '/v1/refunds', { payment_intent: read.payment_intent.id })).json.error.code).to.equal(
      'charge_already_refunded',
    );
    const { entries } = (await stage.control('GET', '/_truth')).json;
    expect(entries.map((entry: Json) => [entry.kind, entry.number, entry.amount, entry.currency]).slice(0, 2)).to.deep.equal([
      ['charge', 'FLOW1', 1999, 'USD'],
      ['refund', 'REFUND0000000000000000FLOW1', 500, 'USD'],
    ]);
  });

  it('expires an open session, and no other', async () => {
    const { json } = await askStripe(config, 'POST', sessions, stripeSession('EXPIRE1'));
    expect((await askStripe(config, 'POST', `${sessions}/${json.id}/expire`)).json.status).to.equal('expired');
    expect((await askStripe(config, 'POST', `${sessions}/${json.id}/expire`)).status).to.equal(400);
    expect((await stage.control('POST', '/_pay', { target: json.url })).json).to.include({ paid: false, reason: 'closed' });
    expect((await events('EXPIRE1', 1))[0]!.type).to.equal('checkout.session.expired');
  });

  it('takes a payment intent by its client secret, and cancels an unpaid one', async () => {
    const made = (await askStripe(config, 'POST', '/v1/payment_intents', intent('INTENT1'))).json;
    expect(made).to.include({ status: 'requires_payment_method', amount: 1999, latest_charge: null });
    const params = { client_secret: made.client_secret, publishable_key: config.publishable_key };
    const failed = await stage.control('POST', '/_pay', { target: JSON.stringify(params), outcome: 'fail' });
    expect(failed.json).to.include({ paid: false, reason: 'declined', number: 'INTENT1' });
    expect((await stage.control('POST', '/_pay', { target: JSON.stringify(params) })).json).to.deep.equal({
      paid: true,
      channel: 'stripe',
      number: 'INTENT1',
    });
    expect((await askStripe(config, 'GET', `/v1/payment_intents/${made.id}`)).json.status).to.equal('succeeded');
    expect((await askStripe(config, 'POST', `/v1/payment_intents/${made.id}/cancel`)).json.error.code).to.equal(
      'payment_intent_unexpected_state',
    );
    const types = (await events('INTENT1', 2)).map(({ type }) => type);
    expect(types).to.deep.equal(['payment_intent.payment_failed', 'payment_intent.succeeded']);

    const other = (await askStripe(config, 'POST', '/v1/payment_intents', intent('INTENT2'))).json;
    const cancelled = (await askStripe(config, 'POST', `/v1/payment_intents/${other.id}/cancel`, { cancellation_reason: 'abandoned' }))
      .json;
    expect(cancelled).to.include({ status: 'canceled', cancellation_reason: 'abandoned' });
    expect((await stage.control('POST', '/_pay', { target: other.client_secret })).json.reason).to.equal('closed');
  });

  it('charges at once a card that is confirmed with the intent', async () => {
    const good = { ...intent('CARD1'), confirm: 'true', payment_method: 'pm_card_visa' };
    expect((await askStripe(config, 'POST', '/v1/payment_intents', good)).json.status).to.equal('succeeded');
    const bad = await askStripe(config, 'POST', '/v1/payment_intents', {
      ...good,
      payment_method: 'pm_card_chargeDeclined',
      'metadata[number]': 'CARD2',
    });
    expect([bad.status, bad.json.error.code]).to.deep.equal([402, 'card_declined']);
    const { entries } = (await stage.control('GET', '/_truth')).json;
    expect(entries.filter(({ number }: Json) => number === 'CARD1' || number === 'CARD2').length).to.equal(1);
  });

  it('replays the answer of an idempotency key and refuses the key for anything else', async () => {
    const key = { 'idempotency-key': 'key-1' };
    const first = await askStripe(config, 'POST', sessions, stripeSession('IDEM1'), key);
    const second = await askStripe(config, 'POST', sessions, stripeSession('IDEM1'), key);
    expect([second.json, second.replayed, first.replayed]).to.deep.equal([first.json, true, false]);
    const other = await askStripe(config, 'POST', sessions, stripeSession('IDEM1', '2000'), key);
    expect([other.status, other.json.error.type]).to.deep.equal([400, 'idempotency_error']);
  });

  it('answers 409 while the first request with a key is under way', async () => {
    const key = { 'idempotency-key': 'key-2' };
    await stage.control('POST', '/_scenario', { channel: 'stripe', operation: 'pay', behaviour: 'late', count: 1, delay_ms: 300 });
    const answers = await Promise.all([1, 2].map(() => askStripe(config, 'POST', sessions, stripeSession('IDEM2'), key)));
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, 409]);
  });

  it('does not keep a fault for a key, so that the mended request may use it', async () => {
    const key = { 'idempotency-key': 'key-3' };
    expect((await askStripe(config, 'POST', sessions, { ...stripeSession('IDEM3'), colour: 'red' }, key)).status).to.equal(400);
    expect((await askStripe(config, 'POST', sessions, stripeSession('IDEM3'), key)).status).to.equal(200);
  });

  const faults: Readonly<Record<string, readonly [Config, string, string]>> = {
    'an empty parameter': [{ success_url: '' }, 'parameter_invalid_empty', 'success_url'],
    'an unknown parameter': [{ colour: 'red' }, 'parameter_unknown', 'colour'],
    'an unknown parameter deep inside': [
      { 'line_items[0][price_data][colour]': 'red' },
      'parameter_unknown',
      'line_items[0][price_data][colour]',
    ],
    'a fraction of a cent': [
      { 'line_items[0][price_data][unit_amount]': '1.5' },
      'parameter_invalid_integer',
      'line_items[0][price_data][unit_amount]',
    ],
  };
  for (const [name, [change, code, param]] of Object.entries(faults)) {
    it(`refuses a session with ${name}`, async () => {
      const { status, json } = await askStripe(config, 'POST', sessions, { ...stripeSession('FAULT'), ...change });
      expect([status, json.error.type, json.error.code, json.error.param]).to.deep.equal([400, 'invalid_request_error', code, param]);
    });
  }

  for (const param of ['success_url', 'line_items[0][quantity]', 'line_items[0][price_data][currency]']) {
    it(`refuses a session without ${param}`, async () => {
      const { [param]: _, ...form } = stripeSession('FAULT');
      expect((await askStripe(config, 'POST', sessions, form)).json.error).to.include({ code: 'parameter_missing', param });
    });
  }

  it('refuses a session that ends sooner than 30 minutes or later than 24 hours', async () => {
    for (const seconds of [600, 100_000]) {
      const expires_at = String(Math.trunc(Date.now() / 1000) + seconds);
      expect((await askStripe(config, 'POST', sessions, { ...stripeSession('TIME'), expires_at })).json.error.param).to.equal('expires_at');
    }
  });

  it('lets no key see what belongs to another', async () => {
    const { json } = await askStripe(config, 'POST', sessions, stripeSession('OWN1'));
    const other = configOf(stage, 'stripe', 1);
    expect((await askStripe(other, 'GET', `${sessions}/${json.id}`)).json.error.code).to.equal('resource_missing');
    expect((await askStripe({ ...config, secret_key: 'sk_test_wrong' }, 'GET', `${sessions}/${json.id}`)).status).to.equal(401);
  });
});
