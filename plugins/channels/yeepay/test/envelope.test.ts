import { constants, createCipheriv, publicEncrypt, sign } from 'node:crypto';
import { expect } from 'chai';
import { openEnvelope } from '../envelope.ts';
import { isAnswerSigned, signRequest, wireFields } from '../sign.ts';
import { ours, platform } from './fixture.ts';

const key = Buffer.alloc(16, 7);
const size = 256;

/** PKCS#1 v1.5 as it should be: 0, 2, no zeros, 0, and the key of 16 bytes. */
const rightPadding = () => {
  const padded = Buffer.alloc(size, 1);
  padded.set([0, 2]);
  padded[size - 17] = 0;
  padded.set(key, size - 16);
  return padded;
};
const inside = (content: string) => `${content}$${sign('sha256', Buffer.from(content), platform.privateKey).toString('base64url')}`;

/** An envelope with this padding around its key, and this text under the key. */
function envelope(padded: Buffer, text: string, by = key, write = (wrapped: string, sealed: string) => `${wrapped}$${sealed}$AES$SHA256`) {
  const wrapped = publicEncrypt({ key: ours.publicKey, padding: constants.RSA_NO_PADDING }, padded);
  const cipher = createCipheriv('aes-128-ecb', by, null);
  return write(wrapped.toString('base64url'), Buffer.concat([cipher.update(text), cipher.final()]).toString('base64url'));
}
const open = (text: string) => openEnvelope(ours.privateKey, platform.publicKey, text);

describe('An envelope of YeePay', () => {
  it('opens with the padding that PKCS#1 wants', () => {
    expect(open(envelope(rightPadding(), inside('{"a":1}')))).to.equal('{"a":1}');
    expect(open(envelope(rightPadding(), inside(''))), 'signed over nothing').to.equal('');
  });

  for (const [what, change] of Object.entries({
    'another first byte': [0, 1],
    'another second byte': [1, 1],
    'no zero before the key': [size - 17, 1],
    'a zero before that': [100, 0],
    'a zero right before that': [size - 18, 0],
    'a zero at the beginning': [2, 0],
  }))
    it(`does not open with ${what}, though the key is right`, () => {
      const padded = rightPadding();
      const [at = 0, byte = 0] = change;
      padded[at] = byte;
      expect(open(envelope(padded, inside('{}')))).to.equal(null);
    });

  it('under the key that a wrong padding goes on with opens to whoever the platform signed for, and to nobody else', () => {
    const padded = rightPadding();
    padded[1] = 1;
    const known = Buffer.alloc(16, 0xff);
    expect(open(envelope(padded, '{}$AAAA', known))).to.equal(null);
  });

  it('without a signature inside does not open', () => {
    for (const text of ['', '{}', '$', '{}$', `$${'A'.repeat(342)}`]) expect(open(envelope(rightPadding(), text)), text).to.equal(null);
  });

  it('has four parts and nothing around them', () => {
    const around = (write: (wrapped: string, sealed: string) => string) => open(envelope(rightPadding(), inside('{}'), key, write));
    expect(around((a, b) => `${a}$${b}$AES$SHA256`)).to.equal('{}');
    for (const write of [
      (a: string, b: string) => `x$${a}$${b}$AES$SHA256`,
      (a: string, b: string) => `${a}$${b}$AES$SHA256x`,
      (a: string, b: string) => `${a}$${b}$AES$SM3`,
      (a: string, b: string) => `${a}$${b}$DES$SHA256`,
      (a: string) => `${a}$$AES$SHA256`,
      (a: string) => `${a}$!$AES$SHA256`,
      (_: string, b: string) => `!$${b}$AES$SHA256`,
      () => '',
    ])
      expect(around(write)).to.equal(null);
  });
});

describe('A request to YeePay', () => {
  it('writes what encodeURIComponent leaves, in capitals, encoded twice in the order of names', () => {
    expect(wireFields({ b: "!'()*", a: 'x y/茶' })).to.equal('a=x%2By%252F%25E8%258C%25B6&b=%2521%2527%2528%2529%252A');
  });

  it('is signed at a whole second', async () => {
    const about = { method: 'GET', path: '/p', fields: {}, appKey: 'app', requestId: 'r' } as const;
    const headers = await signRequest(ours.privateKey, { ...about, timestamp: new Date('2026-01-02T03:04:05.678Z') });
    expect(headers['authorization']).to.contain('/2026-01-02T03:04:05Z/1800/');
  });

  it('is answered with a signature of the one algorithm', () => {
    const signature = sign('sha256', Buffer.from('{}'), platform.privateKey).toString('base64url');
    const isSigned = (header: string | undefined) => isAnswerSigned(platform.publicKey, Buffer.from('{}'), header);
    expect(isSigned(`${signature}$SHA256`)).to.equal(true);
    for (const header of [undefined, signature, `${signature}$SHA512`, `${signature}$`]) expect(isSigned(header)).to.equal(false);
  });
});
