import { createPrivateKey, createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { importPrivateKey, importPublicKey, signText, verifyText } from '../../simulator/rsa.ts';
import { signAnswer, verifyNotice } from '../../simulator/vendors/alipay/sign.ts';
import { signEvent, verifyEvent } from '../../simulator/vendors/stripe/sign.ts';
import { readAuthorization, signMessage, unseal, verifyMessage } from '../../simulator/vendors/wechat/sign.ts';
import type { Json } from './kit.ts';

const root = process.env.PAYMUX_VECTORS ?? join(import.meta.dirname, '../../../shared/vectors');

function load(file: string): Json | null {
  const path = join(root, file);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null;
}

const spkiOf = (pem: string) => new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'pem' }) as string;

function publicOf(pkcs8: string): string {
  const key = createPrivateKey({ key: Buffer.from(pkcs8, 'base64'), format: 'der', type: 'pkcs8' });
  return createPublicKey(key).export({ type: 'spki', format: 'pem' }) as string;
}

describe('simulator: vectors of the vendors', () => {
  it('makes and verifies the WeChat Pay signature, and refuses it for another text', async function () {
    const vector = load('cn/wechat/primitives-go.json')?.sign_rsa_sha256;
    if (!vector) return this.skip();
    const key = Object.entries(vector).find(([name]) => name.includes('private_key'))?.[1] as string;
    expect(await signText(await importPrivateKey(key), vector.message, { spoil: false })).to.equal(vector.expect_signature);
    const verifier = await importPublicKey(publicOf(key));
    expect(await verifyText(verifier, vector.message, vector.expect_signature)).to.equal(true);
    expect(await verifyText(verifier, `${vector.message}.`, vector.expect_signature)).to.equal(false);
    expect(await verifyText(verifier, vector.message, `${vector.expect_signature} `)).to.equal(false);
    const spoiled = await signText(await importPrivateKey(key), vector.message, { spoil: true });
    expect(await verifyText(verifier, vector.message, spoiled)).to.equal(false);
  });

  it('opens what WeChat Pay sealed, and nothing that was changed', function () {
    const vector = load('cn/wechat/primitives-go.json')?.aes_gcm;
    const download = load('cn/wechat/sdk-java.json');
    if (!vector || !download) return this.skip();
    const sealed = { ciphertext: vector.ciphertext, nonce: vector.nonce, associated_data: vector.aad };
    expect(unseal(vector.key, sealed)).to.equal(vector.expect);
    expect(unseal(vector.key, { ...sealed, associated_data: 'x' })).to.equal(null);
    expect(unseal(vector.key, { ...sealed, ciphertext: `A${vector.ciphertext.slice(1)}` })).to.equal(null);
    const { encrypt_certificate, serial_no } = download.certificates_response.data[0];
    expect(new X509Certificate(unseal(download.api_v3_key, encrypt_certificate)!).serialNumber).to.equal(serial_no);
  });

  it('verifies with a merchant’s certificate of WeChat Pay’s SDK', async function () {
    const vector = load('cn/wechat/sdk-java.json');
    if (!vector) return this.skip();
    const key = await importPublicKey(spkiOf(vector.merchant_certificate));
    expect(await verifyText(key, vector.rsa_verify.message, vector.rsa_verify.signature)).to.equal(true);
    const other = await importPublicKey(spkiOf(vector.platform_certificate));
    expect(await verifyText(other, vector.rsa_verify.message, vector.rsa_verify.signature)).to.equal(false);
  });

  it('takes Alipay’s genuine notifications and refuses the forged ones', async function () {
    const cases = load('cn/alipay/notify-official-node.json')?.cases;
    if (!cases) return this.skip();
    for (const { params, alipay_public_key, sign_type_excluded, valid } of cases) {
      const key = await importPublicKey(alipay_public_key);
      expect(await verifyNotice(key, params, sign_type_excluded)).to.equal(valid);
      expect(await verifyNotice(key, { ...params, out_trade_no: 'another' }, sign_type_excluded)).to.equal(false);
    }
    expect(cases.filter(({ valid }: Json) => valid).length).to.equal(4);
  });

  it('takes Stripe’s event at its time, and neither a changed one nor an old one', async function () {
    const vector = load('global/webhook-signatures.json')?.vectors.find(({ id }: Json) => id === 'stripe-v1-dotnet');
    if (!vector) return this.skip();
    const check = (change: Json) => {
      const { secret, header, body, at } = {
        secret: vector.secret,
        header: vector.headers['Stripe-Signature'],
        body: vector.body,
        at: vector.at,
        ...change,
      };
      return verifyEvent(secret, header, body, { nowMs: at * 1000, toleranceSec: 300 });
    };
    expect(await check({})).to.equal(true);
    const wrong: readonly Json[] = [
      { body: vector.body.trimEnd() },
      { secret: 'other' },
      { at: vector.at + 301 },
      { header: vector.headers['Stripe-Signature'].replace('v1=', 'v0=') },
    ];
    for (const change of wrong) expect(await check(change)).to.equal(false);
  });
});

