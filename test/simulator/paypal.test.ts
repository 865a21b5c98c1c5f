import { createVerify, X509Certificate } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { expect } from 'chai';
import { type Config, configOf, type Json, openShop, type Received, type Shop, type Stage, setStage } from './kit.ts';

const basicOf = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

async function logIn(config: Config, changed: Config = {}) {
  const { client_id, client_secret, grant_type } = { ...config, grant_type: 'client_credentials', ...changed } as Config;
  const headers = { authorization: basicOf(client_id!, client_secret!) };
  const body = new URLSearchParams({ grant_type: grant_type! });
  const answer = await fetch(`${config.base_url}/v1/oauth2/token`, { method: 'POST', headers, body });
  return { status: answer.status, json: (await answer.json()) as Json };
}

/** A small PayPal client of the test's own. */
async function ask(config: Config, method: string, path: string, body?: Json, more: { token?: string; key?: string } = {}) {
  const token = more.token ?? (await logIn(config)).json.access_token;
  const headers: Record<string, string> = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  if (more.key !== undefined) headers['paypal-request-id'] = more.key;
  const answer = await fetch(config.base_url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  return { status: answer.status, json: (await answer.json()) as Json };
}

/** Fetches the certificate that a callback names, and believes it only when the authority issued it. */
async function isSigned(config: Config, { headers, body }: Received): Promise<boolean> {
  const pem = await (await fetch(headers['paypal-cert-url']!)).text();
  const [certificate, authority] = [new X509Certificate(pem), new X509Certificate(config.webhook_authorities!)];
  if (!certificate.verify(authority.publicKey)) return false;
  const text = [headers['paypal-transmission-id'], headers['paypal-transmission-time'], config.webhook_id, crc32(body)].join('|');
  return createVerify('RSA-SHA256').update(text).verify(certificate.publicKey, headers['paypal-transmission-sig']!, 'base64');
}

describe('simulator: PayPal', () => {
  let stage: Stage;
  let shop: Shop;
  let config: Config;

  const unitOf = (custom_id: string, changed: Json = {}): Json => ({
    amount: { currency_code: 'USD', value: '19.99' },
    payee: { merchant_id: config.merchant_id },
    custom_id,
    ...changed,
  });
  const orderOf = (number: string, changed: Json = {}): Json => ({ intent: 'CAPTURE', purchase_units: [unitOf(number, changed)] });
  const create = async (number: string) => (await ask(config, 'POST', '/v2/checkout/orders', orderOf(number))).json;
  const approve = (order: Json) =>
    stage.control('POST', '/_pay', { target: order.links.find(({ rel }: Json) => rel === 'payer-action').href });
  const capture = (id: string, key?: string) =>
    ask(config, 'POST', `/v2/checkout/orders/${id}/capture`, {}, key === undefined ? {} : { key });
  const captureOf = ({ purchase_units: [unit] }: Json): Json => unit.payments.captures[0];
  const refund = (captureId: string, value: string, key?: string) =>
    ask(
      config,
      'POST',
      `/v2/payments/captures/${captureId}/refund`,
      { amount: { currency_code: 'USD', value }, custom_id: 'R1' },
      key === undefined ? {} : { key },
    );
  const makePaid = async (number: string) => {
    const order = await create(number);
    await approve(order);
    return captureOf((await capture(order.id)).json).id as string;
  };

  before(async () => {
    [stage, shop] = await Promise.all([setStage({ channels: ['paypal'] }), openShop()]);
    config = configOf(stage, 'paypal');
    await stage.control('POST', '/_callbacks', { channel: 'paypal', account: config.merchant_id, url: `${shop.url}/paypal` });
  });
  after(() => Promise.all([stage.end(), shop.end()]));

  it('takes an order, is approved, takes the money only when captured, calls back signed, and refunds', async () => {
    const order = await create('FLOW1');
    expect(order).to.include({ intent: 'CAPTURE', status: 'PAYER_ACTION_REQUIRED' });
    expect((await capture(order.id)).json.details[0].issue).to.equal('ORDER_NOT_APPROVED');
    expect((await approve(order)).json).to.include({ paid: false, approved: true, number: 'FLOW1' });
    expect((await stage.control('GET', '/_truth?since=0')).json.entries).to.deep.equal([]);
    expect((await ask(config, 'GET', `/v2/checkout/orders/${order.id}`)).json.status).to.equal('APPROVED');

    const captured = await capture(order.id);
    expect([captured.status, captured.json.status]).to.deep.equal([201, 'COMPLETED']);
    const { id, ...taken } = captureOf(captured.json);
    expect(taken).to.deep.include({ status: 'COMPLETED', amount: { currency_code: 'USD', value: '19.99' }, custom_id: 'FLOW1' });
    expect((await capture(order.id)).json.details[0].issue).to.equal('ORDER_ALREADY_CAPTURED');
    const calls = await shop.got(2);
    for (const call of calls) expect(await isSigned(config, call)).to.equal(true);
    expect(calls.map(({ body }) => JSON.parse(body).event_type)).to.have.members(['CHECKOUT.ORDER.APPROVED', 'PAYMENT.CAPTURE.COMPLETED']);
    const paid = calls.find(({ body }) => body.includes('PAYMENT.CAPTURE.COMPLETED'));
    expect(await isSigned(config, { ...paid!, body: paid!.body.replace('19.99', '29.99') })).to.equal(false);
    expect(JSON.parse(paid!.body)).to.have.nested.property('resource.id', id);

    const given = await refund(id, '5.00');
    expect(given.status).to.equal(201);
    const third = (await shop.got(3))[2]!;
    expect(await isSigned(config, third)).to.equal(true);
    expect(JSON.parse(third.body)).to.include({ event_type: 'PAYMENT.CAPTURE.REFUNDED' });
    expect((await ask(config, 'GET', `/v2/payments/refunds/${given.json.id}`)).json).to.include({ status: 'COMPLETED', custom_id: 'R1' });
    const { entries } = (await stage.control('GET', '/_truth')).json;
    expect(entries.map(({ kind, amount }: Json) => [kind, amount])).to.deep.equal([
      ['charge', 1999],
      ['refund', 500],
    ]);
  });

  it('gives a token to the right secret only, and takes no other token', async () => {
    expect((await logIn(config)).json).to.include({ token_type: 'Bearer' });
    expect((await logIn(config, { client_secret: 'wrong' })).status).to.equal(401);
    expect((await logIn(config, { client_id: configOf(stage, 'paypal', 1).client_id! })).status).to.equal(401);
    expect((await logIn(config, { grant_type: 'password' })).status).to.equal(400);
    expect((await ask(config, 'POST', '/v2/checkout/orders', orderOf('AUTH1'), { token: 'A21AAwrong' })).status).to.equal(401);
  });

  it('shows no merchant what is another’s', async () => {
    const { id } = await create('OWN1');
    const captureId = await makePaid('OWN2');
    const other = configOf(stage, 'paypal', 1);
    expect((await ask(other, 'GET', `/v2/checkout/orders/${id}`)).status).to.equal(404);
    const amount = { currency_code: 'USD', value: '1.00' };
    expect((await ask(other, 'POST', `/v2/payments/captures/${captureId}/refund`, { amount })).status).to.equal(404);
  });

  const money = (currency_code: string, value: unknown) => ({ amount: { currency_code, value } });
  const faults: Readonly<Record<string, readonly [fault: Json, status: number]>> = {
    'an unknown field': [{ colour: 'red' }, 400],
    'an amount as a number': [money('USD', 19.99), 400],
    'a third decimal': [money('USD', '19.999'), 422],
    'decimals of a yen': [money('JPY', '20.00'), 422],
    'decimals of a forint': [money('HUF', '20.00'), 422],
    'nothing to pay': [money('USD', '0.00'), 422],
    'a number that is too long': [{ custom_id: 'A'.repeat(128) }, 400],
    'the payee of another account': [{ payee: { merchant_id: 'SOMEBODYELSE' } }, 422],
  };
  for (const [name, [fault, status]] of Object.entries(faults)) {
    it(`refuses ${name}`, async () => {
      expect((await ask(config, 'POST', '/v2/checkout/orders', orderOf('FAULT1', fault))).status).to.equal(status);
    });
  }

  it('carries a request out once for its id, says so with 200, and refuses another under it', async () => {
    const send = (number: string) => ask(config, 'POST', '/v2/checkout/orders', orderOf(number), { key: 'key-1' });
    const [first, again] = [await send('ONCE1'), await send('ONCE1')];
    expect([first.status, again.status, again.json.id]).to.deep.equal([201, 200, first.json.id]);
    expect((await send('ONCE2')).json.details[0].issue).to.equal('PAYPAL_REQUEST_ID_REUSED');
    await approve(first.json);
    const [taken, repeated] = [await capture(first.json.id, 'key-2'), await capture(first.json.id, 'key-2')];
    expect([taken.status, repeated.status]).to.deep.equal([201, 200]);
    expect(captureOf(repeated.json).id).to.equal(captureOf(taken.json).id);
  });

  it('never refunds more than was paid', async () => {
    const id = await makePaid('MORE1');
    expect((await refund(id, '20.00')).json.details[0].issue).to.equal('REFUND_AMOUNT_EXCEEDED');
    const first = await refund(id, '15.00', 'key-3');
    expect((await refund(id, '15.00', 'key-3')).json.id).to.equal(first.json.id);
    expect((await refund(id, '5.00')).json.details[0].issue).to.equal('REFUND_AMOUNT_EXCEEDED');
    expect((await refund(id, '4.99')).status).to.equal(201);
    expect((await refund(id, '0.01')).json.details[0].issue).to.equal('CAPTURE_FULLY_REFUNDED');
  });
});
