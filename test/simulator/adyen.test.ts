import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import { type Config, configOf, type Json, openShop, type Received, type Shop, type Stage, setStage } from './kit.ts';

/** A small Adyen client of the test's own. */
async function ask(config: Config, method: string, path: string, body?: unknown, headers: Config = {}) {
  const answer = await fetch(`${config.base_url}/v72${path}`, {
    method,
    headers: { 'x-api-key': config.api_key!, 'content-type': 'application/json', ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: answer.status, json: (await answer.json()) as Json };
}

describe('simulator: Adyen', () => {
  let stage: Stage;
  let shop: Shop;
  let config: Config;

  const order = (reference: string, more: Json = {}): Json => ({
    amount: { currency: 'EUR', value: 1999 },
    merchantAccount: config.merchant_account,
    reference,
    ...more,
  });

  function verify(item: Json): boolean {
    const head = [item.pspReference, item.originalReference ?? '', item.merchantAccountCode, item.merchantReference];
    const values = [...head, item.amount.value, item.amount.currency, item.eventCode, item.success];
    const key = Buffer.from(config.hmac_key!, 'hex');
    return createHmac('sha256', key).update(values.join(':')).digest('base64') === item.additionalData.hmacSignature;
  }
  const itemsIn = ({ body }: Received): Json[] => JSON.parse(body).notificationItems.map((one: Json) => one.NotificationRequestItem);

  /** The items about some numbers, once there are so many of them. */
  async function items(numbers: readonly string[], count: number): Promise<Json[]> {
    for (let wanted = 1; ; wanted += 1) {
      const own = (await shop.got(wanted)).flatMap(itemsIn).filter(({ merchantReference }) => numbers.includes(merchantReference));
      if (own.length >= count) return own;
    }
  }

  before(async () => {
    [stage, shop] = await Promise.all([setStage({ channels: ['adyen'] }), openShop()]);
    shop.answerWith(200, '[accepted]');
    config = configOf(stage, 'adyen');
    for (const index of [0, 1]) {
      const account = configOf(stage, 'adyen', index).merchant_account;
      await stage.control('POST', '/_callbacks', { channel: 'adyen', account, url: `${shop.url}/adyen` });
    }
  });
  after(() => Promise.all([stage.end(), shop.end()]));

  it('sells through a link: made, paid on its page, told, refunded', async () => {
    const made = await ask(config, 'POST', '/paymentLinks', order('FLOW1', { returnUrl: 'http://127.0.0.1/back' }));
    expect(made.status).to.equal(201);
    expect(made.json).to.include({ status: 'active', reference: 'FLOW1', reusable: false });
    const pressed = await fetch(made.json.url, { method: 'POST', body: new URLSearchParams({ do: 'pay' }), redirect: 'manual' });
    expect(pressed.headers.get('location')).to.equal('http://127.0.0.1/back');
    expect((await ask(config, 'GET', `/paymentLinks/${made.json.id}`)).json.status).to.equal('completed');
    const [paid] = await items(['FLOW1'], 1);
    expect(paid).to.include({ eventCode: 'AUTHORISATION', success: 'true', merchantAccountCode: config.merchant_account });
    expect(paid?.additionalData).to.include({ paymentLinkId: made.json.id, captureDelayHours: '0' });
    expect(verify(paid as Json)).to.equal(true);

    const refunds = `/payments/${paid?.pspReference}/refunds`;
    const taken = await ask(config, 'POST', refunds, order('REFUND1', { amount: { currency: 'EUR', value: 1500 } }));
    expect([taken.status, taken.json.status, taken.json.paymentPspReference]).to.deep.equal([201, 'received', paid?.pspReference]);
    await ask(config, 'POST', refunds, order('REFUND2', { amount: { currency: 'EUR', value: 500 } }));
    const told = await items(['REFUND1', 'REFUND2'], 2);
    expect(told.map((one) => [one.eventCode, one.success, one.originalReference, verify(one)])).to.have.deep.members([
      ['REFUND', 'true', paid?.pspReference, true],
      ['REFUND', 'false', paid?.pspReference, true],
    ]);
    const { entries } = (await stage.control('GET', '/_truth')).json;
    expect(entries.map((entry: Json) => [entry.kind, entry.number, entry.amount])).to.deep.equal([
      ['charge', 'FLOW1', 1999],
      ['refund', 'REFUND1', 1500],
    ]);
  });

  it('sells through a session, by exactly the parameters of the client library', async () => {
    const { json } = await ask(config, 'POST', '/sessions', order('SESSION1', { returnUrl: 'http://127.0.0.1/back' }));
    const params = { id: json.id, sessionData: json.sessionData, clientKey: config.client_key, environment: 'test' };
    for (const wrong of [{ sessionData: 'x' }, { clientKey: 'test_x' }, { environment: 'live' }]) {
      expect((await stage.control('POST', '/_pay', { target: JSON.stringify({ ...params, ...wrong }) })).json.paid).not.to.equal(true);
    }
    const failed = await stage.control('POST', '/_pay', { target: JSON.stringify(params), outcome: 'fail' });
    expect(failed.json).to.include({ paid: false, reason: 'declined' });
    expect((await stage.control('POST', '/_pay', { target: JSON.stringify(params) })).json).to.include({ paid: true, number: 'SESSION1' });
    const [refused, paid] = await items(['SESSION1'], 2);
    expect([refused?.success, paid?.success]).to.deep.equal(['false', 'true']);
    expect(refused?.pspReference).not.to.equal(paid?.pspReference);
  });

  it('expires an active link, and no other', async () => {
    const { json } = await ask(config, 'POST', '/paymentLinks', order('EXPIRE1'));
    expect((await ask(config, 'PATCH', `/paymentLinks/${json.id}`, { status: 'completed' })).status).to.equal(422);
    expect((await ask(config, 'PATCH', `/paymentLinks/${json.id}`, { status: 'expired' })).json.status).to.equal('expired');
    expect((await ask(config, 'PATCH', `/paymentLinks/${json.id}`, { status: 'expired' })).status).to.equal(422);
    expect((await stage.control('POST', '/_pay', { target: json.url })).json).to.include({ paid: false, reason: 'closed' });
  });

  it('replays what an idempotency key was answered, and refuses another content under it', async () => {
    const key = { 'idempotency-key': 'KEY1' };
    const first = await ask(config, 'POST', '/paymentLinks', order('ONCE1'), key);
    expect((await ask(config, 'POST', '/paymentLinks', order('ONCE1'), key)).json.id).to.equal(first.json.id);
    expect((await ask(config, 'POST', '/paymentLinks', order('ONCE2'), key)).json.errorCode).to.equal('704');
    expect((await ask(config, 'POST', '/paymentLinks', order('ONCE3'), { 'idempotency-key': 'k'.repeat(65) })).status).to.equal(422);
  });

  it('refuses strangers, other accounts and malformed requests', async () => {
    const [other] = [configOf(stage, 'adyen', 1)];
    const { json } = await ask(config, 'POST', '/paymentLinks', order('STRICT1'));
    expect((await ask({ ...config, api_key: 'stranger' }, 'GET', `/paymentLinks/${json.id}`)).status).to.equal(401);
    expect((await ask(other, 'GET', `/paymentLinks/${json.id}`)).status).to.equal(422);
    expect((await ask(other, 'POST', '/paymentLinks', order('STRICT2'))).json.errorCode).to.equal('901');
    const bad: readonly Json[] = [
      { amount: { currency: 'EUR', value: 10.5 } },
      { amount: { currency: 'EUR', value: 0 } },
      { amount: { currency: 'EUR' } },
      { amuont: 1 },
      { reference: undefined },
      { expiresAt: '2020-01-01T00:00:00Z' },
      { expiresAt: new Date(Date.now() + 71 * 24 * 3600_000).toISOString() },
      { description: 'x'.repeat(281) },
    ];
    for (const more of bad)
      expect((await ask(config, 'POST', '/paymentLinks', order('BAD1', more))).status, JSON.stringify(more)).to.equal(422);
    expect((await ask(config, 'POST', '/sessions', order('BAD2'))).status).to.equal(422);
    const unpaid = await ask(config, 'POST', '/payments/ABCDEF0123456789/refunds', order('BAD3'));
    expect(unpaid.json.errorCode).to.equal('167');
  });

  it('sends basic authentication where the merchant agreed on it', async () => {
    const second = configOf(stage, 'adyen', 1);
    const made = await ask(second, 'POST', '/paymentLinks', order('LOGIN1', { merchantAccount: second.merchant_account }));
    await stage.control('POST', '/_pay', { target: made.json.url });
    await items(['LOGIN1'], 1);
    const sent = shop.received.find((one) => one.body.includes('LOGIN1'));
    const login = Buffer.from(`${second.callback_user}:${second.callback_password}`).toString('base64');
    expect(sent?.headers.authorization).to.equal(`Basic ${login}`);
  });
});
