import { constants, createCipheriv, createDecipheriv, createHash, createPublicKey, privateEncrypt, publicDecrypt } from 'node:crypto';
import { expect } from 'chai';
import { readKey } from '../../simulator/vendors/jdpay/rsa.ts';
import { show } from '../../simulator/vendors/jdpay/secret.ts';
import { readVector } from '../kit/vendor-schema.ts';
import { type Config, configOf, openShop, type Shop, type Stage, setStage } from './kit.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const padding = constants.RSA_PKCS1_PADDING;
const seal = (config: Config, text: string) =>
  privateEncrypt({ key: config.private_key ?? '', padding }, Buffer.from(sha256(text))).toString('base64');

function encrypt(config: Config, text: string): string {
  const length = Buffer.byteLength(text);
  const framed = Buffer.alloc(length + 4 + ((12 - (length % 8)) % 8));
  framed.writeUInt32BE(length);
  framed.write(text, 4);
  const cipher = createCipheriv('des-ede3-ecb', Buffer.from(config.des_key ?? '', 'base64'), null).setAutoPadding(false);
  return Buffer.concat([cipher.update(framed), cipher.final()]).toString('hex');
}

function decrypt(config: Config, hex: string): string {
  const cipher = createDecipheriv('des-ede3-ecb', Buffer.from(config.des_key ?? '', 'base64'), null).setAutoPadding(false);
  const framed = Buffer.concat([cipher.update(Buffer.from(hex, 'hex')), cipher.final()]);
  return framed.toString('utf8', 4, 4 + framed.readUInt32BE());
}

const build = (fields: Config) =>
  `<jdpay>${Object.entries(fields)
    .map(([name, value]) => `<${name}>${value}</${name}>`)
    .join('')}</jdpay>`;
