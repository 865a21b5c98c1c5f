import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import { type Config, configOf, type Json, openShop, type Received, type Shop, type Stage, setStage } from './kit.ts';

/** A small Checkout.com client of the test's own. Errors without codes have no body. */
async function ask(config: Config, method: string, path: string, body?: Json, headers: Config = {}) {
  const all = { authorization: `Bearer ${config.secret_key}`, 'content-type': 'application/json', ...headers };
  const answer = await fetch(config.base_url + path, { method, headers: all, ...(body && { body: JSON.stringify(body) }) });
  const text = await answer.text();
  return { status: answer.status, json: (text === '' ? {} : JSON.parse(text)) as Json };
}

describe('simulator: Checkout.com', () => {
  let stage: Stage;
  let shop: Shop;
  let config: Config;

  const pageOf = (reference: string, amount: unknown = 1999): Json => ({
    amount,
    currency: 'EUR',
    reference,
    capture: true,
    billing: { address: { country: 'DE' } },
    processing_channel_id: config.processing_channel_id,
    success_url: 'http://127.0.0.1/back',
    failure_url: 'http://127.0.0.1/failed',
    cancel_url: 'http://127.0.0.1/cancelled',
  });
  const isSigned = ({ headers, body }: Received) =>
    headers['cko-signature'] === createHmac('sha256', config.signature_key!).update(body).digest('hex');
  const payFor = (target: string) => stage.control('POST', '/_pay', { target });
  const makePaid = async (reference: string): Promise<string> => {
    const { json } = await ask(config, 'POST', '/hosted-payments', pageOf(reference));
    await payFor(json._links.redirect.href);
    return (await ask(config, 'GET', `/hosted-payments/${json.id}`)).json.payment_id;
  };

  before(async () => {
    [stage, shop] = await Promise.all([setStage({ channels: ['checkoutcom'] }), openShop()]);
    config = configOf(stage, 'checkoutcom');
    const account = config.processing_channel_id;
    await stage.control('POST', '/_callbacks', { channel: 'checkoutcom', account, url: `${shop.url}/cko` });
  });
  after(() => Promise.all([stage.end(), shop.end()]));

  it('shows a page, is paid, calls back signed, refunds and calls back again', async () => {
    const { status, json: page } = await ask(config, 'POST', '/hosted-payments', pageOf('FLOW1'));
    expect(status).to.equal(201);
    expect((await ask(config, 'GET', `/hosted-payments/${page.id}`)).json)
      .to.include({ status: 'Payment Pending', amount: 1999 })
      .and.not.have.property('payment_id');
    expect((await payFor(page._links.redirect.href)).json).to.deep.equal({ paid: true, channel: 'checkoutcom', number: 'FLOW1' });
    const calls = await shop.got(2);
    expect(calls.map(isSigned)).to.deep.equal([true, true]);
    const told = calls.map(({ body }) => JSON.parse(body)).find(({ type }) => type === 'payment_captured');
    expect(told.data).to.include({ reference: 'FLOW1', amount: 1999, currency: 'EUR' });
    const { id } = told.data;
    expect((await ask(config, 'GET', `/hosted-payments/${page.id}`)).json).to.include({ status: 'Payment Received', payment_id: id });
    expect((await ask(config, 'GET', `/payments/${id}`)).json).to.include({ status: 'Captured', approved: true, reference: 'FLOW1' });
    expect((await ask(config, 'GET', '/payments?reference=FLOW1')).json.data).to.have.length(1);

    const refund = await ask(config, 'POST', `/payments/${id}/refunds`, { amount: 500, reference: 'R1' });
    expect([refund.status, refund.json.reference]).to.deep.equal([202, 'R1']);
    const third = (await shop.got(3))[2]!;
    expect(isSigned(third)).to.equal(true);
    expect(JSON.parse(third.body).data).to.include({ id, action_id: refund.json.action_id, amount: 500 });
    const { json: actions } = await ask(config, 'GET', `/payments/${id}/actions`);
    expect(actions.find(({ type }: Json) => type === 'Refund')).to.include({ id: refund.json.action_id, amount: 500, approved: true });
    expect((await ask(config, 'GET', `/payments/${id}`)).json.status).to.equal('Partially Refunded');
    const { entries } = (await stage.control('GET', '/_truth?since=0')).json;
    expect(entries.map(({ kind, amount }: Json) => [kind, amount])).to.deep.equal([
      ['charge', 1999],
      ['refund', 500],
    ]);
  });

  it("has keys in the form by which the vendor's library tells them", () => {
    expect(config.secret_key).to.match(/^sk_sbox_[a-z2-7]{26}[a-z2-7*#$=]$/);
  });

  it('answers 401 to another key, and 404 to another merchant’s', async () => {
    expect((await ask({ ...config, secret_key: 'sk_sbox_wrong' }, 'POST', '/hosted-payments', pageOf('AUTH1'))).status).to.equal(401);
    const id = await makePaid('OWN1');
    const other = configOf(stage, 'checkoutcom', 1);
    expect((await ask(other, 'GET', `/payments/${id}`)).status).to.equal(404);
    expect((await ask(other, 'POST', `/payments/${id}/refunds`, { amount: 1 })).status).to.equal(404);
  });

  const faults: Readonly<Record<string, readonly [fault: Json, code: string]>> = {
    'an unknown field': [{ colour: 'red' }, 'field_unknown'],
    'an amount as text': [{ amount: '1999' }, 'amount_invalid'],
    'a part of a cent': [{ amount: 19.5 }, 'amount_invalid'],
    'a currency in small letters': [{ currency: 'eur' }, 'currency_invalid'],
    'a reference that is too long': [{ reference: 'A'.repeat(51) }, 'reference_invalid'],
    'no country': [{ billing: {} }, 'country_address_invalid'],
    'another channel': [{ processing_channel_id: 'pc_nobody' }, 'processing_channel_id_invalid'],
    'no address to return to': [{ success_url: '' }, 'success_url_invalid'],
  };
  for (const [name, [fault, code]] of Object.entries(faults)) {
    it(`refuses ${name}`, async () => {
      const { status, json } = await ask(config, 'POST', '/hosted-payments', { ...pageOf('FAULT1'), ...fault });
      expect([status, json.error_codes]).to.deep.equal([422, [code]]);
    });
  }

  it('carries a refund out once for its key, and refuses another under it', async () => {
    const id = await makePaid('ONCE1');
    const refund = (amount: number) => ask(config, 'POST', `/payments/${id}/refunds`, { amount }, { 'cko-idempotency-key': 'key-1' });
    const first = await refund(100);
    expect((await refund(100)).json.action_id).to.equal(first.json.action_id);
    expect((await refund(200)).json.error_codes).to.deep.equal(['idempotency_key_reused']);
  });

  it('refunds what is left where no amount is given, and never more than was paid', async () => {
    const id = await makePaid('MORE1');
    const refund = (amount: number) => ask(config, 'POST', `/payments/${id}/refunds`, { amount });
    expect((await refund(2000)).json.error_codes).to.deep.equal(['refund_amount_exceeds_balance']);
    expect((await refund(500)).status).to.equal(202);
    const rest = await ask(config, 'POST', `/payments/${id}/refunds`);
    expect(rest.status).to.equal(202);
    expect((await ask(config, 'GET', `/payments/${id}`)).json).to.include({ status: 'Refunded' });
    expect((await refund(1)).status).to.equal(403);
  });
});