describe('simulator: signatures of its own', () => {
  it('signs events that it would take, and spoils those that it should', async () => {
    const nowMs = 1_700_000_000_000;
    const limits = { nowMs, toleranceSec: 300 };
    expect(await verifyEvent('whsec_x', await signEvent('whsec_x', '{}', { nowMs, spoil: false }), '{}', limits)).to.equal(true);
    expect(await verifyEvent('whsec_x', await signEvent('whsec_x', '{}', { nowMs, spoil: true }), '{}', limits)).to.equal(false);
  });

  it('signs answers over time, nonce and body', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const signer = await importPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' }) as string);
    const verifier = await importPublicKey(publicKey.export({ type: 'spki', format: 'pem' }) as string);
    const headers = await signMessage(signer, { serial: 'S', body: '{"a":"茶"}', nowMs: 1_700_000_000_000, spoil: false });
    const message = {
      timestamp: '1700000000',
      nonce: headers['wechatpay-nonce']!,
      body: '{"a":"茶"}',
      signature: headers['wechatpay-signature']!,
    };
    expect(await verifyMessage(verifier, message)).to.equal(true);
    for (const change of [{ body: '{}' }, { nonce: 'x' }, { timestamp: '1700000001' }]) {
      expect(await verifyMessage(verifier, { ...message, ...change })).to.equal(false);
    }
  });

  it('signs Alipay’s answer over the exact text of its node, in which slashes are escaped', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const signer = await importPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' }) as string);
    const verifier = await importPublicKey(publicKey.export({ type: 'spki', format: 'pem' }) as string);
    const answer = await signAnswer(signer, 'node', { url: 'http://a/b' }, false);
    const { node, sign } = JSON.parse(answer);
    expect(await verifyText(verifier, '{"url":"http:\\/\\/a\\/b"}', sign)).to.equal(true);
    expect(await verifyText(verifier, JSON.stringify(node), sign)).to.equal(false);
    expect(node).to.deep.equal({ url: 'http://a/b' });
  });

  it('reads an Authorization header in any order, and none that lacks or doubles a part', () => {
    const parts = ['mchid="1900000101"', 'nonce_str="N"', 'timestamp="1700000000"', 'serial_no="S"', 'signature="AA=="'];
    const header = (list: readonly string[]) => `WECHATPAY2-SHA256-RSA2048 ${list.join(',')}`;
    const read = { mchid: '1900000101', nonce: 'N', timestamp: '1700000000', serialNo: 'S', signature: 'AA==' };
    expect(readAuthorization(header(parts))).to.deep.equal(read);
    expect(readAuthorization(header(parts.toReversed()))).to.deep.equal(read);
    for (const wrong of [parts.slice(1), [...parts, parts[0]!], [parts[0]!, ...parts.slice(0, 4)]])
      expect(readAuthorization(header(wrong))).to.equal(null);
  });
});
