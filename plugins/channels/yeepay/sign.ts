import { createHash, type KeyObject, sign as signBytes, verify as verifyBytes } from 'node:crypto';
import { promisify } from 'node:util';

const signOnThread = promisify(signBytes) as (algorithm: string, data: Uint8Array, key: KeyObject) => Promise<Buffer>;

export type Fields = Readonly<Record<string, string>>;

/** What is signed of one request. */
export interface Signable {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly fields: Fields;
  readonly appKey: string;
  readonly requestId: string;
  readonly timestamp: Date;
}

/** For how long a request may arrive after it was signed. */
const expireSec = 1800;

/** RFC 3986: unlike encodeURIComponent, `!'()*` are encoded too. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** As browsers write a form: a space is a plus. */
function encodeForm(text: string): string {
  return encode(text).replaceAll('%20', '+');
}

function sortedPairs(fields: Fields, write: (text: string) => string): string {
  return Object.entries(fields)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${write(name)}=${write(value)}`)
    .join('&');
}

/** What is signed has every value encoded once; what is sent has it encoded twice, in the address and in a body alike. */
export function wireFields(fields: Fields): string {
  return sortedPairs(fields, (text) => encodeForm(encodeForm(text)));
}

/** The headers that sign a request. The hash is over the form as it is signed, and over nothing for a GET. */
export async function signRequest(key: KeyObject, request: Signable): Promise<Readonly<Record<string, string>>> {
  const { method, path, appKey, requestId } = request;
  const canonical = sortedPairs(request.fields, encode);
  const contentHash = createHash('sha256')
    .update(method === 'POST' ? canonical : '')
    .digest('hex');
  const signed = { 'x-yop-appkey': appKey, 'x-yop-content-sha256': contentHash, 'x-yop-request-id': requestId };
  const timestamp = request.timestamp.toISOString().replace(/\.\d{3}Z$/, 'Z');
  const auth = `yop-auth-v3/${appKey}/${timestamp}/${expireSec}`;
  const headerLines = Object.entries(signed).map(([name, value]) => `${name}:${encode(value)}`);
  const text = [auth, method, path, method === 'GET' ? canonical : '', headerLines.join('\n')].join('\n');
  const signature = (await signOnThread('sha256', Buffer.from(text), key)).toString('base64url');
  const names = Object.keys(signed).join(';');
  return { ...signed, authorization: `YOP-RSA2048-SHA256 ${auth}/${names}/${signature}$SHA256` };
}

/** The signature of an address of the cashier: over its text as it stands there. */
export async function signText(key: KeyObject, text: string): Promise<string> {
  return `${(await signOnThread('sha256', Buffer.from(text), key)).toString('base64url')}$SHA256`;
}

/** `x-yop-sign` is over the body without its spaces, tabs and line feeds. */
export function isAnswerSigned(key: KeyObject, body: Uint8Array, header: string | undefined): boolean {
  const [signature, algorithm] = header?.split('$') ?? [];
  if (signature === undefined || algorithm !== 'SHA256') return false;
  const bare = Buffer.from(Buffer.from(body).filter((byte) => byte !== 0x20 && byte !== 0x09 && byte !== 0x0a));
  return isSigned(key, bare, signature);
}

export function isSigned(key: KeyObject, data: Uint8Array, signature: string): boolean {
  const bytes = readBase64(signature);
  return bytes !== null && verifyBytes('sha256', data, key, bytes);
}

/** The platform writes the alphabet for addresses, its older parts the ordinary one. Null for what is neither, whole. */
export function readBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  const bare = text.replace(/={0,2}$/, '');
  const isWhole = bytes.toString('base64url') === bare || bytes.toString('base64').replace(/={0,2}$/, '') === bare;
  return isWhole && bytes.length > 0 ? bytes : null;
}
