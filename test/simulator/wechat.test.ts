import { createDecipheriv, X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import {
  askWechat,
  type Config,
  configOf,
  type Json,
  openShop,
  type Received,
  type Shop,
  type Stage,
  setStage,
  verifyWechat,
  wechatOrder,
} from './kit.ts';

function unseal(config: Config, resource: Json): Json {
  const bytes = Buffer.from(resource.ciphertext, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', config.api_v3_key!, resource.nonce).setAAD(Buffer.from(resource.associated_data));
  decipher.setAuthTag(bytes.subarray(-16));
  const text = Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString('utf8');
  return text.startsWith('{') ? JSON.parse(text) : { text };
}

describe('simulator: WeChat Pay', () => {
  let stage: Stage;
  let shop: Shop;
  let config: Config;
  const pay = '/v3/pay/transactions/native';
  const byNumber = (number: string) => `/v3/pay/transactions/out-trade-no/${number}`;
  const open = (callback: Received) => unseal(config, JSON.parse(callback.body).resource);

  before(async () => {
    [stage, shop] = await Promise.all([setStage({ channels: ['wechat'] }), openShop()]);
    config = configOf(stage, 'wechat');
  });
  after(() => Promise.all([stage.end(), shop.end()]));

  it('takes an order, is paid, calls back, refunds and calls back again', async () => {
    const created = await askWechat(config, 'POST', pay, wechatOrder(config, 'FLOW0001', shop.url));
    expect(created).to.deep.include({ status: 200, verified: true });
    expect(created.json.code_url).to.match(/^http:\/\/127\.0\.0\.1:\d+\/wechat\/pay\/wx\d+$/);
    const asked = await askWechat(config, 'GET', `${byNumber('FLOW0001')}?mchid=${config.mchid}`);
    expect(asked.json).to.include({ trade_state: 'NOTPAY', out_trade_no: 'FLOW0001' }).and.not.have.property('transaction_id');

    const paid = await stage.control('POST', '/_pay', { target: created.json.code_url });
    expect(paid.json).to.deep.equal({ paid: true, channel: 'wechat', number: 'FLOW0001' });
    const [callback] = await shop.got(1);
    expect(callback!.path).to.equal('/wechat');
    expect(verifyWechat(config, callback!.headers, callback!.body)).to.equal(true);
    const told = open(callback!);
    expect(told).to.include({ trade_state: 'SUCCESS', mchid: config.mchid, appid: config.appid, out_trade_no: 'FLOW0001' });
    expect(told.amount).to.include({ total: 1999, payer_total: 1999, currency: 'CNY' });

    const ask = {
      transaction_id: told.transaction_id,
      out_refund_no: 'R1',
      notify_url: `${shop.url}/refund`,
      amount: { refund: 500, total: 1999, currency: 'CNY' },
    };
    const refund = await askWechat(config, 'POST', '/v3/refund/domestic/refunds', ask);
    expect(refund.json).to.include({ status: 'PROCESSING', out_refund_no: 'R1' });
    const second = (await shop.got(2))[1]!;
    expect(JSON.parse(second.body).event_type).to.equal('REFUND.SUCCESS');
    expect(open(second)).to.include({ refund_status: 'SUCCESS', out_refund_no: 'R1', refund_id: refund.json.refund_id });
    const again = await askWechat(config, 'GET', '/v3/refund/domestic/refunds/R1');
    expect(again.json).to.include({ status: 'SUCCESS' });
    expect(again.json.amount).to.include({ refund: 500, total: 1999 });
    expect((await stage.control('GET', '/_truth?since=0')).json.entries.map(({ at, ...entry }: Json) => entry)).to.deep.equal([
      {
        seq: 1,
        channel: 'wechat',
        account: config.mchid,
        kind: 'charge',
        number: 'FLOW0001',
        vendor_no: told.transaction_id,
        amount: 1999,
        currency: 'CNY',
      },
      {
        seq: 2,
        channel: 'wechat',
        account: config.mchid,
        kind: 'refund',
        number: 'R1',
        vendor_no: refund.json.refund_id,
        amount: 500,
        currency: 'CNY',
      },
    ]);
  });

  it('hands the platform certificate to a merchant that verifies with it', async () => {
    const answer = await askWechat(config, 'GET', '/v3/certificates');
    const [entry] = answer.json.data;
    const certificate = new X509Certificate(unseal(config, entry.encrypt_certificate).text);
    expect(certificate.serialNumber).to.equal(entry.serial_no);
    expect(certificate.verify(certificate.publicKey)).to.equal(true);
    expect(JSON.parse(config.platform_public_keys!)[entry.serial_no]).to.equal(certificate.toString());
  });

  it('signs for the second merchant with the public key of the platform', async () => {
    const second = configOf(stage, 'wechat', 1);
    const answer = await askWechat(second, 'POST', pay, wechatOrder(second, 'SECOND01', shop.url));
    expect(answer).to.deep.include({ status: 200, verified: true });
  });

  it('needs an openid for jsapi and gives a prepay_id that a shopper can pay', async () => {
    const order = wechatOrder(config, 'JSAPI001', shop.url);
    expect((await askWechat(config, 'POST', '/v3/pay/transactions/jsapi', order)).json.code).to.equal('PARAM_ERROR');
    const answer = await askWechat(config, 'POST', '/v3/pay/transactions/jsapi', { ...order, payer: { openid: 'oShopper' } });
    const target = JSON.stringify({ appId: config.appid, package: `prepay_id=${answer.json.prepay_id}` });
    expect((await stage.control('POST', '/_pay', { target })).json).to.include({ paid: true, number: 'JSAPI001' });
  });

  it('refuses an h5 order whose shopper is said to be on the vendor’s own machine', async () => {
    const at = (ip: string) => ({ payer_client_ip: ip, h5_info: { type: 'Wap' } });
    const order = wechatOrder(config, 'H5000001', shop.url);
    const path = '/v3/pay/transactions/h5';
    expect((await askWechat(config, 'POST', path, { ...order, scene_info: at('127.0.0.1') })).status).to.equal(400);
    const answer = await askWechat(config, 'POST', path, { ...order, scene_info: at('203.0.113.7') });
    const page = await fetch(`${answer.json.h5_url}&redirect_url=${encodeURIComponent('http://127.0.0.1/back')}`);
    expect(await page.text())
      .to.include('19.99 CNY')
      .and.include('H5000001');
    const pressed = await fetch(`${answer.json.h5_url}&redirect_url=${encodeURIComponent('http://127.0.0.1/back')}`, {
      method: 'POST',
      body: new URLSearchParams({ do: 'pay' }),
      redirect: 'manual',
    });
    expect([pressed.status, pressed.headers.get('location')]).to.deep.equal([303, 'http://127.0.0.1/back']);
  });

  const tampered: readonly (readonly [string, (order: Json) => Promise<{ status: number; json: Json }>])[] = [
    [
      'a changed signature',
      (order) => askWechat(config, 'POST', pay, order, { spoil: (header) => header.replace(/signature="../, 'signature="AA') }),
    ],
    [
      'another serial',
      (order) => askWechat(config, 'POST', pay, order, { spoil: (header) => header.replace(/serial_no="../, 'serial_no="99') }),
    ],
    [
      'another merchant',
      (order) =>
        askWechat(config, 'POST', pay, order, { spoil: (header) => header.replace(`mchid="${config.mchid}"`, 'mchid="1900000102"') }),
    ],
    ['a time long ago', (order) => askWechat(config, 'POST', pay, order, { timestamp: Math.trunc(Date.now() / 1000) - 400 })],
    ['a time far ahead', (order) => askWechat(config, 'POST', pay, order, { timestamp: Math.trunc(Date.now() / 1000) + 400 })],
    ['no scheme', (order) => askWechat(config, 'POST', pay, order, { spoil: (header) => header.replace('WECHATPAY2-', '') })],
  ];
  for (const [name, ask] of tampered) {
    it(`answers 401 to ${name}`, async () => {
      const answer = await ask(wechatOrder(config, 'TAMPERED', shop.url));
      expect([answer.status, answer.json.code]).to.deep.equal([401, 'SIGN_ERROR']);
    });
  }

  it('takes a nonce only once', async () => {
    const path = `${byNumber('NONE0001')}?mchid=${config.mchid}`;
    const nonce = 'a'.repeat(32);
    expect((await askWechat(config, 'GET', path, undefined, { nonce })).status).to.equal(404);
    expect((await askWechat(config, 'GET', path, undefined, { nonce })).status).to.equal(401);
  });

  const faults: Readonly<Record<string, Json>> = {
    'an unknown field': { colour: 'red' },
    'a fraction of a fen': { amount: { total: 1.5, currency: 'CNY' } },
    'an amount as text': { amount: { total: '100', currency: 'CNY' } },
    'no amount at all': { amount: { total: 0, currency: 'CNY' } },
    'another currency': { amount: { total: 100, currency: 'USD' } },
    'a short number': { out_trade_no: 'A1' },
    'a long number': { out_trade_no: 'A'.repeat(33) },
    'a long description': { description: '茶'.repeat(128) },
    'a notify_url with a query': { notify_url: 'https://shop.example/n?a=1' },
    'a plain http notify_url elsewhere': { notify_url: 'http://shop.example/n' },
    'a time_expire that is over': { time_expire: '2020-01-01T00:00:00+08:00' },
    'a time_expire without zone': { time_expire: '2099-01-01T00:00:00' },
    'the number of another merchant': { mchid: '1900000102' },
  };
  for (const [name, fault] of Object.entries(faults)) {
    it(`refuses ${name}`, async () => {
      const answer = await askWechat(config, 'POST', pay, { ...wechatOrder(config, 'FAULT001', shop.url), ...fault });
      expect([answer.status, answer.json.code]).to.deep.equal([400, 'PARAM_ERROR']);
    });
  }

  it('takes the same order again and refuses another one under its number', async () => {
    const order = wechatOrder(config, 'AGAIN001', shop.url);
    const first = await askWechat(config, 'POST', pay, order);
    const turned = Object.fromEntries(Object.entries(order).reverse());
    expect((await askWechat(config, 'POST', pay, turned)).json).to.deep.equal(first.json);
    expect((await askWechat(config, 'POST', pay, { ...order, amount: { total: 2000, currency: 'CNY' } })).json.code).to.equal(
      'OUT_TRADE_NO_USED',
    );
  });

  it('closes what is unpaid, as often as asked, and never what is paid', async () => {
    const close = (number: string) => askWechat(config, 'POST', `${byNumber(number)}/close`, { mchid: config.mchid });
    expect((await close('CLOSE000')).json.code).to.equal('ORDER_NOT_EXIST');
    const { json } = await askWechat(config, 'POST', pay, wechatOrder(config, 'CLOSE001', shop.url));
    expect(await close('CLOSE001')).to.deep.equal({ status: 204, json: {}, verified: true });
    expect((await close('CLOSE001')).status).to.equal(204);
    const paid = await stage.control('POST', '/_pay', { target: json.code_url });
    expect([paid.status, paid.json]).to.deep.equal([409, { paid: false, reason: 'closed', channel: 'wechat', number: 'CLOSE001' }]);
    const other = await askWechat(config, 'POST', pay, wechatOrder(config, 'CLOSE002', shop.url));
    await stage.control('POST', '/_pay', { target: other.json.code_url });
    expect((await close('CLOSE002')).json.code).to.equal('ORDERPAID');
    expect((await askWechat(config, 'POST', pay, wechatOrder(config, 'CLOSE002', shop.url))).json.code).to.equal('ORDERPAID');
  });

  it('never refunds more than was paid, and repeats a refund without moving money', async () => {
    const { json } = await askWechat(config, 'POST', pay, wechatOrder(config, 'REFUND01', shop.url, 1000));
    const refund = (number: string, amount: number, total = 1000) =>
      askWechat(config, 'POST', '/v3/refund/domestic/refunds', {
        out_trade_no: 'REFUND01',
        out_refund_no: number,
        amount: { refund: amount, total, currency: 'CNY' },
      });
    expect((await refund('A', 600)).json.code).to.equal('INVALID_REQUEST');
    await stage.control('POST', '/_pay', { target: json.code_url });
    const first = await refund('A', 600);
    expect(first.status).to.equal(200);
    expect((await refund('A', 600)).json.refund_id).to.equal(first.json.refund_id);
    for (const wrong of [refund('A', 500), refund('B', 401), refund('B', 400, 999)])
      expect((await wrong).json.code).to.equal('INVALID_REQUEST');
    expect((await refund('B', 400)).status).to.equal(200);
    const { entries } = (await stage.control('GET', '/_truth')).json;
    const moved = entries.filter(({ kind, number }: Json) => kind === 'refund' && (number === 'A' || number === 'B'));
    expect(moved.map(({ amount }: Json) => amount)).to.deep.equal([600, 400]);
  });

  it('takes at most 50 refunds of one order', async () => {
    const { json } = await askWechat(config, 'POST', pay, wechatOrder(config, 'FIFTY001', shop.url, 1000));
    await stage.control('POST', '/_pay', { target: json.code_url });
    const refund = (index: number) =>
      askWechat(config, 'POST', '/v3/refund/domestic/refunds', {
        out_trade_no: 'FIFTY001',
        out_refund_no: `F${index}`,
        amount: { refund: 1, total: 1000, currency: 'CNY' },
      });
    for (let index = 0; index < 50; index += 1) expect((await refund(index)).status).to.equal(200);
    expect((await refund(50)).json.code).to.equal('INVALID_REQUEST');
  });
});