const pick = (xml: string, name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? null;

/** What JD says: the decrypted message, or the outer one where nothing is hidden. */
function open(config: Config, body: string): { readonly xml: string; readonly isSigned: boolean; readonly code: string | null } {
  const hidden = pick(body, 'encrypt');
  const xml = hidden === null ? body : decrypt(config, Buffer.from(hidden, 'base64').toString());
  const sign = pick(xml, 'sign');
  const key = { key: config.jd_public_key ?? '', padding };
  const recovered = sign === null ? '' : recover(key, sign);
  return { xml, isSigned: recovered === sha256(xml.replace(/<sign>.*<\/sign>/, '')), code: pick(xml, 'code') };
}

function recover(key: { readonly key: string; readonly padding: number }, sign: string): string {
  try {
    return publicDecrypt(key, Buffer.from(sign, 'base64')).toString();
  } catch {
    return 'no text';
  }
}

interface Spoiling {
  readonly sign?: string;
  readonly encrypt?: string;
}

/** Asks as a merchant would. */
async function ask(config: Config, service: string, fields: Config, spoil: Spoiling = {}) {
  const { merchant = '' } = config;
  const all = { version: 'V2.0', merchant, ...fields };
  const inner = build({ ...all, sign: spoil.sign ?? seal(config, build(all)) });
  const hidden = spoil.encrypt ?? Buffer.from(encrypt(config, inner)).toString('base64');
  const answer = await fetch(`${config.gateway_url}/service/${service}`, {
    method: 'POST',
    headers: { 'content-type': 'application/xml' },
    body: build({ version: 'V2.0', merchant, encrypt: hidden }),
  });
  return open(config, await answer.text());
}

const order = (tradeNum: string, notifyUrl: string): Config => ({
  tradeNum,
  tradeName: 'Tea 茶',
  tradeTime: '20260102110405',
  amount: '1999',
  currency: 'CNY',
  orderType: '1',
  notifyUrl,
  callbackUrl: 'http://127.0.0.1:9/back',
  expireTime: '600',
});

describe('simulator: JD Pay', () => {
  let stage: Stage;
  let shop: Shop;
  let config: Config;

  before(async () => {
    stage = await setStage({ channels: ['jdpay'] });
    shop = await openShop();
    shop.answerWith(200, 'ok');
    config = configOf(stage, 'jdpay');
  });

  after(async () => {
    await stage.end();
    await shop.end();
  });

  const payBy = (target: string, fields?: Config) => stage.control('POST', '/_pay', { target, ...(fields && { fields }) });
  const create = (number: string, more: Config = {}) =>
    ask(config, 'uniorder', { ...order(number, `${shop.url}/jd`), tradeType: 'QR', ...more });
  const query = (number: string) => ask(config, 'query', { tradeNum: number, tradeType: '0' });
  const refund = (number: string, of: string, amount: string) =>
    ask(config, 'refund', { tradeNum: number, oTradeNum: of, amount, currency: 'CNY', notifyUrl: `${shop.url}/jd-refund` });

  it('decrypts what JD’s demonstration programs hold', function () {
    const text = readVector('cn/others/jdpay.json');
    if (text === null) return this.skip();
    for (const { body, des_key: key, trade_num: number } of JSON.parse(text).signed_by_jd) {
      const xml = show(Buffer.from(pick(body, 'encrypt') ?? '', 'base64').toString(), key) ?? '';
      expect(pick(xml, 'tradeNum')).to.equal(number);
    }
  });

  it('reads keys as they are', async () => {
    const { modulus } = await readKey(config.private_key ?? '');
    const { n = '' } = createPublicKey(config.private_key ?? '').export({ format: 'jwk' });
    expect(modulus).to.equal(BigInt(`0x${Buffer.from(n, 'base64url').toString('hex')}`));
  });

  it('takes an order from creating to refunding, and tells of both with its signature', async () => {
    const created = await create('jd-order-1'.replaceAll('-', ''));
    expect(created).to.include({ isSigned: true, code: '000000' });
    expect(pick((await query('jdorder1')).xml, 'status')).to.equal('0');
    expect((await payBy(pick(created.xml, 'qrCode') ?? '')).json.paid).to.equal(true);
    const found = await query('jdorder1');
    expect(found.isSigned).to.equal(true);
    expect([pick(found.xml, 'status'), pick(found.xml, 'amount'), pick(found.xml, 'currency')]).to.deep.equal(['2', '1999', 'CNY']);
    expect((await refund('jdrefund1', 'jdorder1', '500')).code).to.equal('000000');
    const [notice, refunded] = await shop.got(2);
    expect(notice?.path).to.equal('/jd');
    expect(open(config, notice?.body ?? '')).to.include({ isSigned: true, code: '000000' });
    expect(pick(open(config, notice?.body ?? '').xml, 'tradeNum')).to.equal('jdorder1');
    expect(refunded?.path).to.equal('/jd-refund');
    expect(pick(open(config, refunded?.body ?? '').xml, 'oTradeNum')).to.equal('jdorder1');
    const { json } = await stage.control('GET', '/_truth?since=0');
    const kinds = json.entries.map(({ kind, amount }: { kind: string; amount: number }) => `${kind} ${amount}`);
    expect(kinds).to.deep.equal(['charge 1999', 'refund 500']);
  });

  it('refunds neither twice under one number, nor more than is left, nor what nobody paid', async () => {
    expect((await refund('jdrefund1', 'jdorder1', '500')).code).to.equal('RFND000001');
    expect((await refund('jdrefund2', 'jdorder1', '1500')).code).to.equal('RFND000002');
    expect((await refund('jdrefund3', 'nothing', '1')).code).to.equal('RFND000003');
    const asked = (tradeNum: string, oTradeNum: string) => ask(config, 'query', { tradeNum, oTradeNum, tradeType: '1' });
    expect(pick((await asked('jdrefund1', 'jdorder1')).xml, 'status')).to.equal('1');
    expect((await asked('jdrefund1', 'jdorder2')).code).to.equal('RFND000004');
    expect((await asked('jdrefund2', 'jdorder1')).code).to.equal('RFND000004');
  });

  it('opens the cashier for a form that is signed, and the same page for the same form', async () => {
    const { merchant = '' } = config;
    const fields: Config = { version: 'V2.0', merchant, ...order('jdform1', `${shop.url}/jd`) };
    const names = Object.keys(fields).sort();
    const sign = seal(config, names.map((name) => `${name}=${fields[name]}`).join('&'));
    const hidden = Object.entries(order('jdform1', `${shop.url}/jd`)).map(([name, value]) => [name, encrypt(config, value)]);
    const form: Config = { version: 'V2.0', merchant, ...Object.fromEntries(hidden), sign };
    const send = async (body: Config) => {
      const url = `${config.h5_url}/jdpay/saveOrder`;
      return (await fetch(url, { method: 'POST', redirect: 'manual', body: new URLSearchParams(body) })).headers.get('location');
    };
    const page = await send(form);
    expect(page).to.be.a('string');
    expect(await send(form)).to.equal(page);
    expect(await send({ ...form, amount: encrypt(config, '1') })).to.equal(null);
    expect(await send({ ...form, amount: '1999' })).to.equal(null);
    expect((await payBy(`${config.pc_url}/jdpay/saveOrder`, form)).json.paid).to.equal(true);
    expect(pick((await query('jdform1')).xml, 'status')).to.equal('2');
  });

  it('takes payment codes at once, after a password, or not at all', async () => {
    const { callbackUrl: _back, expireTime: _time, ...rest } = order('', `${shop.url}/jd`);
    const take = (tradeNum: string, token: string) => ask(config, 'fkmPay', { ...rest, tradeNum, token, device: 'till' } as Config);
    expect((await take('jdcode1', '134567890123450000')).code).to.equal('000000');
    expect(pick((await query('jdcode1')).xml, 'status')).to.equal('2');
    expect((await take('jdcode2', '134567890123450051')).isSigned).to.equal(true);
    expect(pick((await query('jdcode2')).xml, 'status')).to.equal('3');
    await take('jdcode3', '134567890123450003');
    expect(pick((await query('jdcode3')).xml, 'status')).to.equal('1');
    expect((await payBy('134567890123450003')).json.paid).to.equal(true);
    expect(pick((await query('jdcode3')).xml, 'status')).to.equal('2');
  });

  it('refuses, without signing, what is not signed, not decipherable, malformed or a stranger’s', async () => {
    const other = configOf(stage, 'jdpay', 1);
    const fresh = { ...order('jdorder9', `${shop.url}/jd`), tradeType: 'QR' };
    const wrongKey = { ...config, private_key: other.private_key ?? '' };
    const wrongSecret = { ...config, des_key: other.des_key ?? '' };
    expect(await ask(wrongKey, 'uniorder', fresh)).to.include({ code: 'CASH000007', isSigned: false });
    expect(await ask(config, 'uniorder', fresh, { sign: seal(config, 'other words') })).to.include({ code: 'CASH000007' });
    expect(await ask(config, 'uniorder', fresh, { sign: `${seal(config, 'x')}=` })).to.include({ code: 'CASH000007' });
    expect(await ask(wrongSecret, 'uniorder', fresh)).to.include({ code: 'CASH000006' });
    expect(await ask(config, 'uniorder', fresh, { encrypt: 'AAAA' })).to.include({ code: 'CASH000006' });
    expect(await ask({ ...config, merchant: '110148039999' }, 'uniorder', fresh)).to.include({ code: 'JPGT201000' });
    expect(await create('jdorder9', { amount: '' })).to.include({ code: 'JPGT100005' });
    for (const wrong of [
      { amount: '19.99' },
      { amount: '0' },
      { currency: 'USD' },
      { stray: '1' },
      { expireTime: '0' },
      { tradeType: 'X' },
    ]) {
      expect(await create('jdorder9', wrong as unknown as Config), JSON.stringify(wrong)).to.include({ code: 'JPGT100006' });
    }
    expect((await query('jdorder9')).code).to.equal('RFND000003');
    expect((await create('jdorder1')).code).to.equal('CASH000005');
  });
});
