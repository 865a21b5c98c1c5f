import { createHash, createPrivateKey, type KeyObject, sign, verify, X509Certificate } from 'node:crypto';

/** The fields of a message, as they are signed: decoded where the message was encoded. */
export type Fields = Readonly<Record<string, string>>;

/** UnionPay signs `name=value` pairs in order of their names, without the empty ones and without the signature. */
export function textToSign(fields: Fields): string {
  return Object.keys(fields)
    .filter((name) => name !== 'signature' && fields[name] !== '')
    .sort()
    .map((name) => `${name}=${fields[name]}`)
    .join('&');
}

/** Version 5.1.0 signs the hex text of a digest, so that SHA-256 is applied twice: RSA over the plain text does not verify. */
function digestText(fields: Fields): Buffer {
  return Buffer.from(createHash('sha256').update(textToSign(fields), 'utf8').digest('hex'));
}

/** In base64. Runs on the thread pool, as one signature takes about a millisecond. */
export function signFields(fields: Fields, privateKey: KeyObject): Promise<string> {
  return new Promise((resolve, reject) => {
    sign('RSA-SHA256', digestText(fields), privateKey, (error, signature) => {
      if (error === null) resolve(signature.toString('base64'));
      else reject(error);
    });
  });
}

/** What a message's certificate is judged by. */
export interface Trusted {
  readonly authorities: readonly X509Certificate[];
  /** Who may own the signing certificate: the third part of its common name. */
  readonly owners: readonly string[];
}

/** Whether UnionPay signed the fields, by the certificate that they carry and that `trusted` vouches for at that time. */
export function verifyFields(fields: Fields, signature: Buffer | null, trusted: Trusted, at: Date): boolean {
  if (signature === null || fields['signMethod'] !== '01' || fields['version'] !== '5.1.0') return false;
  const certificate = readCertificate(fields['signPubKeyCert']);
  return certificate !== null && isTrusted(certificate, trusted, at) && isSignedBy(certificate.publicKey, fields, signature);
}

export function isSignedBy(publicKey: KeyObject, fields: Fields, signature: Buffer): boolean {
  return verify('RSA-SHA256', digestText(fields), publicKey, signature);
}

/**
 * The certificate comes inside the very message it proves, so it counts for nothing by itself. The same authority also
 * certifies merchants: one that it issued is UnionPay's only when its owner says so.
 */
function isTrusted(certificate: X509Certificate, { authorities, owners }: Trusted, at: Date): boolean {
  const owner = ownerOf(certificate);
  if (owner === null || !owners.includes(owner)) return false;
  if (!isRsa2048(certificate.publicKey) || !isInDate(certificate, at)) return false;
  return authorities.some((authority) => isInDate(authority, at) && issued(authority, certificate));
}

function issued(authority: X509Certificate, certificate: X509Certificate): boolean {
  return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
}

function isInDate(certificate: X509Certificate, at: Date): boolean {
  return at >= new Date(certificate.validFrom) && at <= new Date(certificate.validTo);
}

/**
 * A common name reads `041@<number>@<owner>@<serial>`. Two common names in one subject have no single meaning. Read from
 * `subject`, where line ends inside a value are escaped: `toLegacyObject` ends the whole process (a segmentation fault
 * in Node 24) for a certificate whose key is malformed, and anybody may send one.
 */
function ownerOf(certificate: X509Certificate): string | null {
  const names = (certificate.subject ?? '').split('\n').filter((line) => line.startsWith('CN='));
  return names.length === 1 ? (names[0]?.split('@')[2] ?? null) : null;
}

/** Longer than any certificate that UnionPay has sent, and short enough to parse for strangers. */
const longestCertificate = 8192;

function readCertificate(text: string | undefined): X509Certificate | null {
  if (text === undefined || text.length > longestCertificate) return null;
  try {
    const certificate = new X509Certificate(text);
    // A key that cannot be read is an exception of this getter, not of the constructor.
    return certificate.publicKey.type === 'public' ? certificate : null;
  } catch {
    return null;
  }
}

/**
 * Reads the bundle of UnionPay's middle and root certificates. Each is trusted because it was configured; one that is
 * not self-signed has to lead to another of the bundle, so that half a bundle shows at once.
 */
export function parseAuthorities(bundle: string): readonly X509Certificate[] {
  const blocks = bundle.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const authorities = blocks.map(readCertificate);
  if (authorities.length === 0 || authorities.includes(null)) throw new Error('ca_certificates is not a list of certificates in PEM form');
  const all = authorities.filter((one) => one !== null);
  for (const one of all) {
    if (!isRsa2048(one.publicKey)) throw new Error('ca_certificates holds a key that is not RSA of at least 2048 bits');
    if (!all.some((other) => issued(other, one))) throw new Error('ca_certificates lacks the issuer of one of its certificates');
  }
  return all;
}

/** The merchant's key with what names it to UnionPay: the decimal serial number of its certificate. */
export interface Signer {
  readonly privateKey: KeyObject;
  readonly certId: string;
  readonly certificate: X509Certificate;
}

export function parseSigner(keyText: string, certificateText: string): Signer {
  const certificate = readCertificate(certificateText);
  if (certificate === null) throw new Error('certificate is not a certificate in PEM form');
  const privateKey = readPrivateKey(keyText);
  if (privateKey === null) throw new Error('private_key is not a private key in PEM form');
  if (!isRsa2048(privateKey)) throw new Error('private_key must be an RSA key of at least 2048 bits');
  if (!certificate.checkPrivateKey(privateKey)) throw new Error('certificate does not belong to private_key');
  return { privateKey, certificate, certId: BigInt(`0x${certificate.serialNumber}`).toString() };
}

function readPrivateKey(text: string): KeyObject | null {
  try {
    return createPrivateKey(text);
  } catch {
    // The error could quote the key's text: it is dropped, and the field is named instead.
    return null;
  }
}

function isRsa2048(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048;
}
