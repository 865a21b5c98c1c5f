import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import { makeCertificate } from '../../../../simulator/certificate.ts';
import { belongTogether, judge, parsePlatformKey, parsePrivateKey, readAuthorization, signMessage, writeMessage } from '../sign.ts';
import { nowSec, own, platform, rsaSign, weak } from './fixture.ts';

const members = (header: string | undefined) => {
  const found = readAuthorization(header);
  return found === null ? null : Object.fromEntries(found);
};

describe('Lakala’s Authorization header', () => {
  const scheme = 'LKLAPI-SHA256withRSA';

  it('is a list of quoted members, with spaces where the vendor puts them', () => {
    const read = { timestamp: '1', nonce_str: 'n', signature: 'a+/=' };
    expect(members(`${scheme} timestamp="1",nonce_str="n",signature="a+/="`)).to.deep.equal(read);
    expect(members(`${scheme}   timestamp="1" ,  nonce_str="n",signature="a+/=" `)).to.deep.equal(read);
    expect(members(`${scheme} signature=""`)).to.deep.equal({ signature: '' });
  });

  const nothing: Readonly<Record<string, string | undefined>> = {
    'no header': undefined,
    'an empty one': '',
    'the scheme alone': scheme,
    'another scheme': 'LKLAPI-SM2 timestamp="1"',
    'the scheme after something': `x ${scheme} timestamp="1"`,
    'something behind it in another line': `${scheme} timestamp="1"\nsignature="x"`,
    'a member without quotes': `${scheme} timestamp=1`,
    'a member in capitals': `${scheme} TIMESTAMP="1"`,
    'something before a member': `${scheme} x timestamp="1"`,
    'something behind a member': `${scheme} timestamp="1"x`,
    'an empty member': `${scheme} timestamp="1",,signature="x"`,
    'a member twice': `${scheme} signature="1",signature="2"`,
  };
  for (const [what, header] of Object.entries(nothing)) it(`says nothing with ${what}`, () => expect(members(header)).to.equal(null));
});

describe('Lakala’s signature', () => {
  const body = Buffer.from('{"a":"茶"}');
  const now = new Date(Number(nowSec) * 1000);
  const judged = (timestamp: string, at = now) => {
    const lines = ['app', timestamp];
    const signature = Buffer.from(rsaSign(platform.privateKey, writeMessage(lines, body).toString()), 'base64');
    return judge({ key: createPublicKey(platform.publicKey), lines, timestamp, body, signature, now: at });
  };

  it('covers lines and body, each with its line feed, in UTF-8', () => {
    expect(writeMessage(['应用', 'b'], body).toString()).to.equal('应用\nb\n{"a":"茶"}\n');
  });

  it('holds for five minutes either way, and for ten plain digits', () => {
    expect(judged(nowSec)).to.equal('genuine');
    for (const ms of [-300_000, 300_000]) expect(judged(nowSec, new Date(now.getTime() + ms)), String(ms)).to.equal('genuine');
    for (const ms of [-300_001, 300_001]) expect(judged(nowSec, new Date(now.getTime() + ms)), String(ms)).to.equal('stale');
    for (const odd of [`0${nowSec}`, `x${nowSec}`, `${nowSec}0`, `${nowSec}.5`, ` ${nowSec}`, ''])
      expect(judged(odd), odd).to.equal('bad_signature');
  });

  it('is not waited for when a key cannot sign', async () => {
    const { privateKey } = generateKeyPairSync('x25519');
    expect(
      await signMessage(privateKey, body).then(
        () => null,
        (error: unknown) => error,
      ),
    ).to.be.an('error');
  });
});

describe('Lakala’s keys', () => {
  it('are a certificate or a public key, of RSA and long enough', async () => {
    const publicKey = createPublicKey(platform.publicKey);
    expect(parsePlatformKey(platform.publicKey, 'f').equals(publicKey)).to.equal(true);
    const { privateKey, publicKey: spki } = await crypto.subtle.generateKey(
      { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) },
      true,
      ['sign', 'verify'],
    );
    const bytes = new Uint8Array(await crypto.subtle.exportKey('spki', spki));
    const dates = { from: new Date('2025-01-01'), to: new Date('2045-01-01') };
    const pem = await makeCertificate({ serial: '1f', organisation: 'L', commonName: 'l', ...dates, spki: bytes, signer: privateKey });
    const certified = createPublicKey({ key: Buffer.from(bytes), format: 'der', type: 'spki' });
    expect(parsePlatformKey(pem, 'f').equals(certified)).to.equal(true);
    const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' }) as string;
    for (const [text, fault] of [
      [own.privateKey, 'f is not a key in PEM form'],
      ['-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----', 'f is not a key in PEM form'],
      [weak.publicKey, 'f must be an RSA key of at least 2048 bits'],
      [curve, 'f must be an RSA key of at least 2048 bits'],
    ] as const)
      expect(() => parsePlatformKey(text, 'f')).to.throw(fault);
  });

  it('of ours are private, long enough, and belong together or not', () => {
    expect(belongTogether(parsePrivateKey(own.privateKey), createPublicKey(own.publicKey))).to.equal(true);
    expect(belongTogether(createPrivateKey(own.privateKey), createPublicKey(platform.publicKey))).to.equal(false);
    expect(() => parsePrivateKey(weak.privateKey)).to.throw('private_key must be an RSA key of at least 2048 bits');
    expect(() => parsePrivateKey('x')).to.throw('private_key is not a key in PEM form');
  });
});
