import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import { type Config, configOf, type Json, openShop, type Received, type Shop, type Stage, setStage } from './kit.ts';

/** Asks as a seller's program would. */
async function ask(config: Config, method: string, path: string, body?: Json, token = config.access_token) {
  const answer = await fetch(config.base_url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: answer.status, json: (await answer.json()) as Json };
}

const usd = (amount: number) => ({ amount, currency: 'USD' });

describe('simulator: Square', () => {
  let stage: Stage;
  let shop: Shop;
  let config: Config;

  before(async () => {
    [stage, shop] = await Promise.all([setStage({ channels: ['square'] }), openShop()]);
    config = configOf(stage, 'square');
    const registered = await stage.control('POST', '/_callbacks', {
      channel: 'square',
      account: config.location_id,
      url: `${shop.url}/square`,
    });
    expect(registered.status).to.equal(200);
  });
  after(() => Promise.all([stage.end(), shop.end()]));

  const link = (key: string, more: Json = {}): Json => ({
    idempotency_key: key,
    order: {
      location_id: config.location_id,
      reference_id: key,
      line_items: [{ name: 'Tea 茶', quantity: '1', base_price_money: usd(1999) }],
    },
    payment_note: key,
    ...more,
  });
  const card = (key: string, more: Json = {}): Json => ({
    source_id: 'cnon:card-nonce-ok',
    idempotency_key: key,
    amount_money: usd(500),
    location_id: config.location_id,
    reference_id: key,
    ...more,
  });
  const createLink = (body: Json) => ask(config, 'POST', '/v2/online-checkout/payment-links', body);
  const charge = (body: Json) => ask(config, 'POST', '/v2/payments', body);
  const signatureOf = ({ path, body }: Received) =>
    createHmac('sha256', config.webhook_signature_key ?? '')
      .update(`${shop.url}${path}${body}`)
      .digest('base64');
  /** Waits for callbacks until one is of this kind: those of earlier charges may still be on their way. */
  async function callbackOf(type: string): Promise<Json> {
    for (let wanted = 1; ; wanted += 1) {
      const found = (await shop.got(wanted)).map(({ body }) => JSON.parse(body) as Json).find((event) => event.type === type);
      if (found !== undefined) return found;
    }
  }
  const truth = async () =>
    (await stage.control('GET', '/_truth?since=0')).json.entries.map(({ kind, amount }: Json) => `${kind} ${amount}`);

  it('opens a link, is paid, and calls back with a signature over the address and the body', async () => {
    const { status, json } = await createLink(link('link-1'));
    expect(status).to.equal(200);
    const { order_id: orderId, url } = json.payment_link;
    const before = await ask(config, 'GET', `/v2/orders/${orderId}`);
    expect(before.json.order).to.deep.include({ reference_id: 'link-1', state: 'OPEN', net_amount_due_money: usd(1999) });
    expect((await stage.control('POST', '/_pay', { target: url })).json.paid).to.equal(true);
    const { order } = (await ask(config, 'GET', `/v2/orders/${orderId}`)).json;
    expect(order.net_amount_due_money).to.deep.equal(usd(0));
    const { payment } = (await ask(config, 'GET', `/v2/payments/${order.tenders[0].payment_id}`)).json;
    expect(payment).to.deep.include({ status: 'COMPLETED', total_money: usd(1999), note: 'link-1', order_id: orderId });
    for (const callback of (await shop.got(2)).slice(0, 2)) {
      expect(callback.headers['x-square-hmacsha256-signature']).to.equal(signatureOf(callback));
      expect(JSON.parse(callback.body).data.object.payment).to.deep.include({ id: payment.id, status: 'COMPLETED' });
    }
  });

  it('charges a card once under one key, and declines any other card', async () => {
    const first = await charge(card('card-1'));
    expect(first.json.payment).to.deep.include({ status: 'COMPLETED', amount_money: usd(500), reference_id: 'card-1' });
    expect((await charge(card('card-1'))).json.payment.id).to.equal(first.json.payment.id);
    expect((await charge(card('card-1', { amount_money: usd(501) }))).json.errors[0].code).to.equal('IDEMPOTENCY_KEY_REUSED');
    const declined = await charge(card('card-2', { source_id: 'cnon:card-nonce-declined' }));
    expect([declined.status, declined.json.errors[0].code]).to.deep.equal([402, 'CARD_DECLINED']);
    expect(await truth()).to.deep.equal(['charge 1999', 'charge 500']);
  });

  it('refunds in parts, pending at first, and never more than is left', async () => {
    const { payment } = (await charge(card('card-1'))).json;
    const refund = (key: string, amount: number) =>
      ask(config, 'POST', '/v2/refunds', { idempotency_key: key, payment_id: payment.id, amount_money: usd(amount) });
    const { json } = await refund('refund-1', 200);
    expect(json.refund).to.deep.include({ status: 'PENDING', amount_money: usd(200), payment_id: payment.id });
    expect((await refund('refund-1', 200)).json.refund.id).to.equal(json.refund.id);
    expect((await callbackOf('refund.updated')).data.object.refund).to.include({ id: json.refund.id, status: 'COMPLETED' });
    expect((await ask(config, 'GET', `/v2/refunds/${json.refund.id}`)).json.refund.status).to.equal('COMPLETED');
    expect((await refund('refund-2', 301)).json.errors[0]).to.deep.include({ category: 'REFUND_ERROR', code: 'REFUND_AMOUNT_INVALID' });
    expect((await refund('refund-1', 201)).json.errors[0].code).to.equal('IDEMPOTENCY_KEY_REUSED');
    expect(await truth()).to.deep.equal(['charge 1999', 'charge 500', 'refund 200']);
  });

  it('lists what was paid in the last year where no time is given', async () => {
    const { payments } = (await ask(config, 'GET', '/v2/payments')).json;
    expect(payments.map(({ total_money }: Json) => total_money)).to.deep.include(usd(1999));
    const before = `begin_time=2019-01-01T00:00:00Z&end_time=2019-02-01T00:00:00Z`;
    expect((await ask(config, 'GET', `/v2/payments?${before}`)).json).to.deep.equal({});
    expect((await ask(config, 'GET', '/v2/payments?begin_time=yesterday')).status).to.equal(400);
  });

  it('deletes a link that nobody paid, which cannot be paid afterwards, and no paid one', async () => {
    const { payment_link: open } = (await createLink(link('link-2'))).json;
    expect((await ask(config, 'DELETE', `/v2/online-checkout/payment-links/${open.id}`)).status).to.equal(200);
    expect((await ask(config, 'GET', `/v2/orders/${open.order_id}`)).json.order.state).to.equal('CANCELED');
    expect((await stage.control('POST', '/_pay', { target: open.url })).json.paid).not.to.equal(true);
    const { payment_link: paid } = (await createLink(link('link-1'))).json;
    expect((await ask(config, 'DELETE', `/v2/online-checkout/payment-links/${paid.id}`)).status).to.equal(400);
  });

  it('refuses other tokens, shows nobody another seller’s money, and takes no field that it does not know', async () => {
    const other = configOf(stage, 'square', 1);
    const { payment } = (await charge(card('card-1'))).json;
    expect((await ask(config, 'GET', `/v2/payments/${payment.id}`, undefined, 'wrong')).json.errors[0]).to.include({
      category: 'AUTHENTICATION_ERROR',
      code: 'UNAUTHORIZED',
    });
    expect((await ask(other, 'GET', `/v2/payments/${payment.id}`)).status).to.equal(404);
    expect((await charge(card('card-3', { location_id: other.location_id }))).json.errors[0].code).to.equal('INVALID_LOCATION');
    for (const wrong of [{ stray: 1 }, { amount_money: usd(0) }, { amount_money: usd(1.5) }, { reference_id: 'x'.repeat(41) }]) {
      expect((await charge(card('card-3', wrong))).status, JSON.stringify(wrong)).to.equal(400);
    }
    expect((await createLink(link('link-3', { stray: 1 }))).status).to.equal(400);
  });
});
