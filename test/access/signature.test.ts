import { createSecretKey, generateKeyPairSync, sign } from 'node:crypto';
import { expect } from 'chai';
import type { SigningKey } from '../../core/access/records.ts';
import { digestOf, hasOurSignature, isSigned, readSignature, type SignableRequest, verifySignature } from '../../core/access/signature.ts';
import { type RequestToSign, signRequest } from '../kit/sign-request.ts';

const secret = Buffer.alloc(32, 7);
const toSign: RequestToSign = {
  ...{ method: 'POST', path: '/v1/payments', query: 'a=1', body: '{}', keyId: 'key_1', algorithm: 'hmac-sha256', key: secret },
  ...{ createdSec: 1_777_636_800, nonce: 'n' },
};
const arrived = (headers: SignableRequest['headers'] = {}, change: Partial<RequestToSign> = {}): SignableRequest => {
  const { method, path, query = '', body = '', ...more } = { ...toSign, ...change };
  return { method, path, query, headers: { ...signRequest({ ...more, method, path, query, body }), ...headers }, body: Buffer.from(body) };
};
const key = { id: 'key_1', appId: 'app_1', algorithm: 'hmac-sha256', key: createSecretKey(secret) } as unknown as SigningKey;
const isGood = (request: SignableRequest) => {
  const claimed = readSignature(request);
  return claimed !== null && verifySignature(claimed, key);
};

