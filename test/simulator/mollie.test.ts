import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { type Config, configOf, type Json, openShop, type Shop, type Stage, setStage } from './kit.ts';

/** A small Mollie client of the test's own. */
async function ask(config: Config, method: string, path: string, body?: Json, headers: Config = {}) {
  const all = { authorization: `Bearer ${config.api_key}`, 'content-type': 'application/json', ...headers };
  const answer = await fetch(config.base_url + path, { method, headers: all, ...(body && { body: JSON.stringify(body) }) });
  return { status: answer.status, json: (await answer.json()) as Json };
}

describe('simulator: Mollie', () => {
  let stage: Stage;
  let shop: Shop;
  let config: Config;

  const euros = (value: string) => ({ currency: 'EUR', value });
  const paymentOf = (value = '19.99'): Json => ({
    amount: euros(value),
    description: 'Tea',
    redirectUrl: 'http://127.0.0.1/back',
    webhookUrl: `${shop.url}/mollie`,
  });
  const create = async (body: Json = paymentOf()) => (await ask(config, 'POST', '/v2/payments', body)).json;
  const payFor = (payment: Json) => stage.control('POST', '/_pay', { target: payment._links.checkout.href });
  const makePaid = async () => {
    const payment = await create();
    await payFor(payment);
    return payment.id as string;
  };

  before(async () => {
    [stage, shop] = await Promise.all([setStage({ channels: ['mollie'] }), openShop()]);
    config = configOf(stage, 'mollie');
  });
  after(() => Promise.all([stage.end(), shop.end()]));

  it('takes a payment, is paid, calls back with its number alone, refunds and calls back again', async () => {
    const payment = await create();
    expect(payment).to.deep.include({ status: 'open', mode: 'test', profileId: config.profile_id, amount: euros('19.99') });
    expect((await payFor(payment)).json).to.include({ paid: true, channel: 'mollie' });
    const [paid] = await shop.got(1);
    expect(paid).to.deep.include({ path: '/mollie', body: `id=${payment.id}` });
    expect((await ask(config, 'GET', `/v2/payments/${payment.id}`)).json)
      .to.include({ status: 'paid' })
      .and.have.property('paidAt');

    const refund = await ask(config, 'POST', `/v2/payments/${payment.id}/refunds`, { amount: euros('5.00') });
    expect(refund.status).to.equal(201);
    expect(refund.json).to.include({ status: 'pending', paymentId: payment.id });
    expect((await shop.got(2))[1]).to.include({ body: `id=${payment.id}` });
    const again = await ask(config, 'GET', `/v2/payments/${payment.id}/refunds/${refund.json.id}`);
    expect(again.json).to.deep.include({ status: 'refunded', amount: euros('5.00') });
    const { entries } = (await stage.control('GET', '/_truth?since=0')).json;
    expect(entries.map(({ kind, amount }: Json) => [kind, amount])).to.deep.equal([
      ['charge', 1999],
      ['refund', 500],
    ]);
  });

  it('answers 401 to another key, and 404 to another profile’s', async () => {
    expect((await ask({ ...config, api_key: 'test_wrong' }, 'POST', '/v2/payments', paymentOf())).status).to.equal(401);
    const { id } = await create();
    const other = configOf(stage, 'mollie', 1);
    expect((await ask(other, 'GET', `/v2/payments/${id}`)).status).to.equal(404);
    expect((await ask(other, 'DELETE', `/v2/payments/${id}`)).status).to.equal(404);
  });

  it('cancels what nobody has begun to pay, and nothing else', async () => {
    const payment = await create();
    expect((await ask(config, 'DELETE', `/v2/payments/${payment.id}`)).json.status).to.equal('canceled');
    expect((await payFor(payment)).json).to.include({ paid: false });
    expect((await ask(config, 'DELETE', `/v2/payments/${await makePaid()}`)).status).to.equal(422);
    const chosen = await create({ ...paymentOf(), method: 'ideal' });
    expect(chosen.isCancelable).to.equal(false);
    expect((await ask(config, 'DELETE', `/v2/payments/${chosen.id}`)).status).to.equal(422);
  });

  const faults: Readonly<Record<string, Json>> = {
    'an unknown field': { colour: 'red' },
    'an amount as a number': { amount: { currency: 'EUR', value: 19.99 } },
    'an amount without its decimals': { amount: { currency: 'EUR', value: '20' } },
    'a third decimal': { amount: { currency: 'EUR', value: '19.999' } },
    'decimals of a yen': { amount: { currency: 'JPY', value: '20.00' } },
    'nothing to pay': { amount: { currency: 'EUR', value: '0.00' } },
    'no description': { description: '' },
    'an unknown method': { method: 'barter' },
  };
  for (const [name, fault] of Object.entries(faults)) {
    it(`refuses ${name}`, async () => {
      expect((await ask(config, 'POST', '/v2/payments', { ...paymentOf(), ...fault })).status).to.equal(422);
    });
  }

  it('carries a request out once for its key, a UUID or other random text', async () => {
    const key = { 'idempotency-key': randomUUID() };
    const first = await ask(config, 'POST', '/v2/payments', paymentOf(), key);
    expect((await ask(config, 'POST', '/v2/payments', paymentOf(), key)).json.id).to.equal(first.json.id);
    expect((await ask(config, 'POST', '/v2/payments', paymentOf('5.00'), key)).status).to.equal(400);
    expect((await ask(config, 'POST', '/v2/payments', paymentOf(), { 'idempotency-key': 'key-1' })).status).to.equal(400);
    expect((await ask(config, 'POST', '/v2/payments', paymentOf(), { 'idempotency-key': 'Wm9+uT/3kq0xA1bC9dEf2gHi' })).status).to.equal(
      201,
    );
  });

  it('never refunds more than was paid, nor what was not, nor other money', async () => {
    const refund = (id: string, amount: Json) => ask(config, 'POST', `/v2/payments/${id}/refunds`, { amount });
    expect((await refund((await create()).id, euros('1.00'))).status).to.equal(422);
    const id = await makePaid();
    expect((await refund(id, { currency: 'USD', value: '1.00' })).status).to.equal(422);
    expect((await refund(id, euros('15.00'))).status).to.equal(201);
    expect((await refund(id, euros('5.00'))).status).to.equal(422);
    expect((await refund(id, euros('4.99'))).status).to.equal(201);
  });
});
