import { expect } from 'chai';
import { type Config, configOf, type Json, openShop, type Shop, type Stage, setStage } from './kit.ts';

/** A small Xendit client of the test's own: the key is the user of a password that is empty. */
async function ask(config: Config, method: string, path: string, body?: Json, headers: Config = {}) {
  const authorization = `Basic ${Buffer.from(`${config.secret_key}:`).toString('base64')}`;
  const all = { authorization, 'content-type': 'application/json', ...headers };
  const answer = await fetch(config.base_url + path, { method, headers: all, ...(body && { body: JSON.stringify(body) }) });
  return { status: answer.status, json: (await answer.json()) as Json };
}

const codeOf = (reference_id: string, amount: unknown = 20_000): Json => ({
  reference_id,
  amount,
  currency: 'IDR',
  payment_method: { type: 'QR_CODE', reusability: 'ONE_TIME_USE', qr_code: { channel_code: 'QRIS' } },
});

describe('simulator: Xendit', () => {
  let stage: Stage;
  let shop: Shop;
  let config: Config;
  const payFor = (target: string) => stage.control('POST', '/_pay', { target });
  const qrOf = (json: Json): string => json.payment_method.qr_code.channel_properties.qr_string;

  before(async () => {
    [stage, shop] = await Promise.all([setStage({ channels: ['xendit'] }), openShop()]);
    config = configOf(stage, 'xendit');
    const account = config.business_id;
    await stage.control('POST', '/_callbacks', { channel: 'xendit', account, url: `${shop.url}/xendit` });
  });
  after(() => Promise.all([stage.end(), shop.end()]));

  it('takes a request, is paid, calls back with the token, refunds and calls back again', async () => {
    const created = await ask(config, 'POST', '/payment_requests', codeOf('FLOW1'));
    expect(created.status).to.equal(201);
    expect(created.json).to.include({ status: 'PENDING', amount: 20_000, business_id: config.business_id });
    expect((await payFor(qrOf(created.json))).json).to.deep.equal({ paid: true, channel: 'xendit', number: 'FLOW1' });
    const [paid] = await shop.got(1);
    expect(paid!.headers['x-callback-token']).to.equal(config.callback_token);
    const told = JSON.parse(paid!.body);
    expect(told).to.deep.include({ event: 'payment.succeeded', business_id: config.business_id });
    expect(told.data).to.include({ payment_request_id: created.json.id, reference_id: 'FLOW1', amount: 20_000, status: 'SUCCEEDED' });
    expect((await ask(config, 'GET', `/payment_requests/${created.json.id}`)).json.status).to.equal('SUCCEEDED');
    const { json: listed } = await ask(config, 'GET', '/payment_requests?reference_id=FLOW1');
    expect(listed.data.map(({ id }: Json) => id)).to.deep.equal([created.json.id]);

    const wanted = { payment_request_id: created.json.id, reference_id: 'R1', amount: 500, reason: 'OTHERS' };
    const asked = await ask(config, 'POST', '/refunds', wanted);
    expect(asked.json).to.include({ status: 'PENDING', amount: 500, reference_id: 'R1' });
    const refunded = JSON.parse((await shop.got(2))[1]!.body);
    expect(refunded).to.have.property('event', 'refund.succeeded');
    expect(refunded.data).to.include({ id: asked.json.id, status: 'SUCCEEDED' });
    expect((await ask(config, 'GET', `/refunds/${asked.json.id}`)).json.status).to.equal('SUCCEEDED');
    const { entries } = (await stage.control('GET', '/_truth?since=0')).json;
    expect(entries.map(({ kind, amount }: Json) => [kind, amount])).to.deep.equal([
      ['charge', 2_000_000],
      ['refund', 50_000],
    ]);
  });

  it('answers 401 without a key, with another one, and with a password', async () => {
    for (const user of ['', 'xnd_development_wrong:', `${config.secret_key}:password`]) {
      const authorization = `Basic ${Buffer.from(user).toString('base64')}`;
      expect((await ask(config, 'POST', '/payment_requests', codeOf('AUTH1'), { authorization })).status, user).to.equal(401);
    }
  });

  it('shows no merchant what is another’s', async () => {
    const { json } = await ask(config, 'POST', '/payment_requests', codeOf('OWN1'));
    const other = configOf(stage, 'xendit', 1);
    expect((await ask(other, 'GET', `/payment_requests/${json.id}`)).status).to.equal(404);
    expect((await ask(other, 'GET', '/payment_requests?reference_id=OWN1')).json.data).to.deep.equal([]);
  });

  it('is paid by transfer to the account it gave, and never refunds a transfer', async () => {
    const virtual_account = { channel_code: 'BCA', channel_properties: { customer_name: 'Ada' } };
    const payment_method = { type: 'VIRTUAL_ACCOUNT', reusability: 'ONE_TIME_USE', virtual_account };
    const { json } = await ask(config, 'POST', '/payment_requests', { ...codeOf('VA1'), payment_method });
    const account_number = json.payment_method.virtual_account.channel_properties.virtual_account_number;
    expect((await payFor(JSON.stringify({ bank: 'BNI', account_number }))).json).to.not.include({ paid: true });
    expect((await payFor(JSON.stringify({ bank: 'BCA', account_number }))).json).to.include({ paid: true, number: 'VA1' });
    const refund = await ask(config, 'POST', '/refunds', { payment_request_id: json.id, reason: 'OTHERS' });
    expect(refund.json.error_code).to.equal('REFUND_NOT_SUPPORTED');
  });

  const faults: Readonly<Record<string, Json>> = {
    'an unknown field': { colour: 'red' },
    'a part of a rupiah': { amount: 20_000.5 },
    'an amount as text': { amount: '20000' },
    'nothing to pay': { amount: 0 },
    'a currency in small letters': { currency: 'idr' },
    'a method that is none': { payment_method: { type: 'constructor' } },
  };
  for (const [name, fault] of Object.entries(faults)) {
    it(`refuses ${name}`, async () => {
      const { status, json } = await ask(config, 'POST', '/payment_requests', { ...codeOf('FAULT1'), ...fault });
      expect([status, json.error_code]).to.deep.equal([400, 'API_VALIDATION_ERROR']);
    });
  }

  it('carries a request out once for its key, and refuses another under it', async () => {
    const key = { 'idempotency-key': 'key-1' };
    const first = await ask(config, 'POST', '/payment_requests', codeOf('ONCE1'), key);
    expect((await ask(config, 'POST', '/payment_requests', codeOf('ONCE1'), key)).json.id).to.equal(first.json.id);
    expect((await ask(config, 'POST', '/payment_requests', codeOf('ONCE1', 30_000), key)).status).to.equal(409);
  });

  it('never refunds more than was paid, nor what was not', async () => {
    const { json } = await ask(config, 'POST', '/payment_requests', codeOf('MORE1'));
    const refund = (amount: number) => ask(config, 'POST', '/refunds', { payment_request_id: json.id, amount, reason: 'OTHERS' });
    expect((await refund(1)).json.error_code).to.equal('INELIGIBLE_TRANSACTION');
    await payFor(qrOf(json));
    expect((await refund(15_000)).status).to.equal(200);
    expect((await refund(5_001)).json.error_code).to.equal('MAXIMUM_REFUND_AMOUNT_REACHED');
  });
});
