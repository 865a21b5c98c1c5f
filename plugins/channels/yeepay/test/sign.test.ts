import { createPrivateKey, createPublicKey } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { readVector } from '../../../../test/kit/vendor-schema.ts';
import { openEnvelope } from '../envelope.ts';
import { isAnswerSigned, isSigned, readBase64, signRequest, wireFields } from '../sign.ts';
import { ours, platform, seal } from './fixture.ts';

interface Case {
  readonly name: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly expected: {
    readonly content_sha256: string;
    readonly authorization: string;
    readonly body: string | null;
    readonly url: string;
  };
}

const folder = 'cn/yeepay/rsa';
const readPrivate = (file: string) => {
  const key = Buffer.from(readVector(`${folder}/${file}`) ?? '', 'base64');
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
};

describe("yeepay: requests against the vendor's own vectors", () => {
  before(function () {
    if (readVector(`${folder}/sign_vectors.json`) === null) this.skip();
  });

  it('are signed and written byte for byte as the vendor does', async () => {
    const vectors = JSON.parse(readVector(`${folder}/sign_vectors.json`) ?? '') as Readonly<Record<string, string>> & {
      readonly cases: readonly Case[];
    };
    const key = readPrivate('test_merchant_private.pkcs8.b64');
    expect(vectors.cases.length).to.be.greaterThan(1);
    for (const { method, path, params: fields, expected, name } of vectors.cases) {
      const about = { method, path, fields, appKey: vectors['app_key'] ?? '', requestId: vectors['request_id'] ?? '' };
      const headers = await signRequest(key, { ...about, timestamp: new Date(vectors['timestamp'] ?? '') });
      expect(headers['authorization'], name).to.equal(expected.authorization);
      expect(headers['x-yop-content-sha256'], name).to.equal(expected.content_sha256);
      const written = wireFields(fields);
      if (method === 'GET') expect(expected.url.endsWith(`?${written}`), name).to.equal(true);
      else expect(written, name).to.equal(expected.body);
    }
  });

  it('an envelope of the vendor opens, and with any other character it does not', () => {
    const { ciphertext, plaintext } = JSON.parse(readVector(`${folder}/notify_vector.json`) ?? '') as {
      readonly ciphertext: string;
      readonly plaintext: string;
    };
    const key = readPrivate('test_merchant_private.pkcs8.b64');
    const vendor = createPublicKey(readVector(`${folder}/test_yop_public.pem`) ?? '');
    expect(openEnvelope(key, vendor, ciphertext)).to.equal(plaintext);
    for (let at = 0; at < ciphertext.length; at += 7) {
      const other = ciphertext[at] === 'A' ? 'B' : 'A';
      expect(openEnvelope(key, vendor, ciphertext.slice(0, at) + other + ciphertext.slice(at + 1)), `character ${at}`).to.equal(null);
    }
  });
});

describe('yeepay: what is signed by the platform', () => {
  it('is the body without its spaces, tabs and line feeds', async () => {
    const { sign } = await import('node:crypto');
    const body = Buffer.from('{ "result": {\n\t"a": "x y" } }');
    const signature = sign('sha256', Buffer.from('{"result":{"a":"xy"}}'), platform.privateKey).toString('base64url');
    expect(isAnswerSigned(platform.publicKey, body, `${signature}$SHA256`)).to.equal(true);
    expect(isAnswerSigned(platform.publicKey, Buffer.from('{"result":{"a":"xz"}}'), `${signature}$SHA256`)).to.equal(false);
    for (const header of [undefined, '', signature, `${signature}$SM3`, `${signature}=$SHA256x`, '$SHA256']) {
      expect(isAnswerSigned(platform.publicKey, body, header), String(header)).to.equal(false);
    }
  });

  it('is told from what a stranger signed, or sealed for somebody else', () => {
    expect(openEnvelope(ours.privateKey, platform.publicKey, seal('{"a$b":1}'))).to.equal('{"a$b":1}');
    expect(openEnvelope(ours.privateKey, platform.publicKey, seal('{}', { signer: ours.privateKey }))).to.equal(null);
    expect(openEnvelope(ours.privateKey, platform.publicKey, seal('{}', { holder: platform.publicKey }))).to.equal(null);
  });

  it('is never an exception, whatever comes', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(openEnvelope(ours.privateKey, platform.publicKey, `${a}$${b}$AES$SHA256`)).to.equal(null);
        expect(isSigned(platform.publicKey, Buffer.from(a), b)).to.equal(false);
      }),
    );
  });

  it('is base64 of either alphabet, whole or not at all', () => {
    for (const text of ['-_8', '+/8=', '+/8']) expect(readBase64(text), text).to.deep.equal(Buffer.from([0xfb, 0xff]));
    for (const text of ['', '!', '+_8', 'AB!C', 'A']) expect(readBase64(text), text).to.equal(null);
  });
});
