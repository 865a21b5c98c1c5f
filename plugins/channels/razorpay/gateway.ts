import type { Call, Kit } from '../../../core/contract/kit.ts';
import type { NotSent, Unknown } from '../../../core/contract/outcome.ts';
import { type Fault, readFault } from './errors.ts';

/** An opened account. */
export interface RazorpayAccount {
  readonly baseUrl: string;
  readonly keyId: string;
  /** The whole `Authorization` header. */
  readonly authorization: string;
  readonly webhookSecret: string;
  /** `acc_…`, where the operator gave it: callbacks name it, answers do not. */
  readonly accountId: string | null;
  readonly businessName: string;
  readonly kit: Kit;
}

export type Data = Readonly<Record<string, unknown>>;

export interface Question {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: Data;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A good answer, or an error in Razorpay's words. Whatever proves neither is an outcome already. */
export type Answer = { readonly kind: 'data'; readonly data: Data } | { readonly kind: 'fault'; readonly fault: Fault } | NotSent | Unknown;

/** Sends one request. Answers are not signed: TLS alone vouches for them. */
export async function ask({ baseUrl, authorization, kit }: RazorpayAccount, call: Call, question: Question): Promise<Answer> {
  const { method, path, body } = question;
  const headers = { accept: 'application/json', authorization, 'user-agent': 'paymux', ...question.headers };
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
  if (answer.status === 200 && content.error === undefined) return { kind: 'data', data: content };
  const fault = answer.status >= 400 ? readFault(content.error, answer.status) : null;
  return fault === null ? { kind: 'unknown', reason: 'unreadable' } : { kind: 'fault', fault };
}

export function isRecord(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The members of `{entity: "collection", count, items}`; null when it is something else. */
export function itemsOf({ items }: Data): readonly Data[] | null {
  return Array.isArray(items) && items.every(isRecord) ? items : null;
}

/** An id such as `order_IluGWxBm9U8zJ8`. */
export function idOf(value: unknown, prefix: 'order' | 'pay' | 'rfnd'): string | null {
  return typeof value === 'string' && value.startsWith(`${prefix}_`) && /^[a-z]+_[A-Za-z0-9]{1,60}$/.test(value) ? value : null;
}
