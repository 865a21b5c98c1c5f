import { createHash } from 'node:crypto';
import { expect } from 'chai';
import wechat from '../../plugins/channels/wechat/index.ts';
import { configOf, type Json, type Received } from '../simulator/kit.ts';
import { asRaw, call, faultOf, loadSdk, newNumber, openPlugin, openRing, type Ring, requestOf } from './kit.ts';

describe('referee: wechatpay-axios-plugin', () => {
  let ring: Ring;
  let sdk: Json;
  let client: Json;

  before(async function () {
    sdk = await loadSdk(this, 'wechatpay-axios-plugin');
    ring = await openRing('wechat');
    client = connect(ring.config);
  });
  after(() => ring?.end());

  function connect(config: Json): Json {
    const account = { mchid: config.mchid, serial: config.serial_no, privateKey: config.private_key };
    const certs = JSON.parse(config.platform_public_keys);
    return Reflect.construct(sdk.Wechatpay, [{ ...account, certs, secret: config.api_v2_key, baseURL: `${ring.origin}/` }]);
  }
  const order = (number: string, config = ring.config) => ({
    appid: config.appid,
    mchid: config.mchid,
    description: 'Tea 茶',
    out_trade_no: number,
    notify_url: ring.callbackUrl,
    amount: { total: 1999, currency: 'CNY' },
  });
  const readOrder = (number: string): Promise<Json> =>
    client.v3.pay.transactions.outTradeNo.$number$.get({ number, params: { mchid: ring.config.mchid } });

  /** As the vendor's guide for receivers has it, with the SDK's own parts. */
  function isGenuine({ headers, body }: Received): boolean {
    const text = sdk.Formatter.response(headers['wechatpay-timestamp'], headers['wechatpay-nonce'], body);
    const key = JSON.parse(ring.config.platform_public_keys)[headers['wechatpay-serial']!];
    return sdk.Rsa.verify(text, headers['wechatpay-signature'], key);
  }
  function unseal({ body }: Received): Json {
    const { ciphertext, nonce, associated_data } = JSON.parse(body).resource;
    return JSON.parse(sdk.Aes.AesGcm.decrypt(ciphertext, ring.config.api_v3_key, nonce, associated_data));
  }

  it('sells by a code that is shown: made, paid, told, queried, refunded', async () => {
    const number = newNumber();
    const { data: made } = await client.v3.pay.transactions.native.post(order(number));
    expect(await ring.pay(made.code_url)).to.include({ paid: true, number });
    const told = await ring.told(({ body }) => JSON.parse(body).event_type === 'TRANSACTION.SUCCESS');
    expect(isGenuine(told)).to.equal(true);
    expect(isGenuine({ ...told, body: `${told.body} ` })).to.equal(false);
    expect(unseal(told)).to.include({ out_trade_no: number, trade_state: 'SUCCESS' });
    const { data: read } = await readOrder(number);
    expect(read).to.include({ out_trade_no: number, trade_state: 'SUCCESS', transaction_id: unseal(told).transaction_id });

    const ask = { transaction_id: read.transaction_id, out_refund_no: 'R1', notify_url: ring.callbackUrl, reason: '退' };
    const { data: refund } = await client.v3.refund.domestic.refunds.post({
      ...ask,
      amount: { refund: 500, total: 1999, currency: 'CNY' },
    });
    expect(refund).to.include({ out_refund_no: 'R1', status: 'PROCESSING' });
    const ended = await ring.told(({ body }) => JSON.parse(body).event_type === 'REFUND.SUCCESS');
    expect(isGenuine(ended)).to.equal(true);
    expect(unseal(ended)).to.include({ out_refund_no: 'R1', refund_status: 'SUCCESS' });
    expect((await client.v3.refund.domestic.refunds.$no$.get({ no: 'R1' })).data).to.include({ status: 'SUCCESS' });
    const excess = await faultOf(
      client.v3.refund.domestic.refunds.post({ ...ask, out_refund_no: 'R2', amount: { refund: 1500, total: 1999, currency: 'CNY' } }),
    );
    expect(excess.response.status).to.be.within(400, 403);
    expect(await ring.truthOf(number)).to.deep.equal(['charge 1999']);
  });

  it('makes orders for a page and a mobile browser, and verifies what the plugin signed for the page', async () => {
    const { data: made } = await client.v3.pay.transactions.jsapi.post({ ...order(newNumber()), payer: { openid: 'oShopper' } });
    expect(made.prepay_id).to.be.a('string');
    const asked = requestOf(ring, { product: 'jsapi', money: { amount: 1, currency: 'CNY' }, payer: { openid: 'oShopper' } });
    const { params }: Json = ((await openPlugin(wechat, ring).pay(asked, call)) as Json).action;
    const text = sdk.Formatter.joinedByLineFeed(params.appId, params.timeStamp, params.nonceStr, params.package);
    expect(sdk.Rsa.verify(text, params.paySign, ring.config.merchant_certificate)).to.equal(true);
    const scene = { payer_client_ip: '203.0.113.9', h5_info: { type: 'Wap' } };
    const { data: h5 } = await client.v3.pay.transactions.h5.post({ ...order(newNumber()), scene_info: scene });
    expect(h5.h5_url).to.match(/^http/);
  });

  it('closes with an empty answer, whose signature is verified as well', async () => {
    const number = newNumber();
    await client.v3.pay.transactions.native.post(order(number));
    const closed = await client.v3.pay.transactions.outTradeNo.$number$.close.post({ mchid: ring.config.mchid }, { number });
    expect(closed.status).to.equal(204);
    expect((await readOrder(number)).data.trade_state).to.equal('CLOSED');
  });

  it('verifies answers by the platform certificate and by the public key, and none that is badly signed', async () => {
    const second = configOf(ring.stage, 'wechat', 1);
    const other = connect(second);
    expect((await other.v3.pay.transactions.native.post(order(newNumber(), second))).status).to.equal(200);
    const number = newNumber();
    await client.v3.pay.transactions.native.post(order(number));
    await ring.misbehave('query', 'bad_signature');
    expect((await faultOf(readOrder(number))).code).to.equal('EV3_RES_HEADER_SIGNATURE_DIGEST');
  });

  it('fetches the platform certificate, and opens it', async () => {
    const { data } = await client.v3.certificates.get();
    const { ciphertext, nonce, associated_data } = data.data[0].encrypt_certificate;
    const pem: string = sdk.Aes.AesGcm.decrypt(ciphertext, ring.config.api_v3_key, nonce, associated_data);
    expect(pem).to.include('BEGIN CERTIFICATE');
    expect(sdk.Rsa.from(pem, 'public').type).to.equal('public');
  });

  it('asks for the bill of a day, and fetches it whole', async () => {
    const number = newNumber();
    const { data: made } = await client.v3.pay.transactions.native.post(order(number));
    await ring.pay(made.code_url);
    const { data: read } = await readOrder(number);
    const { data: bill } = await client.v3.bill.tradebill.get({ params: { bill_date: read.success_time.slice(0, 10) } });
    const token = new URL(bill.download_url).searchParams.get('token');
    const { data: file } = await client.v3.billdownload.file.get({ params: { token }, responseType: 'arraybuffer' });
    expect(bill).to.include({ hash_type: 'SHA1', hash_value: createHash('sha1').update(file).digest('hex') });
    expect(file.toString()).to.include(number).and.include(read.transaction_id);
  });

  it('takes a bar code by version 2: signed XML in both directions', async () => {
    const number = newNumber();
    const bar = { body: 'Tea', out_trade_no: number, total_fee: '1999', spbill_create_ip: '203.0.113.9', auth_code: '134567890123456789' };
    const common = { appid: ring.config.appid, mch_id: ring.config.mchid, nonce_str: 'abc' };
    const { data: paid } = await client.v2.pay.micropay.post({ ...common, ...bar });
    expect(paid).to.include({ return_code: 'SUCCESS', result_code: 'SUCCESS', total_fee: '1999' });
    const { data: read } = await client.v2.pay.orderquery.post({ ...common, out_trade_no: number });
    expect(read).to.include({ trade_state: 'SUCCESS', transaction_id: paid.transaction_id });
  });

  it('reads what the plugin made, and the plugin opens what the SDK has sealed and signed', async () => {
    const channel = openPlugin(wechat, ring);
    const request = requestOf(ring, { product: 'native', money: { amount: 2501, currency: 'CNY' } });
    const made: Json = await channel.pay(request, call);
    await ring.pay(made.action.qrContent);
    const { data: read } = await readOrder(request.number);
    expect(read.amount).to.include({ total: 2501, currency: 'CNY' });
    const [privateKey, nonce, timestamp] = [ring.config.private_key, sdk.Formatter.nonce(), sdk.Formatter.timestamp()];
    const resource = {
      original_type: 'transaction',
      algorithm: 'AEAD_AES_256_GCM',
      ciphertext: sdk.Aes.AesGcm.encrypt(JSON.stringify(read), ring.config.api_v3_key, '0123456789ab', 'transaction'),
      associated_data: 'transaction',
      nonce: '0123456789ab',
    };
    const body = JSON.stringify({ id: 'EV-1', event_type: 'TRANSACTION.SUCCESS', resource_type: 'encrypt-resource', resource });
    // The platform's private key never leaves the simulator: the merchant's own stands in for it, under a name of its own.
    const keys = JSON.stringify({ ...JSON.parse(ring.config.platform_public_keys), PUB_KEY_ID_1: ring.config.merchant_certificate });
    const trusting = openPlugin(wechat, { config: { ...ring.config, platform_public_keys: keys } });
    const headers = {
      'wechatpay-serial': 'PUB_KEY_ID_1',
      'wechatpay-nonce': nonce,
      'wechatpay-timestamp': String(timestamp),
      'wechatpay-signature': sdk.Rsa.sign(sdk.Formatter.response(timestamp, nonce, body), privateKey),
    };
    const told: Json = await trusting.parseCallback(asRaw(ring, { path: '/', headers, body }), call);
    expect(told).to.include({ kind: 'event', trust: 'signed' });
    expect(told.items[0].report).to.deep.include({ state: 'succeeded', money: request.money });
    const spoiled = asRaw(ring, { path: '/', headers, body: body.replace('EV-1', 'EV-2') });
    expect(await trusting.parseCallback(spoiled, call)).to.include({ kind: 'refused', reason: 'bad_signature' });
  });
});
