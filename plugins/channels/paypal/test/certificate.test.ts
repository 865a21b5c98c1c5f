import { createPublicKey, generateKeyPairSync, type KeyObject, webcrypto, X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import { makeCertificate } from '../../../../simulator/certificate.ts';
import { answered, type HttpStep, makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import { openCertificates, readCertificates } from '../certificate.ts';

const [own, root, stranger] = [newKey(), newKey(), newKey()];
const years = { from: new Date('2025-01-01T00:00:00Z'), to: new Date('2027-01-01T00:00:00Z') };
const now = new Date('2026-01-02T03:04:05Z');
const authority = { organisation: 'Test', commonName: 'Test Root' };
const folder = '/v1/notifications/certs';

function newKey(): KeyObject {
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
}

interface Facts {
  readonly commonName?: string;
  readonly from?: Date;
  readonly to?: Date;
  readonly key?: KeyObject;
  readonly signer?: KeyObject;
  readonly issuer?: { readonly organisation: string; readonly commonName: string };
  readonly organisation?: string;
  readonly isAuthority?: boolean;
}

async function certify({ key = own, signer = root, issuer = authority, ...more }: Facts = {}): Promise<string> {
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  const pkcs8 = signer.export({ type: 'pkcs8', format: 'der' });
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const facts = { ...years, serial: '0a01', organisation: 'PayPal, Inc.', commonName: 'certs.paypal.com', issuer, ...more };
  return makeCertificate({ ...facts, spki, signer: await webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']) });
}

describe('The address of PayPal’s certificate', () => {
  /** Whether it is asked for at all. What comes then is no certificate. */
  const isAsked = async (
    address: string | undefined,
    { baseUrl = 'https://api-m.paypal.com', authorities = [] as X509Certificate[] } = {},
  ) => {
    const { http, requests } = scriptHttp(answered(200, ''));
    expect(await openCertificates({ baseUrl, authorities }).keyAt(address, makeCall({ http }))).to.equal(null);
    return requests.length === 1;
  };

  for (const host of ['api.paypal.com', 'api-m.paypal.com', 'api.sandbox.paypal.com', 'api-m.sandbox.paypal.com'])
    it(`may be on ${host}`, async () => expect(await isAsked(`https://${host}${folder}/CERT-1`)).to.equal(true));

  const longest = 'a'.repeat(128);
  const refused: Readonly<Record<string, string | undefined>> = {
    'none at all': undefined,
    'a host that ends like PayPal’s': `https://evil-api.paypal.com${folder}/C`,
    'a host that begins like PayPal’s': `https://api.paypal.com.evil.example${folder}/C`,
    'a user in front of the host': `https://user@api.paypal.com${folder}/C`,
    'a password alone': `https://:word@api.paypal.com${folder}/C`,
    'a query': `https://api.paypal.com${folder}/C?x=1`,
    'a fragment': `https://api.paypal.com${folder}/C#x`,
    'another port': `https://api.paypal.com:8443${folder}/C`,
    'no TLS': `http://api.paypal.com${folder}/C`,
    'another folder': 'https://api.paypal.com/v1/reports/C',
    'a folder below': `https://api.paypal.com${folder}/C/x`,
    'no name': `https://api.paypal.com${folder}/`,
    'a name that is too long': `https://api.paypal.com${folder}/${longest}a`,
    'a folder above': `https://api.paypal.com/x${folder}/C`,
  };
  for (const [what, address] of Object.entries(refused))
    it(`is not followed with ${what}`, async () => expect(await isAsked(address)).to.equal(false));

  it('has a name of up to 128 characters', async () => expect(await isAsked(`https://api.paypal.com${folder}/${longest}`)).to.equal(true));

  it('is on loopback only for a gateway that is there too, whose authority is configured', async () => {
    const authorities = [new X509Certificate(await certify({ key: root, issuer: authority }))];
    const local = `http://127.0.0.1:8090${folder}/C`;
    const beside = { baseUrl: 'http://127.0.0.1:8090/paypal', authorities };
    expect(await isAsked(local, beside)).to.equal(true);
    expect(await isAsked(local, { ...beside, authorities: [] })).to.equal(false);
    expect(await isAsked(local, { ...beside, baseUrl: 'https://api-m.paypal.com' })).to.equal(false);
    expect(await isAsked(`http://shop.example${folder}/C`, beside)).to.equal(false);
  });
});

describe('PayPal’s certificate', () => {
  const url = (name = 'C') => `https://api.paypal.com${folder}/${name}`;
  const keyOf = (step: HttpStep, { at = now, authorities = [] as readonly X509Certificate[] } = {}) =>
    openCertificates({ baseUrl: 'https://api-m.paypal.com', authorities }).keyAt(
      url(),
      makeCall({ http: scriptHttp(step).http, now: () => at }),
    );
  const keyOfPem = (pem: string, more: Parameters<typeof keyOf>[1] = {}) => keyOf(answered(200, pem), more);

  it('gives the key of its owner', async () => {
    expect((await keyOfPem(await certify()))?.equals(createPublicKey(own))).to.equal(true);
  });

  it('gives none where it did not come well', async () => {
    const good = await certify();
    for (const step of [
      { kind: 'notSent', reason: 'refused' } as const,
      { kind: 'unknown', reason: 'timeout' } as const,
      answered(404, good),
      answered(500, good),
      answered(200, `${good}${' '.repeat(65_537 - good.length)}`),
    ])
      expect(await keyOf(step)).to.equal(null);
    expect(await keyOf(answered(200, `${good}${' '.repeat(65_536 - good.length)}`)), 'as long as may be').to.not.equal(null);
  });

  for (const commonName of ['shop.example', 'paypal.com.evil.example', 'certs.paypal.com.evil', 'evil/CN=x', 'CERTS.PAYPAL.COM'])
    it(`gives none in the name of ${commonName}`, async () => expect(await keyOfPem(await certify({ commonName }))).to.equal(null));

  it('gives none for whose organisation is called as PayPal’s certificates are', async () => {
    const pem = await certify({ organisation: 'CN=certs.paypal.com', commonName: 'shop.example' });
    expect(await keyOfPem(pem)).to.equal(null);
  });

  it('gives none for a key that is short, or no RSA key', async () => {
    expect(await keyOfPem(await certify({ key: generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey }))).to.equal(null);
    expect(await keyOfPem(await certify({ key: generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey }))).to.equal(null);
    expect(await keyOfPem(await certify({ key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey }))).to.equal(null);
  });

  it('holds from its first second to its last', async () => {
    const pem = await certify();
    const at = async (text: string) => (await keyOfPem(pem, { at: new Date(text) })) !== null;
    expect([await at('2025-01-01T00:00:00Z'), await at('2027-01-01T00:00:00Z')]).to.deep.equal([true, true]);
    expect([await at('2024-12-31T23:59:59Z'), await at('2027-01-01T00:00:01Z')]).to.deep.equal([false, false]);
  });

  it('leads to a configured authority, one of several, that holds today', async () => {
    const certificateOf = async (facts: Facts) => new X509Certificate(await certify({ commonName: 'Test Root', ...facts }));
    const issuer = { organisation: 'PayPal, Inc.', commonName: 'Test Root' };
    const leaf = await certify({ issuer });
    const trusted = await certificateOf({ key: root, issuer });
    const other = await certificateOf({ key: stranger, signer: stranger, issuer });
    const old = await certificateOf({ key: root, issuer, to: new Date('2026-01-01T00:00:00Z') });
    const isTrusted = async (...authorities: X509Certificate[]) => (await keyOfPem(leaf, { authorities })) !== null;
    expect(await isTrusted(trusted)).to.equal(true);
    expect(await isTrusted(other, trusted)).to.equal(true);
    expect(await isTrusted(other)).to.equal(false);
    expect(await isTrusted(old)).to.equal(false);
    expect(await isTrusted(new X509Certificate(leaf)), 'itself, by its bytes').to.equal(true);
  });

  it('is followed only by who issued it, who must be an authority', async () => {
    const leaf = await certify();
    // One that our tools make says of itself no more than that it is a certificate: it may issue nothing.
    expect(await keyOfPem(`${leaf}${await certify({ key: root, commonName: 'Test Root' })}`)).to.equal(null);
    expect(await keyOfPem(`${leaf}${await certify({ key: stranger, signer: stranger })}`)).to.equal(null);
  });

  it('is followed by its authority, whose own key signed it, and which holds today', async () => {
    const leaf = await certify({ issuer: { organisation: 'PayPal, Inc.', commonName: 'Test Root' } });
    const followedBy = async (facts: Facts) =>
      keyOfPem(`${leaf}${await certify({ commonName: 'Test Root', key: root, isAuthority: true, ...facts })}`);
    expect((await followedBy({}))?.equals(createPublicKey(own))).to.equal(true);
    expect(await followedBy({ key: stranger }), 'another’s key').to.equal(null);
    expect(await followedBy({ commonName: 'Other Root' }), 'another’s name').to.equal(null);
    expect(await followedBy({ to: new Date('2026-01-01T00:00:00Z') }), 'out of date').to.equal(null);
    expect(await followedBy({ isAuthority: false }), 'a customer as well').to.equal(null);
  });

  it('is asked for once, however many callbacks it has signed', async () => {
    const certificates = openCertificates({ baseUrl: 'https://api-m.paypal.com', authorities: [] });
    const { http, requests } = scriptHttp(answered(200, await certify()));
    for (let count = 0; count < 30; count += 1) expect(await certificates.keyAt(url(), makeCall({ http }))).to.not.equal(null);
    expect(requests).to.have.length(1);
  });

  it('is kept, four of them at a time, the oldest given up for a fifth', async () => {
    const pem = await certify();
    const certificates = openCertificates({ baseUrl: 'https://api-m.paypal.com', authorities: [] });
    const asked: string[] = [];
    const call = makeCall({
      http: async (request) => {
        asked.push(request.url.slice(-1));
        return answered(200, pem);
      },
    });
    for (const name of ['1', '2', '3', '4', '1', '4', '5', '2', '5', '1']) await certificates.keyAt(url(name), call);
    expect(asked.join('')).to.equal('123451');
  });

  it('is not looked for without bound, whatever a stranger names, and again a minute later', async () => {
    const certificates = openCertificates({ baseUrl: 'https://api-m.paypal.com', authorities: [] });
    let [asked, now] = [0, Date.parse('2026-01-02T03:04:05Z')];
    const http = async () => {
      asked += 1;
      return answered(404, '');
    };
    const call = makeCall({ http, now: () => new Date(now) });
    for (let count = 0; count < 60; count += 1) await certificates.keyAt(url(`forged-${count}`), call);
    expect(asked).to.equal(10);
    now += 60_000;
    await certificates.keyAt(url('true'), call);
    expect(asked).to.equal(11);
  });

  it('is read from a text with one to five of them, and from no other', async () => {
    const pem = await certify();
    expect(readCertificates(pem.repeat(5))).to.have.length(5);
    for (const text of ['', 'x', pem.repeat(6), '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'])
      expect(readCertificates(text)).to.equal(null);
  });
});
