import { Buffer } from 'node:buffer';
import { createHash, createHmac } from 'node:crypto';
import type { Call, Kit, WireAnswer } from '../../../core/contract/kit.ts';
import type { NotSent, Rejected, Unknown, VendorError } from '../../../core/contract/outcome.ts';
import type { WechatAccount } from './gateway.ts';
import { isRecord } from './texts.ts';

export type Fields = Readonly<Record<string, string>>;
export type SignType = 'HMAC-SHA256' | 'MD5';

/** What API version 2 needs beside the rest of an account. Only bar codes still use it. */
export interface V2Access {
  readonly key: string;
  readonly signType: SignType;
  /** Shown to the gateway by the calls that give money back. */
  readonly tls: { readonly cert: string; readonly key: string };
}

/** One call. `path` begins with `/`. */
export interface V2Question {
  readonly path: string;
  readonly fields: Fields;
  readonly showsCertificate?: boolean;
}

/** A genuine answer. `fields` of a fault may name what it is about. */
export type V2Answer =
  | { readonly kind: 'data'; readonly fields: Fields }
  | { readonly kind: 'fault'; readonly error: VendorError; readonly fields: Fields }
  | NotSent
  | Unknown
  | Rejected;

/** The vendor's rule: the non-empty fields in order of their names, then the key. */
export function signV2(fields: Fields, key: string, signType: SignType): string {
  const pairs = Object.keys(fields)
    .filter((name) => name !== 'sign' && fields[name] !== '')
    .sort()
    .map((name) => `${name}=${fields[name]}`);
  const text = Buffer.from([...pairs, `key=${key}`].join('&'), 'utf8');
  const digest = signType === 'MD5' ? createHash('md5').update(text) : createHmac('sha256', key).update(text);
  return digest.digest('hex').toUpperCase();
}

export function isGenuineV2(fields: Fields, { key, signType }: Pick<V2Access, 'key' | 'signType'>, kit: Kit): boolean {
  return fields.sign !== undefined && kit.sameText(fields.sign, signV2(fields, key, signType));
}

/** Signs and sends one request, and verifies what comes back before reading it. */
export async function askV2(account: WechatAccount, access: V2Access, call: Call, question: V2Question): Promise<V2Answer> {
  const { appid, mchid, kit, baseUrl } = account;
  const fields = { appid, mch_id: mchid, nonce_str: call.nonce(), sign_type: access.signType, ...question.fields };
  const answer = await call.http({
    method: 'POST',
    url: `${baseUrl}${question.path}`,
    headers: { 'content-type': 'text/xml; charset=utf-8', 'user-agent': 'paymux' },
    body: kit.xml.build('xml', { ...fields, sign: signV2(fields, access.key, access.signType) }),
    ...(question.showsCertificate ? { tls: access.tls } : {}),
  });
  return answer.kind === 'answered' ? readAnswer(account, access, answer) : answer;
}

function readAnswer({ kit }: WechatAccount, access: V2Access, { status, body }: WireAnswer): V2Answer {
  if (status === 429) return { kind: 'unknown', reason: 'rate_limited' };
  if (status !== 200) return { kind: 'unknown', reason: status >= 500 ? 'server_error' : 'unreadable' };
  const fields = readFields(kit.xml.parse(body.toString('utf8')));
  if (fields === null) return { kind: 'unknown', reason: 'unreadable' };
  if (fields.return_code !== 'SUCCESS') return readRefusal(fields);
  if (!isGenuineV2(fields, access, kit)) return { kind: 'unknown', reason: 'bad_signature' };
  if (fields.result_code === 'SUCCESS') return { kind: 'data', fields };
  const { result_code: result, err_code: code = '', err_code_des: message = '' } = fields;
  if (result !== 'FAIL' || code === '') return { kind: 'unknown', reason: 'unreadable' };
  return { kind: 'fault', error: { code, message: message.slice(0, 256) }, fields };
}

/** The children of the root, each a text; null for any other shape. Repeated elements have no single meaning to verify. */
function readFields(document: Record<string, unknown> | null): Fields | null {
  const root = document?.xml;
  if (!isRecord(root)) return null;
  const entries = Object.entries(root);
  return entries.every(([, value]) => typeof value === 'string') ? (Object.fromEntries(entries) as Fields) : null;
}

/** Never signed: the gateway could not read the request, or could not tell whose it is. Only a wrong signature is surely the latter. */
function readRefusal(fields: Fields): Unknown | Rejected {
  const vendor = { code: 'return_code', message: (fields.return_msg ?? '').slice(0, 256) };
  return /签名/.test(vendor.message) ? { kind: 'rejected', reason: 'auth', vendor } : { kind: 'unknown', reason: 'unmapped', vendor };
}
