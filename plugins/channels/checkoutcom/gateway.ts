import type { Call, Kit } from '../../../core/contract/kit.ts';
import type { NotSent, Unknown } from '../../../core/contract/outcome.ts';
import { type Fault, readFault } from './errors.ts';

/** An opened account. */
export interface CheckoutAccount {
  readonly baseUrl: string;
  readonly secretKey: string;
  readonly processingChannelId: string;
  readonly signatureKey: string;
  /** A page needs a billing country, which merchants seldom know. */
  readonly defaultCountry: string;
  readonly kit: Kit;
}

export type Data = Readonly<Record<string, unknown>>;

export interface Question {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: Data;
  /** Sent as `cko-idempotency-key`, to the addresses that know it. */
  readonly key?: string;
}

/** A good answer (lists are wrapped as `items`), or an error. Whatever proves neither is an outcome already. */
export type Answer = { readonly kind: 'data'; readonly data: Data } | { readonly kind: 'fault'; readonly fault: Fault } | NotSent | Unknown;

/** Sends one request. Answers are not signed: TLS alone vouches for them. */
export async function ask({ baseUrl, secretKey, kit }: CheckoutAccount, call: Call, question: Question): Promise<Answer> {
  const { method, path, body, key } = question;
  const common = { accept: 'application/json', authorization: `Bearer ${secretKey}`, 'user-agent': 'paymux' };
  const headers = { ...common, ...(key === undefined ? {} : { 'cko-idempotency-key': key }) };
  const url = `${baseUrl}${path}`;
  const answer = await call.http(
    body === undefined
      ? { method, url, headers }
      : { method, url, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) },
  );
  if (answer.kind !== 'answered') return answer;
  if (answer.status === 429) return { kind: 'unknown', reason: 'rate_limited' };
  if (answer.status >= 500) return { kind: 'unknown', reason: 'server_error' };
  const content = answer.body.length === 0 ? {} : readBody(kit, answer.body);
  if (content === null) return { kind: 'unknown', reason: 'unreadable' };
  if (answer.status >= 400) return { kind: 'fault', fault: readFault(content, answer.status) };
  return answer.status >= 200 && answer.status < 300 ? { kind: 'data', data: content } : { kind: 'unknown', reason: 'unreadable' };
}

/** The list of actions is a bare array, which the kit reads as a member only. */
function readBody(kit: Kit, body: Buffer): Data | null {
  return body[0] === 0x5b ? kit.json(`{"items":${body.toString('utf8')}}`) : kit.json(body);
}

export function isRecord(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function recordsOf(value: unknown): readonly Data[] | null {
  return Array.isArray(value) && value.every(isRecord) ? value : null;
}

/** An id such as `pay_mbabizu24mvu3mela5njyhpit4`. */
export function idOf(value: unknown, prefix: 'hpp' | 'pay' | 'act'): string | null {
  return typeof value === 'string' && value.startsWith(`${prefix}_`) && /^[a-z]+_[A-Za-z0-9-]{1,60}$/.test(value) ? value : null;
}

/** A time in RFC 3339, ready to be spread into a report. */
export function timeOf(value: unknown): { readonly at?: Date } {
  const at = typeof value === 'string' ? new Date(value) : null;
  return at === null || Number.isNaN(at.getTime()) ? {} : { at };
}
