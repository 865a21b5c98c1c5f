import { createHmac, randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { type Config, configOf, type Json, openShop, type Received, type Shop, type Stage, setStage } from './kit.ts';

/** A small Mercado Pago client of the test's own: each POST has a key of its own unless one is given. */
async function ask(config: Config, method: string, path: string, body?: Json, key = randomUUID() as string) {
  const headers: Record<string, string> = { authorization: `Bearer ${config.access_token}`, 'content-type': 'application/json' };
  if (key !== '') headers['x-idempotency-key'] = key;
  const answer = await fetch(config.base_url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  return { status: answer.status, json: (await answer.json()) as Json };
}

describe('simulator: Mercado Pago', () => {
  let stage: Stage;
  let shop: Shop;
  let config: Config;

  const itemOf = (changed: Json = {}) => ({ title: 'Tea', quantity: 1, currency_id: 'BRL', unit_price: 19.99, ...changed });
  const preferenceOf = (external_reference: string, changed: Json = {}): Json => ({
    items: [itemOf(changed)],
    external_reference,
    notification_url: `${shop.url}/mp`,
  });
  const payFor = (preference: Json) => stage.control('POST', '/_pay', { target: preference.init_point });
  const search = async (number: string) => (await ask(config, 'GET', `/v1/payments/search?external_reference=${number}`)).json.results;
  const makePaid = async (number: string): Promise<string> => {
    await payFor((await ask(config, 'POST', '/checkout/preferences', preferenceOf(number))).json);
    return String((await search(number))[0].id);
  };
  /** The number in the address is what is signed, not the body. */
  const isSigned = ({ path, headers }: Received) => {
    const id = new URL(path, 'http://127.0.0.1').searchParams.get('data.id');
    const [, ts, proof] = /^ts=(\d+),v1=([0-9a-f]{64})$/.exec(headers['x-signature'] ?? '') ?? [];
    const text = `id:${id};request-id:${headers['x-request-id']};ts:${ts};`;
    return proof === createHmac('sha256', config.webhook_secret!).update(text).digest('hex');
  };

  before(async () => {
    [stage, shop] = await Promise.all([setStage({ channels: ['mercadopago'] }), openShop()]);
    config = configOf(stage, 'mercadopago');
  });
  after(() => Promise.all([stage.end(), shop.end()]));

  it('takes a preference, is paid, calls back signed, refunds and calls back again', async () => {
    const { status, json: preference } = await ask(config, 'POST', '/checkout/preferences', preferenceOf('FLOW1'));
    expect(status).to.equal(201);
    expect(preference).to.include({ collector_id: Number(config.user_id), external_reference: 'FLOW1' });
    expect(await search('FLOW1')).to.deep.equal([]);
    expect((await payFor(preference)).json).to.deep.equal({ paid: true, channel: 'mercadopago', number: 'FLOW1' });
    const [paid] = await shop.got(1);
    expect(isSigned(paid!)).to.equal(true);
    expect(JSON.parse(paid!.body)).to.include({ type: 'payment', action: 'payment.created', user_id: Number(config.user_id) });
    const [payment] = await search('FLOW1');
    expect(payment).to.include({ status: 'approved', transaction_amount: 19.99, currency_id: 'BRL', external_reference: 'FLOW1' });
    expect(JSON.parse(paid!.body).data.id).to.equal(String(payment.id));

    const refund = await ask(config, 'POST', `/v1/payments/${payment.id}/refunds`, { amount: 5 });
    expect([refund.status, refund.json.amount]).to.deep.equal([201, 5]);
    expect(isSigned((await shop.got(2))[1]!)).to.equal(true);
    expect((await ask(config, 'GET', `/v1/payments/${payment.id}/refunds/${refund.json.id}`)).json).to.include({
      status: 'approved',
      amount: 5,
    });
    expect((await ask(config, 'GET', `/v1/payments/${payment.id}`)).json).to.include({
      status_detail: 'partially_refunded',
      transaction_amount_refunded: 5,
    });
    const { entries } = (await stage.control('GET', '/_truth?since=0')).json;
    expect(entries.map(({ kind, amount }: Json) => [kind, amount])).to.deep.equal([
      ['charge', 1999],
      ['refund', 500],
    ]);
  });

  it('answers 401 to another token, and 404 to another seller’s', async () => {
    const wrong = { ...config, access_token: 'TEST-wrong' };
    expect((await ask(wrong, 'POST', '/checkout/preferences', preferenceOf('AUTH1'))).status).to.equal(401);
    const id = await makePaid('OWN1');
    const other = configOf(stage, 'mercadopago', 1);
    expect((await ask(other, 'GET', `/v1/payments/${id}`)).status).to.equal(404);
    expect((await ask(other, 'POST', `/v1/payments/${id}/refunds`, {})).status).to.equal(404);
    expect((await ask(other, 'GET', '/v1/payments/search?external_reference=OWN1')).json.results).to.deep.equal([]);
  });

  const faults: Readonly<Record<string, Json>> = {
    'an amount as text': { unit_price: '19.99' },
    'a third decimal': { unit_price: 19.999 },
    'nothing to pay': { unit_price: 0 },
    'a part of a Chilean peso': { currency_id: 'CLP', unit_price: 19.5 },
    'another currency': { currency_id: 'EUR' },
    'several of one thing': { quantity: 2 },
    'an unknown field': { colour: 'red' },
  };
  for (const [name, fault] of Object.entries(faults)) {
    it(`refuses ${name}`, async () => {
      expect((await ask(config, 'POST', '/checkout/preferences', preferenceOf('FAULT1', fault))).status).to.equal(400);
    });
  }

  it('carries a request out once for its key, and none without a key', async () => {
    const send = (body: Json, key: string) => ask(config, 'POST', '/checkout/preferences', body, key);
    const first = await send(preferenceOf('ONCE1'), 'key-1');
    expect((await send(preferenceOf('ONCE1'), 'key-1')).json.id).to.equal(first.json.id);
    expect((await send(preferenceOf('ONCE2'), 'key-1')).status).to.equal(400);
    expect((await send(preferenceOf('ONCE3'), '')).status).to.equal(400);
  });

  it('never refunds more than was paid', async () => {
    const id = await makePaid('MORE1');
    const refund = (amount: number, key?: string) => ask(config, 'POST', `/v1/payments/${id}/refunds`, { amount }, key);
    expect((await refund(20)).json.cause[0].code).to.equal(2063);
    const first = await refund(15, 'key-2');
    expect((await refund(15, 'key-2')).json.id).to.equal(first.json.id);
    expect((await refund(5)).json.cause[0].code).to.equal(2063);
    expect((await refund(4.99)).status).to.equal(201);
    expect((await search('MORE1'))[0]).to.include({ status: 'refunded' });
  });
});
