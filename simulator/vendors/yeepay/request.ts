import { digest } from '../../hmac.ts';
import { headerOf } from '../../requests.ts';
import { verifyText } from '../../rsa.ts';
import type { Wire } from '../../types.ts';
import type { Merchant } from './index.ts';

export type Fields = Readonly<Record<string, string>>;

const decode = (text: string) => decodeURIComponent(text.replaceAll('+', ' '));

/** The fields of a request: names and values were encoded twice. Null for anything else. */
export function fieldsOf(wire: Wire): Fields | null {
  const text = wire.method === 'GET' ? wire.query : wire.body.toString('utf8');
  try {
    const pairs = text.split('&').map((pair) => pair.split('=').map((part) => decode(decode(part))));
    const fields = Object.fromEntries(pairs) as Fields;
    return pairs.every((pair) => pair.length === 2) && Object.keys(fields).length === pairs.length ? fields : null;
  } catch {
    return null;
  }
}

const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);

function canonical(fields: Fields): string {
  const names = Object.keys(fields).sort();
  return names.map((name) => `${encode(name)}=${encode(fields[name] ?? '')}`).join('&');
}

/** Whether a request is signed by its application, whole and in time. */
export async function isSigned(merchant: Merchant, wire: Wire, fields: Fields, now: number): Promise<boolean> {
  const found = /^YOP-RSA2048-SHA256 (yop-auth-v3\/([^/]+)\/([^/]+)\/(\d+))\/([^/]+)\/([\w-]+)\$SHA256$/.exec(
    headerOf(wire, 'authorization') ?? '',
  );
  if (found === null) return false;
  const [, auth = '', appKey, timestamp = '', expires = '', names = '', signature = ''] = found;
  const age = now - Date.parse(timestamp);
  if (appKey !== merchant.appKey || !(Math.abs(age) <= Number(expires) * 1000)) return false;
  const content = wire.method === 'POST' ? canonical(fields) : '';
  if ((await digest('SHA-256', content)).toString('hex') !== headerOf(wire, 'x-yop-content-sha256')) return false;
  if (!['x-yop-appkey', 'x-yop-content-sha256', 'x-yop-request-id'].every((name) => names.split(';').includes(name))) return false;
  const lines = names.split(';').map((name) => `${name}:${encode(headerOf(wire, name) ?? '')}`);
  const path = wire.path.replace(/^\/yop-center/, '');
  const text = [auth, wire.method, path, wire.method === 'GET' ? canonical(fields) : '', lines.join('\n')].join('\n');
  const base64 = signature.replaceAll('-', '+').replaceAll('_', '/');
  return verifyText(merchant.pair.verify, text, base64.padEnd(Math.ceil(base64.length / 4) * 4, '='));
}
