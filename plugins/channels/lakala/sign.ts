import { Buffer } from 'node:buffer';
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify, X509Certificate } from 'node:crypto';

/** How far Lakala's clock and ours may differ. */
const maxSkewMs = 300_000;

/** Each line and the body end with a line feed. Requests and answers have four lines before the body, callbacks two. */
export function writeMessage(lines: readonly string[], body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(lines.map((line) => `${line}\n`).join(''), 'utf8'), body, Buffer.from('\n')]);
}

/** RSA-SHA256 in base64, on the thread pool: a private-key operation would hold up every other payment. */
export function signMessage(key: KeyObject, message: Buffer): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  sign('RSA-SHA256', message, key, (error, signature) => {
    if (error === null) resolve(signature.toString('base64'));
    else reject(error);
  });
  return promise;
}

/** What proves that bytes are Lakala's. `lines` come before the body in what was signed. */
export interface Evidence {
  readonly key: KeyObject;
  readonly lines: readonly string[];
  readonly timestamp: string;
  readonly body: Uint8Array;
  readonly signature: Buffer | null;
  readonly now: Date;
}

export function judge({ key, lines, timestamp, body, signature, now }: Evidence): 'genuine' | 'bad_signature' | 'stale' {
  if (signature === null || !/^[1-9]\d{9}$/.test(timestamp)) return 'bad_signature';
  if (!verify('RSA-SHA256', writeMessage(lines, body), key, signature)) return 'bad_signature';
  return Math.abs(now.getTime() - Number(timestamp) * 1000) > maxSkewMs ? 'stale' : 'genuine';
}

/** The members of an `Authorization` header; null when it is of another scheme, has strangers in it, or a name twice. */
export function readAuthorization(header: string | undefined): ReadonlyMap<string, string> | null {
  const found = /^LKLAPI-SHA256withRSA\s+(\S.*)$/.exec(header ?? '');
  if (found === null) return null;
  const members = new Map<string, string>();
  for (const part of (found[1] ?? '').split(',')) {
    const [, name = '', value = ''] = /^\s*([a-z_]+)="([^"]*)"\s*$/.exec(part) ?? [];
    if (name === '' || members.has(name)) return null;
    members.set(name, value);
  }
  return members;
}

/** PEM, PKCS#8 or PKCS#1. */
export function parsePrivateKey(text: string): KeyObject {
  return checkRsa(
    tryKey(() => createPrivateKey(text)),
    'private_key',
  );
}

/** A certificate, as Lakala hands it out, or its public key. A private key is refused: Node would derive a public one silently. */
export function parsePlatformKey(text: string, field: string): KeyObject {
  const isCertificate = text.includes('-----BEGIN CERTIFICATE-----');
  const isKey = text.includes('-----BEGIN PUBLIC KEY-----');
  const read = isCertificate ? () => new X509Certificate(text).publicKey : () => createPublicKey(text);
  return checkRsa(isCertificate || isKey ? tryKey(read) : null, field);
}

export function belongTogether(privateKey: KeyObject, publicKey: KeyObject): boolean {
  return createPublicKey(privateKey).equals(publicKey);
}

/** OpenSSL's error may quote the key, so it is dropped; the caller names the field. */
function tryKey(read: () => KeyObject): KeyObject | null {
  try {
    return read();
  } catch {
    return null;
  }
}

function checkRsa(key: KeyObject | null, field: string): KeyObject {
  if (key === null) throw new Error(`${field} is not a key in PEM form`);
  const bits = key.asymmetricKeyType === 'rsa' ? (key.asymmetricKeyDetails?.modulusLength ?? 0) : 0;
  if (bits < 2048) throw new Error(`${field} must be an RSA key of at least 2048 bits`);
  return key;
}
