import type { JdAccount } from './account.ts';
import { decrypt, encrypt } from './cipher.ts';
import { isSigned, signText } from './sign.ts';

export type Data = Readonly<Record<string, unknown>>;
type Fields = Readonly<Record<string, string>>;

/** What JD said. Only `signed` is proven by its key; a fault without a signed part is whatever TLS is worth. */
export type Opened =
  | { readonly kind: 'signed'; readonly code: string; readonly words: string; readonly merchant: string; readonly fields: Data }
  | { readonly kind: 'unsigned'; readonly code: string; readonly words: string }
  | { readonly kind: 'bad'; readonly reason: 'unreadable' | 'bad_signature' };

const declaration = '<?xml version="1.0" encoding="UTF-8"?>';
const version = 'V2.0';
const success = '000000';

export const saysYes = ({ code }: { readonly code: string }): boolean => code === success;

/** A request: the signature goes inside, and all of it is encrypted but the merchant's number. Empty fields are left out. */
export function seal(account: JdAccount, fields: Fields): string {
  const { merchant, kit } = account;
  const filled = Object.entries({ ...fields, merchant, version }).filter(([, value]) => value !== '');
  const plain = Object.fromEntries(filled.sort(([a], [b]) => (a < b ? -1 : 1)));
  const sign = signText(`${declaration}${kit.xml.build('jdpay', plain)}`, account.privateKey);
  const whole = `${declaration}${kit.xml.build('jdpay', { ...plain, sign })}`;
  const encrypted = Buffer.from(encrypt(whole, account.desKey)).toString('base64');
  return `${declaration}${kit.xml.build('jdpay', { version, merchant, encrypt: encrypted })}`;
}

/** An answer or a callback: verified first, and then read out of the very text that was verified. */
export function openMessage(account: JdAccount, body: Buffer): Opened {
  const outer = rootOf(account, body.toString('utf8'));
  if (outer === null) return { kind: 'bad', reason: 'unreadable' };
  if (outer['encrypt'] === undefined) {
    const told = resultOf(outer);
    // A success has to be proven: without its encrypted part it is worth nothing.
    return told === null || saysYes(told) ? { kind: 'bad', reason: 'unreadable' } : { kind: 'unsigned', ...told };
  }
  const text = textOf(outer['encrypt']);
  const hex = text === null ? null : account.kit.base64(text.replace(/\s+/g, ''));
  const plain = hex === null ? null : decrypt(hex.toString('latin1'), account.desKey);
  const signed = plain === null ? null : verify(account, plain);
  if (signed === null) return { kind: 'bad', reason: 'bad_signature' };
  const fields = rootOf(account, signed);
  const told = fields === null ? null : resultOf(fields);
  const merchant = textOf(fields?.['merchant']);
  if (fields === null || told === null || merchant === null) return { kind: 'bad', reason: 'unreadable' };
  return { kind: 'signed', ...told, merchant, fields };
}

/** What was signed: the text without its `sign`, its lines joined without the spaces around them. Null when it was not. */
function verify(account: JdAccount, plain: string): string | null {
  const parts = plain.split(/<sign>([^<]*)<\/sign>/);
  const [before, written, after] = parts;
  if (parts.length !== 3 || before === undefined || after === undefined) return null;
  const text = joinLines(`${before}${after}`);
  // Java's encoder breaks base64 into lines, and its XML writer writes the breaks as entities.
  const signature = account.kit.base64((written ?? '').replace(/\s+|&#(?:10|13|x0?[ad]);/gi, ''));
  return signature !== null && isSigned(text, signature, account.jdPublicKey) ? text : null;
}

function joinLines(text: string): string {
  return text
    .split(/\r\n|\n|\r/)
    .map((line) => line.trim())
    .join('');
}

function rootOf({ kit }: JdAccount, text: string): Data | null {
  const root = kit.xml.parse(text)?.['jdpay'];
  return isRecord(root) ? root : null;
}

function resultOf({ result }: Data): { readonly code: string; readonly words: string } | null {
  const code = isRecord(result) ? textOf(result['code']) : null;
  return code === null || !isRecord(result) ? null : { code: code.slice(0, 64), words: (textOf(result['desc']) ?? '').slice(0, 200) };
}

export function isRecord(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Null also for a field that is there twice. */
export function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