describe('The signature of a request', () => {
  it('is read with what it says of itself', () => {
    const claimed = readSignature(arrived({}, { parameters: ['created', 'keyid', 'alg', 'nonce'] }));
    expect(claimed).to.deep.include({ keyId: 'key_1', createdSec: 1_777_636_800, nonce: 'n', algorithm: 'hmac-sha256' });
    expect(readSignature(arrived())).to.deep.include({ algorithm: null });
  });

  it('is there where either of its headers is', () => {
    const of = (headers: SignableRequest['headers']) => isSigned({ ...arrived(), headers });
    const all = [{}, { signature: 'x' }, { 'signature-input': 'x' }, { signature: '' }, { authorization: 'x' }].map(of);
    expect(all).to.deep.equal([false, true, true, true, false]);
  });

  it('is ours where either of its headers has our label, at the beginning or behind another', () => {
    const of = (headers: SignableRequest['headers']) => hasOurSignature({ ...arrived(), headers });
    for (const ours of ['paymux=:AA==:', 'proxy=:AA==:, paymux=:AA==:', 'proxy=:AA==:,paymux=:AA==:', ['proxy=:AA==:', 'paymux=:AA==:']]) {
      expect(of({ signature: ours }), String(ours)).to.equal(true);
      expect(of({ 'signature-input': ours }), String(ours)).to.equal(true);
    }
    for (const none of ['proxy=:AA==:', 'notpaymux=:AA==:', 'paymux', '', undefined])
      expect(of({ signature: none, 'signature-input': none }), none).to.equal(false);
  });

  it('is read from headers that came in several lines, with spaces around each', () => {
    const { headers } = arrived();
    const lines = (name: string, more: string) => [` ${more} `, ` ${String(headers[name])} `];
    const repeated = {
      signature: lines('signature', 'proxy=:AA==:'),
      'signature-input': lines('signature-input', 'proxy=("@method")'),
      'content-digest': [` ${String(headers['content-digest'])} `],
    };
    expect(isGood(arrived(repeated))).to.equal(true);
  });

  it('covers a path that is empty as the root', () => {
    expect(isGood({ ...arrived({}, { path: '/' }), path: '' })).to.equal(true);
    expect(isGood({ ...arrived({}, { path: '/x' }), path: '' })).to.equal(false);
  });

  it('covers a body that comes later by its digest, whoever reads it holding it to that', () => {
    expect(isGood({ ...arrived(), body: null })).to.equal(true);
    expect(isGood({ ...arrived(), body: Buffer.from('{ }') })).to.equal(false);
  });

  const accepted: Readonly<Record<string, Partial<RequestToSign>>> = {
    'a nonce of 255 characters': { nonce: 'n'.repeat(255) },
    'a name of its key with marks in it': { keyId: 'key \\"1\\" \\\\' },
    'a path and a query with marks in them': { path: '/v1/%E8%8C%B6', query: 'a=%22&b=é' },
  };
  for (const [what, change] of Object.entries(accepted))
    it(`is good with ${what}`, () => expect(isGood(arrived({}, change))).to.equal(true));

  // Each of these is signed with the right key: the profile alone refuses it.
  const refused: Readonly<Record<string, Partial<RequestToSign>>> = {
    'no nonce': { parameters: ['created', 'keyid'] },
    'an empty nonce': { nonce: '' },
    'a nonce of 256 characters': { nonce: 'n'.repeat(256) },
    'no key': { parameters: ['created', 'nonce'] },
    'an empty key': { keyId: '' },
    'no time': { parameters: ['nonce', 'keyid'] },
    'a time that is a text': { parameters: ['nonce', 'keyid'], suffix: ';created="1777636800"' },
    'a key that is a token': { parameters: ['created', 'nonce'], suffix: ';keyid=key_1' },
    'an algorithm that is a token': { suffix: ';alg=hmac-sha256' },
    'an algorithm that is empty': { suffix: ';alg=""' },
    'another parameter': { suffix: ';tag="x"' },
    'less than the profile': { covered: '"@method" "@path" "@query"' },
    'more than the profile': { covered: '"@method" "@path" "@query" "content-digest" "date"' },
    'a component that is a token': { covered: '"@method" "@path" "@query" content-digest' },
  };
  for (const [what, change] of Object.entries(refused))
    it(`is none with ${what}`, () => expect(readSignature(arrived({}, change))).to.equal(null));

  it('is none where one of its headers holds something of another kind', () => {
    const digest = String(arrived().headers['content-digest']);
    for (const [name, value] of [
      ['signature', 'paymux=("x")'],
      ['signature', 'paymux="AA=="'],
      ['signature', `${String(arrived().headers['signature'])};x`],
      ['signature-input', 'paymux="x"'],
      ['content-digest', digest.replaceAll(':', '"')],
      ['content-digest', '('],
      ['content-digest', `sha-256=("x")`],
    ] as const)
      expect(readSignature(arrived({ [name]: value })), `${name}: ${value}`).to.equal(null);
  });

  it('of Ed25519 has 64 bytes, and is never another algorithm’s', () => {
    const pair = generateKeyPairSync('ed25519');
    const other = { ...key, algorithm: 'ed25519', key: pair.publicKey } as unknown as SigningKey;
    const claimed = readSignature(arrived());
    if (claimed === null) throw new Error('the profile is kept');
    const signature = sign(null, claimed.base, pair.privateKey);
    const verify = (change: object) => verifySignature({ ...claimed, signature, ...change }, other);
    expect(verify({})).to.equal(true);
    expect(verify({ algorithm: 'ed25519' })).to.equal(true);
    expect(verify({ algorithm: 'hmac-sha256' })).to.equal(false);
    expect(verify({ signature: signature.subarray(1) })).to.equal(false);
    expect(verify({ base: Buffer.concat([claimed.base, Buffer.from(' ')]) })).to.equal(false);
  });
});

describe('A digest of content', () => {
  it('is the SHA-256 among those that a header names', () => {
    const bytes = Buffer.alloc(32, 1);
    const written = `sha-256=:${bytes.toString('base64')}:`;
    for (const header of [written, ` ${written} `, `sha-512=:AA==:, ${written}`, `\t${written}`])
      expect(digestOf(header)?.equals(bytes), header).to.equal(true);
    for (const header of ['', 'sha-512=:AA==:', 'sha-256="AA=="', 'sha-256=("x")', 'sha-256', '(', written.toUpperCase()])
      expect(digestOf(header), header).to.equal(null);
  });
});
