import { webcrypto } from 'node:crypto';
import { expect } from 'chai';
import { certificatesOf } from '../../core/channels/certificates.ts';
import { type PreviousVersion, versionFor, versionsForCallbacks } from '../../core/channels/versions.ts';
import { makeCertificate } from '../../simulator/certificate.ts';

const at = (hour: number) => new Date(Date.UTC(2026, 0, 1, hour));
const version = (number: number, isMoved = false, hour = number): PreviousVersion => ({
  version: number,
  isMoved,
  replacedAt: at(hour),
  config: () => ({}),
});
const numbers = (versions: readonly PreviousVersion[]) => versions.map((one) => one.version);

describe('Credentials that an account had', () => {
  it('are not used for its payments while the merchant is the same: the vendor takes only the new ones', () => {
    expect(versionFor([version(1), version(2)], 1)).to.equal(null);
  });

  it('are used for the payments of another merchant: the newest ones that this merchant had', () => {
    const previous = [version(1), version(3, true), version(4), version(6, true)];
    const chosen = [1, 2, 3, 4, 6, 7].map((madeWith) => versionFor(previous, madeWith)?.version ?? null);
    expect(chosen).to.deep.equal([3, 3, 3, 6, 6, null]);
  });

  it('verify callbacks for a while after they were replaced, the newest first, and a few of them only', () => {
    const many = [1, 2, 3, 4, 5, 6].map((number) => version(number));
    expect(numbers(versionsForCallbacks(many, at(3)))).to.deep.equal([6, 5, 4]);
    expect(numbers(versionsForCallbacks(many, at(0)))).to.deep.equal([6, 5, 4, 3]);
    expect(numbers(versionsForCallbacks(many, at(6)))).to.deep.equal([]);
  });

  it('of another merchant verify callbacks for ever', () => {
    expect(numbers(versionsForCallbacks([version(1, true), version(2)], at(9)))).to.deep.equal([1]);
    // Keys that were exchanged since then do not take their place.
    const many = [version(1, true), ...[2, 3, 4, 5, 6, 7].map((number) => version(number))];
    expect(numbers(versionsForCallbacks(many, at(0)))).to.deep.equal([7, 6, 5, 4, 1]);
  });

  it('verify nothing once strangers have them, of whichever merchant they are', () => {
    const leaked = (one: PreviousVersion) => ({ ...one, replacedAt: new Date(0) });
    expect(numbers(versionsForCallbacks([leaked(version(1, true)), leaked(version(2)), version(3)], new Date(0)))).to.deep.equal([3]);
  });
});

describe('Certificates in an account’s configuration', () => {
  let early: string;
  let late: string;

  before(async () => {
    const { privateKey, publicKey } = await webcrypto.subtle.generateKey(
      { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' },
      true,
      ['sign', 'verify'],
    );
    const spki = Buffer.from(await webcrypto.subtle.exportKey('spki', publicKey));
    const make = (to: Date) =>
      makeCertificate({ serial: '10', organisation: 'Toy', commonName: 'toy', from: at(0), to, spki, signer: privateKey });
    [early, late] = await Promise.all([make(at(5)), make(at(9))]);
  });

  it('are found in any field, and of several the first to end is told', () => {
    const found = certificatesOf({ merchant_no: '1900', certificate: late, authorities: `${late}\n${early}`, sandbox: true });
    expect(found).to.deep.equal([
      { field: 'certificate', expiresAt: at(9) },
      { field: 'authorities', expiresAt: at(5) },
    ]);
  });

  it('that cannot be read are nothing to tell', () => {
    const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----';
    const inJson = JSON.stringify({ '7132D72A03E93CDDF8C03BBD1F37EEDF': early });
    expect(certificatesOf({ platform_public_keys: inJson })).to.have.nested.property('[0].field', 'platform_public_keys');
    expect(certificatesOf({ certificate: broken, key: '-----BEGIN PUBLIC KEY-----' })).to.deep.equal([]);
  });
});
