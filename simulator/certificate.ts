import { webcrypto } from 'node:crypto';

type Bytes = Uint8Array;

/** One DER element. */
function element(tag: number, ...parts: readonly Bytes[]): Bytes {
  const content = Buffer.concat(parts);
  if (content.length < 0x80) return Buffer.concat([Buffer.from([tag, content.length]), content]);
  const hex = content.length.toString(16);
  const length = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, content]);
}

const sequence = (...parts: readonly Bytes[]) => element(0x30, ...parts);
const hexOf = (text: string) => Buffer.from(text, 'hex');
// 1.2.840.113549.1.1.11 with its NULL parameter.
const sha256WithRsa = sequence(element(0x06, hexOf('2a864886f70d01010b')), element(0x05));

function name(organisation: string, commonName: string): Bytes {
  const part = (oid: string, text: string) => element(0x31, sequence(element(0x06, hexOf(oid)), element(0x0c, Buffer.from(text, 'utf8'))));
  return sequence(part('55040a', organisation), part('550403', commonName));
}

/** UTCTime: RFC 5280 wants it for every year before 2050. */
function time(at: Date): Bytes {
  const digits = at.toISOString().replace(/[-:T]/g, '').slice(2, 14);
  return element(0x17, Buffer.from(`${digits}Z`, 'latin1'));
}

// Version 3, without which there are no extensions; and the one, critical, that says that its owner may issue others.
const version3 = element(0xa0, element(0x02, Buffer.from([2])));
const mayIssue = sequence(element(0x01, Buffer.from([0xff])));
const authority = element(
  0xa3,
  sequence(sequence(element(0x06, hexOf('551d13')), element(0x01, Buffer.from([0xff])), element(0x04, mayIssue))),
);

/** What {@link makeCertificate} needs. The serial is an even number of hex digits, the first below 8. */
export interface CertificateFacts {
  readonly serial: string;
  readonly organisation: string;
  readonly commonName: string;
  readonly from: Date;
  readonly to: Date;
  readonly spki: Bytes;
  /** The issuer's key; the subject's own where there is no issuer. */
  readonly signer: webcrypto.CryptoKey;
  /** The names of the authority; absent for a self-signed certificate. */
  readonly issuer?: { readonly organisation: string; readonly commonName: string };
  /** Whether it says that it may issue others. */
  readonly isAuthority?: boolean;
}

/** An X.509 certificate, version 1 unless it is an authority's, in PEM. Node can read certificates but not make them. */
export async function makeCertificate(facts: CertificateFacts): Promise<string> {
  const who = name(facts.organisation, facts.commonName);
  const by = facts.issuer ? name(facts.issuer.organisation, facts.issuer.commonName) : who;
  const [first, last] = facts.isAuthority === true ? [[version3], [authority]] : [[], []];
  const dates = sequence(time(facts.from), time(facts.to));
  const body = sequence(...first, element(0x02, hexOf(facts.serial)), sha256WithRsa, by, dates, who, facts.spki, ...last);
  const signature = new Uint8Array(await webcrypto.subtle.sign('RSASSA-PKCS1-v1_5', facts.signer, Buffer.from(body)));
  const der = sequence(body, sha256WithRsa, element(0x03, Buffer.from([0]), signature));
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
