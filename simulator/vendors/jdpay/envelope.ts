import { digest } from '../../hmac.ts';
import { readForm } from '../../requests.ts';
import type { Twist, Wire } from '../../types.ts';
import { readXml, textsOf, writeXml } from '../../xml.ts';
import type { JdMerchant } from './keys.ts';
import { isLocked, lock, type RawKey } from './rsa.ts';
import { hide, show } from './secret.ts';

export type Params = Readonly<Record<string, string>>;
/** Fields in order; a text, or XML that is written already. */
export type Content = readonly (readonly [name: string, value: string | readonly string[]])[];

const hashOf = async (text: string) => (await digest('SHA-256', text)).toString('hex');
const write = (parts: Content) => parts.map(([name, value]) => writeXml(name, value));
const document = (parts: Content) => `<?xml version="1.0" encoding="UTF-8" ?>${writeXml('jdpay', write(parts))}`;

function bytesOf(base64: string): Buffer | null {
  const bytes = Buffer.from(base64, 'base64');
  return bytes.length > 0 && bytes.toString('base64') === base64 ? bytes : null;
}

/** The parts that nobody hides: whose message it is. */
export function outside(wire: Wire): Params | null {
  const form = readForm(wire);
  if (form !== null) return form;
  const type = String(wire.headers['content-type'] ?? '');
  const root = /^(?:application|text)\/xml\b/i.test(type) ? readXml(wire.body.toString('utf8')) : null;
  return root?.name === 'jdpay' ? textsOf(root) : null;
}

export type Found = Params | 'undecipherable' | 'unsigned';

/** What a merchant says inside an XML message. Lines are joined without their margins before the signature counts. */
export async function openXml({ desKey, key, merchant }: JdMerchant, outer: Params): Promise<Found> {
  const extra = Object.keys(outer).some((name) => !['version', 'merchant', 'encrypt'].includes(name));
  const hex = extra ? null : bytesOf(outer.encrypt ?? '');
  const text = hex && show(hex.toString('latin1'), desKey);
  const root = text ? readXml(text) : null;
  if (!text || root?.name !== 'jdpay') return 'undecipherable';
  const inner = textsOf(root);
  const repeated = root.children.length !== Object.keys(inner).length;
  if (repeated || inner.merchant !== merchant || inner.version !== outer.version) return 'undecipherable';
  const { sign = '', ...params } = inner;
  const rest = text
    .replace(/<sign>[^<]*<\/sign>/, '')
    .split('\n')
    .map((line) => line.trim())
    .join('');
  return (await isSignedBy(key, sign, rest)) ? params : 'unsigned';
}

/** What a merchant says in a form: each field is hidden by itself, but three. */
export async function openForm({ desKey, key }: JdMerchant, form: Params): Promise<Found> {
  const { version = '', merchant = '', sign = '', ...hidden } = form;
  const shown = Object.entries(hidden).map(([name, value]) => [name, show(value, desKey)] as const);
  if (shown.some(([, value]) => value === null)) return 'undecipherable';
  const params: Params = { version, merchant, ...Object.fromEntries(shown) };
  const filled = Object.keys(params).filter((name) => params[name] !== '');
  const text = filled
    .sort()
    .map((name) => `${name}=${params[name]}`)
    .join('&');
  return (await isSignedBy(key, sign, text)) ? params : 'unsigned';
}

async function isSignedBy(key: RawKey, sign: string, text: string): Promise<boolean> {
  const locked = sign.length <= 256 ? bytesOf(sign) : null;
  return locked !== null && isLocked(key, locked, await hashOf(text));
}

export interface Told {
  readonly code: string;
  readonly words: string;
  readonly content: Content;
}

/** A whole message of JD's: signed with its key, the signature in the middle as JD puts it, hidden under the merchant's. */
export async function sealXml(to: JdMerchant, key: RawKey, told: Told, twist: Twist): Promise<string> {
  const merchant = twist.wrongAccount ? '110148035999' : to.merchant;
  const result = ['result', write([['code', told.code] as const, ['desc', told.words] as const])] as const;
  const head: Content = [['version', 'V2.0'], ['merchant', merchant], result];
  const locked = lock(key, await hashOf(document([...head, ...told.content])));
  if (twist.badSignature) locked[5] = (locked[5] ?? 0) ^ 1;
  const [first, ...others] = told.content;
  const middle: Content = first === undefined ? [] : [first];
  const whole = document([...head, ...middle, ['sign', locked.toString('base64')], ...others]);
  return document([...head, ['encrypt', Buffer.from(hide(whole, to.desKey)).toString('base64')]]);
}

/** What JD says to somebody whose message it could not read or believe: nothing of it is signed. */
export const refuseXml = (merchant: string, code: string, words: string): string =>
  document([
    ['version', 'V2.0'],
    ['merchant', merchant],
    ['result', write([['code', code] as const, ['desc', words] as const])],
  ]);
