import type { Call, Kit } from '../../../core/contract/kit.ts';
import type { NotSent, Unknown } from '../../../core/contract/outcome.ts';
import { type Fault, readFault } from './errors.ts';

/** An opened account. */
export interface PaystackAccount {
  readonly baseUrl: string;
  readonly secretKey: string;
  readonly livemode: boolean;
  readonly kit: Kit;
}

export type Data = Readonly<Record<string, unknown>>;

export interface Question {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: Data;
}

/** The `data` of a good answer and the whole of it, or an error in Paystack's words. Whatever proves neither is an outcome already. */
export type Answer =
  | { readonly kind: 'data'; readonly data: unknown; readonly content: Data }
  | { readonly kind: 'fault'; readonly fault: Fault }
  | NotSent
  | Unknown;

/** Sends one request. Answers are not signed: TLS alone vouches for them. */
export async function ask({ baseUrl, secretKey, kit }: PaystackAccount, call: Call, { method, path, body }: Question): Promise<Answer> {
  const headers = { accept: 'application/json', authorization: `Bearer ${secretKey}`, 'user-agent': 'paymux' };
  const url = `${baseUrl}${path}`;
  const answer = await call.http(
    body === undefined
      ? { method, url, headers }
      : { method, url, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) },
  );
  if (answer.kind !== 'answered') return answer;
  if (answer.status === 429) return { kind: 'unknown', reason: 'rate_limited' };
  if (answer.status >= 500) return { kind: 'unknown', reason: 'server_error' };
  const content = kit.json(answer.body);
  if (content === null) return { kind: 'unknown', reason: 'unreadable' };
  if (answer.status < 300 && content.status === true) return { kind: 'data', data: content.data, content };
  const fault = answer.status >= 400 && content.status === false ? readFault(content, answer.status) : null;
  return fault === null ? { kind: 'unknown', reason: 'unreadable' } : { kind: 'fault', fault };
}

export function isRecord(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Paystack's ids are integers. */
export function idOf(value: unknown): string | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? String(value) : null;
}

/** `domain` is `test` or `live`. */
export function livemodeOf(domain: unknown): { readonly livemode?: boolean } {
  return domain === 'test' || domain === 'live' ? { livemode: domain === 'live' } : {};
}

/** A time in RFC 3339, ready to be spread into a report. */
export function timeOf(value: unknown): { readonly at?: Date } {
  const at = typeof value === 'string' ? new Date(value) : null;
  return at === null || Number.isNaN(at.getTime()) ? {} : { at };
}
