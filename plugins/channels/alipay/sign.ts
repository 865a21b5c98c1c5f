import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';

/** Parameters of a request, a callback or a return, decoded. */
export type Params = Readonly<Record<string, string>>;

/** Alipay signs `name=value` pairs in order of their names, unencoded, without the empty ones and without `sign` itself. */
export function textToSign(params: Params, without: readonly string[] = []): string {
  return Object.keys(params)
    .filter((name) => name !== 'sign' && params[name] !== '' && !without.includes(name))
    .sort()
    .map((name) => `${name}=${params[name]}`)
    .join('&');
}

/** RSA2: SHA-256 with PKCS#1 v1.5 padding, in base64. Runs on the thread pool, as one signature takes about a millisecond. */
export function signText(text: string, privateKey: KeyObject): Promise<string> {
  return new Promise((resolve, reject) => {
    sign('RSA-SHA256', Buffer.from(text), privateKey, (error, signature) => {
      if (error === null) resolve(signature.toString('base64'));
      else reject(error);
    });
  });
}

export function verifyBytes(bytes: Buffer, signature: Buffer, publicKey: KeyObject): boolean {
  return verify('RSA-SHA256', bytes, publicKey, signature);
}

/**
 * Verifies a callback or a signed return. Trade messages leave `sign_type` out of what they sign and
 * those of the service market keep it in; nothing in a message says which, so both are tried.
 */
export function verifyParams(params: Params, signature: Buffer, publicKey: KeyObject): boolean {
  if (params['sign_type'] !== undefined && params['sign_type'] !== 'RSA2') return false;
  const signs = (text: string) => verifyBytes(Buffer.from(text), signature, publicKey);
  return signs(textToSign(params, ['sign_type'])) || signs(textToSign(params));
}

/** Decodes `application/x-www-form-urlencoded`; null for a broken escape or a repeated name, which have no single meaning to verify. */
export function parseForm(text: string): Params | null {
  const params = new Map<string, string>();
  for (const pair of text.split('&')) {
    const cut = pair.indexOf('=');
    const name = decode(cut < 0 ? pair : pair.slice(0, cut));
    const value = cut < 0 ? '' : decode(pair.slice(cut + 1));
    if (name === null || value === null || params.has(name)) return null;
    params.set(name, value);
  }
  return Object.fromEntries(params);
}

export function buildForm(params: Params): string {
  return Object.entries(params)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&');
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return null;
  }
}

/**
 * The members of a JSON object as the raw text they were written in: an answer's signature covers exactly those
 * characters, and parsing and writing them again changes escapes, spaces and order. Null when a name comes twice or
 * the text is no object; what is inside a member is not checked here.
 */
export function cutMembers(text: string): ReadonlyMap<string, string> | null {
  const members = new Map<string, string>();
  let at = skipSpace(text, 0);
  if (text[at] !== '{') return null;
  at = skipSpace(text, at + 1);
  while (text[at] === '"') {
    const nameEnd = endOfString(text, at);
    const colon = skipSpace(text, nameEnd);
    const start = skipSpace(text, colon + 1);
    const end = endOfValue(text, start);
    const name = text.slice(at + 1, nameEnd - 1);
    if (text[colon] !== ':' || end === start || members.has(name)) return null;
    members.set(name, text.slice(start, end));
    at = skipSpace(text, end);
    if (text[at] !== ',') break;
    at = skipSpace(text, at + 1);
  }
  return text[at] === '}' && skipSpace(text, at + 1) === text.length ? members : null;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && ' \t\r\n'.includes(text.charAt(at))) at += 1;
  return at;
}

/** The place after the closing quote, or the end of the text when there is none. */
function endOfString(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return Math.min(at + 1, text.length);
}

function endOfValue(text: string, from: number): number {
  let depth = 0;
  let at = from;
  while (at < text.length) {
    const char = text.charAt(at);
    if (depth === 0 && (char === ',' || char === '}' || char === ']')) return at;
    if (char === '{' || char === '[') depth += 1;
    if (char === '}' || char === ']') depth -= 1;
    at = char === '"' ? endOfString(text, at) : at + 1;
    if (depth === 0 && '"}]'.includes(char)) return at;
  }
  return at;
}

/** Reads the application's private key: PEM of either kind, or the bare base64 that Alipay's key tool writes. */
export function parsePrivateKey(text: string): KeyObject {
  const key = firstKey([
    () => createPrivateKey(text),
    () => createPrivateKey({ key: fromBareBase64(text), format: 'der', type: 'pkcs8' }),
    () => createPrivateKey({ key: fromBareBase64(text), format: 'der', type: 'pkcs1' }),
  ]);
  return checkRsa(key, 'private_key');
}

/** Reads Alipay's public key. A PEM of anything else is refused: from a private key or a certificate, Node would derive one silently. */
export function parsePublicKey(text: string): KeyObject {
  const isOtherPem = text.includes('-----BEGIN') && !text.includes('-----BEGIN PUBLIC KEY-----');
  const key = isOtherPem
    ? null
    : firstKey([() => createPublicKey(text), () => createPublicKey({ key: fromBareBase64(text), format: 'der', type: 'spki' })]);
  return checkRsa(key, 'alipay_public_key');
}

/** Whether the two belong together: then someone has pasted the application's own public key where Alipay's belongs. */
export function isOwnPublicKey(privateKey: KeyObject, publicKey: KeyObject): boolean {
  return createPublicKey(privateKey).equals(publicKey);
}

function firstKey(attempts: readonly (() => KeyObject)[]): KeyObject | null {
  for (const attempt of attempts) {
    try {
      return attempt();
    } catch {
      // The error would quote the key's text in some versions of OpenSSL: it is dropped, and the field is named instead.
    }
  }
  return null;
}

function fromBareBase64(text: string): Buffer {
  return Buffer.from(text.replaceAll(/\s/g, ''), 'base64');
}

function checkRsa(key: KeyObject | null, field: string): KeyObject {
  if (key === null) throw new Error(`${field} is not a key in PEM or base64 form`);
  const bits = key.asymmetricKeyType === 'rsa' ? (key.asymmetricKeyDetails?.modulusLength ?? 0) : 0;
  if (bits < 2048) throw new Error(`${field} must be an RSA key of at least 2048 bits: Alipay's RSA2 takes no other`);
  return key;
}
