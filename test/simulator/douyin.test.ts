import { createDecipheriv, createSign, createVerify, randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { type Config, configOf, type Json, openShop, type Received, type Shop, type Stage, setStage } from './kit.ts';

interface Call {
  readonly timestamp?: number;
  readonly nonce?: string;
  readonly spoil?: (header: string) => string;
}

function isVendors(config: Config, headers: Readonly<Record<string, string>>, body: string): boolean {
  const key = JSON.parse(config.platform_public_keys!)[headers['douyinpay-serial'] ?? ''];
  const text = `${headers['douyinpay-timestamp']}\n${headers['douyinpay-nonce']}\n${body}\n`;
  return (
    key !== undefined &&
    createVerify('RSA-SHA256')
      .update(text)
      .verify(key, headers['douyinpay-signature'] ?? '', 'base64')
  );
}

/** A small Douyin Pay client of the test's own. */
async function ask(config: Config, method: string, path: string, body?: Json, call: Call = {}) {
  const text = body === undefined ? '' : JSON.stringify(body);
  const { timestamp = Math.trunc(Date.now() / 1000), nonce = randomBytes(16).toString('hex'), spoil = (header) => header } = call;
  const signature = createSign('RSA-SHA256')
    .update(`${method}\n${path}\n${timestamp}\n${nonce}\n${text}\n`)
    .sign(config.private_key!, 'base64');
  const parts = { mchid: config.mchid, nonce_str: nonce, timestamp, serial_no: config.serial_no, signature };
  const pairs = Object.entries(parts).map(([name, value]) => `${name}="${value}"`);
  const headers = { authorization: spoil(`DouyinPay-RSA ${pairs.join(',')}`), 'content-type': 'application/json' };
  const answer = await fetch(config.base_url + path, { method, headers, ...(text !== '' && { body: text }) });
  const raw = await answer.text();
  const json: Json = raw === '' ? {} : JSON.parse(raw);
  return { status: answer.status, json, isGenuine: isVendors(config, Object.fromEntries(answer.headers), raw) };
}

function unseal(config: Config, { body }: Received): Json {
  const { resource } = JSON.parse(body);
  const bytes = Buffer.from(resource.ciphertext, 'base64');
  const cipher = createDecipheriv('aes-256-gcm', config.encrypt_key!, resource.nonce).setAAD(Buffer.from(resource.associated_data));
  cipher.setAuthTag(bytes.subarray(-16));
  return JSON.parse(Buffer.concat([cipher.update(bytes.subarray(0, -16)), cipher.final()]).toString('utf8'));
}

describe('simulator: Douyin Pay', () => {
  const orders = '/v1/trade/transactions';
  const refunds = '/v1/trade/refund/domestic/refunds';
  let stage: Stage;
  let shop: Shop;
  let config: Config;

  const orderOf = (out_trade_no: string, total = 1999): Json => ({
    appid: config.appid,
    mchid: config.mchid,
    description: 'Tea 茶',
    out_trade_no,
    notify_url: `${shop.url}/paid`,
    amount: { total, currency: 'CNY' },
  });
  const refundOf = (out_trade_no: string, out_refund_no: string, refund: number, total = 1999): Json => ({
    mchid: config.mchid,
    out_trade_no,
    out_refund_no,
    notify_url: `${shop.url}/refunded`,
    amount: { refund, total, currency: 'CNY' },
  });
  const queryOf = (number: string) => ask(config, 'GET', `${orders}/out-trade-no/${number}?mchid=${config.mchid}`);
  const payFor = (target: string) => stage.control('POST', '/_pay', { target });

  before(async () => {
    [stage, shop] = await Promise.all([setStage({ channels: ['douyin'] }), openShop()]);
    config = configOf(stage, 'douyin');
  });
  after(() => Promise.all([stage.end(), shop.end()]));

  it('takes an order, is paid, calls back, refunds and calls back again', async () => {
    const created = await ask(config, 'POST', `${orders}/native`, orderOf('FLOW0001'));
    expect(created).to.deep.include({ status: 200, isGenuine: true });
    expect((await queryOf('FLOW0001')).json)
      .to.include({ trade_state: 'NOTPAY', mchid: config.mchid })
      .and.not.have.property('transaction_id');
    expect((await payFor(created.json.code_url)).json).to.deep.equal({ paid: true, channel: 'douyin', number: 'FLOW0001' });

    const [paid] = await shop.got(1);
    expect(paid!.path).to.equal('/paid');
    expect(isVendors(config, paid!.headers, paid!.body)).to.equal(true);
    expect(JSON.parse(paid!.body))
      .to.deep.include({ event_type: 'TRANSACTION.SUCCESS' })
      .and.have.nested.property('resource.mchid', config.mchid);
    const told = unseal(config, paid!);
    expect(told).to.include({ trade_state: 'SUCCESS', out_trade_no: 'FLOW0001', appid: config.appid, trade_type: 'NATIVE' });
    expect(told.amount).to.include({ total: 1999, currency: 'CNY' });
    const byId = await ask(config, 'GET', `${orders}/id/${told.transaction_id}?mchid=${config.mchid}`);
    expect(byId.json).to.include({ trade_state: 'SUCCESS', out_trade_no: 'FLOW0001' });

    const asked = await ask(config, 'POST', refunds, refundOf('FLOW0001', 'R1', 500));
    expect(asked.json).to.include({ status: 'PROCESSING', out_refund_no: 'R1', out_trade_no: 'FLOW0001' });
    const refunded = (await shop.got(2))[1]!;
    expect(refunded.path).to.equal('/refunded');
    expect(isVendors(config, refunded.headers, refunded.body)).to.equal(true);
    expect(unseal(config, refunded)).to.include({ refund_status: 'SUCCESS', refund_id: asked.json.refund_id });
    const again = await ask(config, 'GET', `${refunds}/R1?mchid=${config.mchid}`);
    expect(again.json).to.include({ status: 'SUCCESS' });
    const { entries } = (await stage.control('GET', '/_truth?since=0')).json;
    expect(entries.map(({ kind, number, amount }: Json) => [kind, number, amount])).to.deep.equal([
      ['charge', 'FLOW0001', 1999],
      ['refund', 'R1', 500],
    ]);
  });

  it('serves each merchant with a platform key of its own', async () => {
    const second = configOf(stage, 'douyin', 1);
    const order = { ...orderOf('SECOND01'), mchid: second.mchid, appid: second.appid };
    expect(await ask(second, 'POST', `${orders}/native`, order)).to.deep.include({ status: 200, isGenuine: true });
    expect((await queryOf('SECOND01')).json.code).to.equal('ORDER_NOT_EXIST');
  });

  const handed: Readonly<Record<string, (prepayId: string) => Json>> = {
    jsapi: (id) => ({ appId: 'x', package: `prepay_id=${id}` }),
    app: (id) => ({ partnerid: 'x', prepayid: id, package: 'Sign=DYPay' }),
  };
  for (const [product, parameters] of Object.entries(handed)) {
    it(`is paid with what ${product} hands to Douyin`, async () => {
      const { json } = await ask(config, 'POST', `${orders}/${product}`, orderOf(`SDK-${product}`));
      expect((await payFor(JSON.stringify(parameters(json.prepay_id)))).json).to.include({ paid: true, number: `SDK-${product}` });
    });
  }

  it('asks for the scene of an h5 order', async () => {
    expect((await ask(config, 'POST', `${orders}/h5`, orderOf('H5000001'))).json.code).to.equal('PARAM_ERROR');
    const scene_info = { payer_client_ip: '203.0.113.7', h5_info: { type: 'Wap' } };
    const { json } = await ask(config, 'POST', `${orders}/h5`, { ...orderOf('H5000001'), scene_info });
    expect((await payFor(json.h5_url)).json).to.include({ paid: true });
  });

  const tampered: Readonly<Record<string, Call>> = {
    'a changed signature': { spoil: (header) => header.replace(/signature="../, 'signature="AA') },
    'another serial': { spoil: (header) => header.replace(/serial_no="../, 'serial_no="ZZ') },
    'another merchant': { spoil: (header) => header.replace(/mchid="\d+"/, 'mchid="80001234562"') },
    'a part that comes twice': { spoil: (header) => `${header},nonce_str="1"` },
    'another scheme': { spoil: (header) => header.replace('DouyinPay-RSA', 'WECHATPAY2-SHA256-RSA2048') },
    'a time long ago': { timestamp: Math.trunc(Date.now() / 1000) - 4000 },
    'a time far ahead': { timestamp: Math.trunc(Date.now() / 1000) + 4000 },
  };
  for (const [name, call] of Object.entries(tampered)) {
    it(`answers 401 to ${name}`, async () => {
      const { status, json } = await ask(config, 'POST', `${orders}/native`, orderOf('TAMPERED'), call);
      expect([status, json.code]).to.deep.equal([401, 'SIGN_ERROR']);
    });
  }

  it('takes a nonce only once', async () => {
    const path = `${orders}/out-trade-no/NONE0001?mchid=${config.mchid}`;
    const call = { nonce: 'a'.repeat(32) };
    expect((await ask(config, 'GET', path, undefined, call)).status).to.equal(404);
    expect((await ask(config, 'GET', path, undefined, call)).status).to.equal(401);
  });

  const faults: Readonly<Record<string, Json>> = {
    'an unknown field': { colour: 'red' },
    'a fraction of a fen': { amount: { total: 1.5, currency: 'CNY' } },
    'an amount as text': { amount: { total: '100', currency: 'CNY' } },
    'an order without an amount': { amount: { total: 0, currency: 'CNY' } },
    'another currency': { amount: { total: 100, currency: 'USD' } },
    'a short number': { out_trade_no: 'A1' },
    'a long number': { out_trade_no: 'A'.repeat(33) },
    'a long description': { description: '茶'.repeat(128) },
    'a notify_url with a query': { notify_url: 'https://shop.example/n?a=1' },
    'a time_expire that is over': { time_expire: '2020-01-01T00:00:00+08:00' },
    'the number of another merchant': { mchid: '80001234562' },
  };
  for (const [name, fault] of Object.entries(faults)) {
    it(`refuses ${name}`, async () => {
      const { status, json } = await ask(config, 'POST', `${orders}/native`, { ...orderOf('FAULT001'), ...fault });
      expect([status, json.code]).to.deep.equal([400, 'PARAM_ERROR']);
    });
  }

  it('closes what is unpaid, as often as asked, and never what is paid', async () => {
    const close = (number: string) => ask(config, 'POST', `${orders}/out-trade-no/${number}/close`, { mchid: config.mchid });
    expect((await close('CLOSE000')).json.code).to.equal('ORDER_NOT_EXIST');
    const { json } = await ask(config, 'POST', `${orders}/native`, orderOf('CLOSE001'));
    for (const _ of [1, 2]) expect(await close('CLOSE001')).to.deep.equal({ status: 200, json: {}, isGenuine: true });
    expect((await payFor(json.code_url)).json).to.include({ paid: false, reason: 'closed' });
    expect((await queryOf('CLOSE001')).json.trade_state).to.equal('CLOSED');
    const other = await ask(config, 'POST', `${orders}/native`, orderOf('CLOSE002'));
    await payFor(other.json.code_url);
    expect((await close('CLOSE002')).json.code).to.equal('ORDERPAID');
  });

  it('knows an order by its number, and refuses another one under it', async () => {
    const order = orderOf('AGAIN001');
    const first = await ask(config, 'POST', `${orders}/native`, order);
    expect((await ask(config, 'POST', `${orders}/native`, order)).json).to.deep.equal(first.json);
    const other = { ...order, amount: { total: 2000, currency: 'CNY' } };
    expect((await ask(config, 'POST', `${orders}/native`, other)).json.code).to.equal('OUT_TRADE_NO_USED');
  });

  it('never refunds more than was paid, and repeats a refund without moving money', async () => {
    const { json } = await ask(config, 'POST', `${orders}/native`, orderOf('REFUND01', 1000));
    const refund = (number: string, amount: number, total = 1000) =>
      ask(config, 'POST', refunds, refundOf('REFUND01', number, amount, total));
    expect((await refund('A', 600)).json.code).to.equal('INVALID_REQUEST');
    await payFor(json.code_url);
    const first = await refund('A', 600);
    expect((await refund('A', 600)).json.refund_id).to.equal(first.json.refund_id);
    for (const wrong of [refund('A', 500), refund('B', 401), refund('B', 400, 999)])
      expect((await wrong).json.code).to.equal('INVALID_REQUEST');
    expect((await refund('B', 400)).status).to.equal(200);
    const { entries } = (await stage.control('GET', '/_truth')).json;
    const moved = entries.filter(({ kind, number }: Json) => kind === 'refund' && ['A', 'B'].includes(number));
    expect(moved.map(({ amount }: Json) => amount)).to.deep.equal([600, 400]);
  });

  it('lies when a scenario tells it to, and not any longer', async () => {
    await stage.control('POST', '/_scenario', { channel: 'douyin', operation: 'query', behaviour: 'wrong_amount', count: 1 });
    await ask(config, 'POST', `${orders}/native`, orderOf('WRONG001', 700));
    expect((await queryOf('WRONG001')).json.amount.total).to.equal(701);
    await stage.control('POST', '/_scenario', { channel: 'douyin', operation: 'query', behaviour: 'bad_signature', count: 1 });
    expect(await queryOf('WRONG001')).to.include({ status: 200, isGenuine: false });
    expect(await queryOf('WRONG001')).to.include({ status: 200, isGenuine: true });
  });
});
