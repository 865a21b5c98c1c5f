import { createCipheriv, createPrivateKey, createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import { makeKit } from '../../../../test/kit/channel-kit.ts';
import { type Evidence, judge, openResource, signMessage, writeRequestMessage } from '../sign.ts';
import { type GoVector, type JavaVector, merchant, nowSec, platform, platformSerial, readVector, vendorHeaders } from './fixture.ts';

const { base64 } = makeKit();

/** The same bytes with one bit of one byte turned. */
function mutate(bytes: Uint8Array, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

describe('WeChat Pay signing', () => {
  it('writes five lines, each with its line feed, even when the body is empty', () => {
    const message = writeRequestMessage({ method: 'GET', path: '/v3/certificates', timestamp: '1554208460', nonce: 'n', body: '' });
    expect(message).to.equal('GET\n/v3/certificates\n1554208460\nn\n\n');
  });

  describe('judges answers and callbacks', () => {
    const body = Buffer.from('{"code_url":"weixin:\\/\\/x"}');
    const evidence = (over: Partial<Evidence> = {}): Evidence => ({
      headers: vendorHeaders(body),
      body,
      platformKeys: new Map([[platformSerial, platform.publicKey]]),
      base64,
      now: new Date(nowSec * 1000),
      ...over,
    });

    it('believes what the platform key signed', () => {
      expect(judge(evidence())).to.equal('genuine');
    });

    it('refuses every change of one byte of the body', () => {
      for (let at = 0; at < body.length; at += 1)
        expect(judge(evidence({ body: mutate(body, at) })), `byte ${at}`).to.equal('bad_signature');
      expect(judge(evidence({ body: Buffer.concat([body, Buffer.from(' ')]) }))).to.equal('bad_signature');
    });

    it('refuses every change of one byte of the signature', () => {
      const signature = Buffer.from(vendorHeaders(body)['wechatpay-signature']!, 'base64');
      for (let at = 0; at < signature.length; at += 1) {
        const headers = { ...vendorHeaders(body), 'wechatpay-signature': mutate(signature, at).toString('base64') };
        expect(judge(evidence({ headers })), `byte ${at}`).to.equal('bad_signature');
      }
    });

    for (const [name, value] of Object.entries({
      'wechatpay-timestamp': String(nowSec + 1),
      'wechatpay-nonce': 'vendor-nonc',
      'wechatpay-serial': 'PUB_KEY_ID_OTHER',
      'wechatpay-signature': 'WECHATPAY/SIGNTEST/abcdefgh',
    })) {
      it(`refuses another ${name}, and none`, () => {
        expect(judge(evidence({ headers: { ...vendorHeaders(body), [name]: value } }))).to.equal('bad_signature');
        const { [name]: _, ...without } = vendorHeaders(body);
        expect(judge(evidence({ headers: without }))).to.equal(name === 'wechatpay-signature' ? 'unsigned' : 'bad_signature');
      });
    }

    it('takes no header that is missing for a text that says so, though that was signed', () => {
      for (const [name, headers] of Object.entries({
        'wechatpay-nonce': vendorHeaders(body, { nonce: 'undefined' }),
        'wechatpay-serial': vendorHeaders(body, { serial: 'undefined' }),
      })) {
        const { [name]: _, ...without } = headers as Record<string, string>;
        const keys = new Map([platformSerial, 'undefined'].map((serial) => [serial, platform.publicKey]));
        expect(judge(evidence({ headers: without, platformKeys: keys })), name).to.equal('bad_signature');
      }
    });

    it('refuses the merchant key in place of the platform key', () => {
      expect(judge(evidence({ headers: vendorHeaders(body, { key: merchant.privateKey }) }))).to.equal('bad_signature');
    });

    it('refuses timestamps that are not ten plain digits, though they were signed', () => {
      for (const timestamp of [`${nowSec}.0`, ` ${nowSec}`, `0${nowSec}`, `+${nowSec}`, `${nowSec}000`, '']) {
        expect(judge(evidence({ headers: vendorHeaders(body, { timestamp }) })), timestamp).to.equal('bad_signature');
      }
      expect(judge(evidence({ headers: vendorHeaders(body, { timestamp: String(nowSec) }) }))).to.equal('genuine');
    });

    it('takes a clock that differs by five minutes and none that differs by more', () => {
      for (const skew of [-300, 300])
        expect(judge(evidence({ headers: vendorHeaders(body, { atSec: nowSec + skew }) }))).to.equal('genuine');
      for (const skew of [-301, 301]) expect(judge(evidence({ headers: vendorHeaders(body, { atSec: nowSec + skew }) }))).to.equal('stale');
    });
  });

  it('says so when a key cannot sign, instead of waiting for ever', async () => {
    const { privateKey } = generateKeyPairSync('x25519');
    const failed = await signMessage(privateKey, 'message').then(
      () => null,
      (error: unknown) => error,
    );
    expect(failed).to.be.an('error');
  });

  it('opens what was sealed over nothing', () => {
    const [key, nonce] = [Buffer.alloc(32, 1), 'abcdefghijkl'];
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from('about'));
    cipher.final();
    expect(openResource(key, { ciphertext: cipher.getAuthTag(), nonce, associatedData: 'about' })).to.deep.equal(Buffer.alloc(0));
  });

  describe("agrees with the vendor's own vectors", () => {
    it('signs as the Go library does, byte for byte', async function () {
      const vector = readVector<GoVector>('primitives-go.json');
      if (vector === null) return this.skip();
      const der = Buffer.from(vector.sign_rsa_sha256.private_key_pkcs8_pkcs8_der_base64, 'base64');
      const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
      expect(await signMessage(key, vector.sign_rsa_sha256.message)).to.equal(vector.sign_rsa_sha256.expect_signature);
      expect(await signMessage(key, `${vector.sign_rsa_sha256.message} `)).not.to.equal(vector.sign_rsa_sha256.expect_signature);
    });

    it('opens what the Go library sealed, and nothing that was changed', function () {
      const vector = readVector<GoVector>('primitives-go.json');
      if (vector === null) return this.skip();
      expectToOpen(vector.aes_gcm.key, vector.aes_gcm, vector.aes_gcm.expect);
    });

    it('opens what the Java library sealed, and nothing that was changed', function () {
      const vector = readVector<JavaVector>('sdk-java.json');
      if (vector === null) return this.skip();
      expectToOpen(vector.api_v3_key, vector.aead, vector.aead.plaintext);
    });

    it('opens a downloaded platform certificate, whose serial is the one announced', function () {
      const vector = readVector<JavaVector>('sdk-java.json');
      if (vector === null) return this.skip();
      const [entry] = vector.certificates_response.data;
      const { ciphertext, nonce, associated_data: associatedData } = entry!.encrypt_certificate;
      const opened = openResource(Buffer.from(vector.api_v3_key), { ciphertext: Buffer.from(ciphertext, 'base64'), nonce, associatedData });
      expect(new X509Certificate(opened!).serialNumber).to.equal(entry!.serial_no);
      expect(createPublicKey(opened!.toString()).asymmetricKeyType).to.equal('rsa');
    });
  });
});

function expectToOpen(key: string, sealed: { ciphertext: string; nonce: string; aad: string }, expected: string): void {
  const ciphertext = Buffer.from(sealed.ciphertext, 'base64');
  const resource = { ciphertext, nonce: sealed.nonce, associatedData: sealed.aad };
  expect(openResource(Buffer.from(key), resource)?.toString()).to.equal(expected);
  for (let at = 0; at < ciphertext.length; at += 1)
    expect(openResource(Buffer.from(key), { ...resource, ciphertext: mutate(ciphertext, at) })).to.equal(null);
  for (let at = 0; at < key.length; at += 1) expect(openResource(mutate(Buffer.from(key), at), resource)).to.equal(null);
  expect(openResource(Buffer.from(key), { ...resource, associatedData: `${sealed.aad}x` })).to.equal(null);
  expect(openResource(Buffer.from(key), { ...resource, nonce: `${sealed.nonce.slice(1)}!` })).to.equal(null);
  for (const nonce of ['', sealed.nonce.slice(1), `${sealed.nonce}0`])
    expect(openResource(Buffer.from(key), { ...resource, nonce })).to.equal(null);
  for (const length of [0, 4, 12, 15, 16]) {
    expect(openResource(Buffer.from(key), { ...resource, ciphertext: ciphertext.subarray(0, length) }), `${length} bytes`).to.equal(null);
  }
}
