import {
  constants,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  createSign,
  createVerify,
  privateDecrypt,
  randomUUID,
} from 'node:crypto';
import { expect } from 'chai';
import { type Config, configOf, type Json, openShop, type Shop, type Stage, setStage } from './kit.ts';

const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
const urlSafe = (base64: string) => base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
const pairs = (fields: Config, write = encode) =>
  Object.keys(fields)
    .sort()
    .map((name) => `${write(name)}=${write(fields[name] ?? '')}`)
    .join('&');
const privateKeyOf = ({ private_key: key = '' }: Config) =>
  createPrivateKey({ key: Buffer.from(key, 'base64'), format: 'der', type: 'pkcs8' });
const platformKeyOf = ({ platform_public_key: key = '' }: Config) =>
  createPublicKey({ key: Buffer.from(key, 'base64'), format: 'der', type: 'spki' });
const verify = (config: Config, text: string, signature: string) =>
  createVerify('RSA-SHA256').update(text).verify(platformKeyOf(config), signature, 'base64url');

interface Spoiling {
  readonly at?: Date;
  readonly text?: string;
}

/** Asks as a merchant would: signed over fields that are encoded once, sent with fields that are encoded twice. */
async function ask(config: Config, method: 'GET' | 'POST', path: string, fields: Config, spoil: Spoiling = {}) {
  const headers: Config = {
    'x-yop-appkey': config.app_key ?? '',
    'x-yop-content-sha256': createHash('sha256')
      .update(method === 'POST' ? pairs(fields) : '')
      .digest('hex'),
    'x-yop-request-id': randomUUID(),
  };
  const time = (spoil.at ?? new Date()).toISOString().replace(/\.\d+/, '');
  const auth = `yop-auth-v3/${config.app_key}/${time}/1800`;
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${encode(value)}`);
  const text = [auth, method, path, method === 'GET' ? pairs(fields) : '', lines.join('\n')].join('\n');
  const signature = createSign('RSA-SHA256')
    .update(text + (spoil.text ?? ''))
    .sign(privateKeyOf(config), 'base64');
  const sent = pairs(fields, (one) => encode(encode(one)));
  const answer = await fetch(`${config.base_url}${path}${method === 'GET' ? `?${sent}` : ''}`, {
    method,
    headers: {
      ...headers,
      authorization: `YOP-RSA2048-SHA256 ${auth}/${Object.keys(headers).join(';')}/${urlSafe(signature)}$SHA256`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    ...(method === 'POST' && { body: sent }),
  });
  const body = await answer.text();
  const [written = '', kind] = (answer.headers.get('x-yop-sign') ?? '').split('$');
  const isSigned = kind === 'SHA256' && verify(config, body.replace(/[ \t\n]/g, ''), written);
  return { status: answer.status, isSigned, json: JSON.parse(body) as Json };
}

/** What a callback says to the merchant whose key opens it; null when YeePay did not sign it. */
function openCallback(config: Config, body: string): Json | null {
  const [key = '', sealed = '', ...kinds] = (new URLSearchParams(body).get('response') ?? '').split('$');
  expect(kinds).to.deep.equal(['AES', 'SHA256']);
  const options = { key: privateKeyOf(config), padding: constants.RSA_PKCS1_PADDING };
  const decipher = createDecipheriv('aes-128-ecb', privateDecrypt(options, Buffer.from(key, 'base64url')), null);
  const plain = decipher.update(Buffer.from(sealed, 'base64url')).toString('latin1') + decipher.final('latin1');
  const text = Buffer.from(plain, 'latin1').toString('utf8');
  const cut = text.lastIndexOf('$');
  return verify(config, text.slice(0, cut), text.slice(cut + 1)) ? JSON.parse(text.slice(0, cut)) : null;
}

describe('simulator: YeePay', () => {
  let stage: Stage;
  let shop: Shop;
  let config: Config;

  before(async () => {
    [stage, shop] = await Promise.all([setStage({ channels: ['yeepay'] }), openShop()]);
    shop.answerWith(200, 'SUCCESS');
    config = configOf(stage, 'yeepay');
  });
  after(() => Promise.all([stage.end(), shop.end()]));

  const merchant = (): Config => ({ parentMerchantNo: config.merchant_no ?? '', merchantNo: config.merchant_no ?? '' });
  const order = (orderId: string, more: Config = {}): Config => ({
    ...merchant(),
    orderId,
    orderAmount: '19.99',
    goodsName: 'Tea 茶 (+ cake)',
    userIp: '203.0.113.9',
    notifyUrl: `${shop.url}/yeepay`,
    payWay: 'USER_SCAN',
    scene: 'ONLINE',
    ...more,
  });
  const create = (fields: Config, spoil?: Spoiling) => ask(config, 'POST', '/rest/v1.0/aggpay/pay-link', fields, spoil);
  const query = (orderId: string) => ask(config, 'GET', '/rest/v1.0/trade/order/query', { ...merchant(), orderId });
  const refund = (orderId: string, refundRequestId: string, refundAmount: string) =>
    ask(config, 'POST', '/rest/v1.0/trade/refund', { ...merchant(), orderId, refundRequestId, refundAmount });

  it('takes an order, is paid, and calls back with a sealed and signed envelope', async () => {
    const created = await create(order('yee-1'));
    expect(created).to.deep.include({ status: 200, isSigned: true });
    expect(created.json.result).to.include({ code: '00000', orderId: 'yee-1', orderAmount: '19.99' });
    expect((await query('yee-1')).json.result).to.include({ code: 'OPR00000', status: 'PROCESSING' });
    expect((await stage.control('POST', '/_pay', { target: created.json.result.qrCodeUrl })).json.paid).to.equal(true);
    const found = await query('yee-1');
    expect(found.isSigned).to.equal(true);
    expect(found.json.result).to.include({ status: 'SUCCESS', orderAmount: '19.99', merchantNo: config.merchant_no });
    const [callback] = await shop.got(1);
    expect(openCallback(config, callback?.body ?? '')).to.include({ orderId: 'yee-1', status: 'SUCCESS', orderAmount: '19.99' });
  });

  it('refunds in parts, once under one number, and never more than is left', async () => {
    const seen = shop.received.length;
    const first = await refund('yee-1', 'yee-refund-1', '5.00');
    expect(first.json.result).to.include({ code: 'OPR00000', status: 'PROCESSING', refundAmount: '5.00' });
    expect((await refund('yee-1', 'yee-refund-1', '5.00')).json.result.uniqueRefundNo).to.equal(first.json.result.uniqueRefundNo);
    expect((await refund('yee-1', 'yee-refund-1', '6.00')).json.result.code).to.equal('OPR20002');
    expect((await refund('yee-1', 'yee-refund-2', '15.00')).json.result.code).to.equal('OPR20003');
    const callback = (await shop.got(seen + 1)).at(-1);
    expect(openCallback(config, callback?.body ?? '')).to.include({ refundRequestId: 'yee-refund-1', status: 'SUCCESS' });
    const asked = { ...merchant(), orderId: 'yee-1', refundRequestId: 'yee-refund-1' };
    expect((await ask(config, 'GET', '/rest/v1.0/trade/refund/query', asked)).json.result).to.include({
      status: 'SUCCESS',
      refundAmount: '5.00',
    });
    const { json } = await stage.control('GET', '/_truth?since=0');
    expect(json.entries.map(({ kind, amount }: Json) => `${kind} ${amount}`)).to.deep.equal(['charge 1999', 'refund 500']);
  });

  it('closes what nobody paid', async () => {
    const created = await create(order('yee-2'));
    const close = (orderId: string) => ask(config, 'POST', '/rest/v1.0/aggpay/close-order', { ...merchant(), orderId });
    expect((await close('yee-2')).json.result.code).to.equal('OPR00000');
    expect((await query('yee-2')).json.result.status).to.equal('CLOSE');
    expect((await stage.control('POST', '/_pay', { target: created.json.result.qrCodeUrl })).json.paid).not.to.equal(true);
    expect((await close('yee-1')).json.result.code).to.equal('OPR12000');
  });

  it('refuses what is not signed whole, in time and by the application’s own key', async () => {
    const other = configOf(stage, 'yeepay', 1);
    const wrongKey = { ...config, private_key: other.private_key ?? '' };
    const fields = order('yee-3');
    expect((await ask(wrongKey, 'POST', '/rest/v1.0/aggpay/pay-link', fields)).json.code).to.equal('40047');
    expect((await create(fields, { text: ' ' })).json.code).to.equal('40047');
    expect((await create(fields, { at: new Date(Date.now() - 3600_000) })).json.code).to.equal('40047');
    expect((await create(fields, { at: new Date(Date.now() + 3600_000) })).json.code).to.equal('40047');
    expect((await ask({ ...config, app_key: 'app_nobody' }, 'POST', '/rest/v1.0/aggpay/pay-link', fields)).json.code).to.equal('99001001');
    for (const wrong of [
      { stray: '1' },
      { orderAmount: '19.9' },
      { orderAmount: '0.00' },
      { merchantNo: other.merchant_no ?? '' },
      { payWay: 'X' },
    ]) {
      expect((await create({ ...fields, ...(wrong as unknown as Config) })).json.code, JSON.stringify(wrong)).to.equal('40042');
    }
    expect((await query('yee-3')).json.result.code).to.equal('OPR11000');
    expect((await create(order('yee-1'))).json.result.code).to.equal('OPR10002');
  });
});
