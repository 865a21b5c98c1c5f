import type { Call, Kit } from '../../../core/contract/kit.ts';
import type { NotSent, Unknown } from '../../../core/contract/outcome.ts';
import { type Fault, readFault } from './errors.ts';

/** An opened account. */
export interface GoCardlessAccount {
  readonly baseUrl: string;
  readonly accessToken: string;
  readonly webhookSecret: string;
  /** `CR…`, where the operator gave it: requests ask for it and payments name it. */
  readonly creditorId: string | null;
  readonly kit: Kit;
}

export type Data = Readonly<Record<string, unknown>>;

/** The resources that are used. The name wraps each in bodies and answers. */
export type Resource = 'billing_requests' | 'billing_request_flows' | 'payments' | 'refunds' | 'payouts' | 'payout_items';

export interface Question {
  readonly resource: Resource;
  /** Behind the resource's own address, such as `/BRQ123`. */
  readonly path?: string;
  /** Posted, in its wrapping; read when absent. */
  readonly body?: Data;
  readonly key?: string;
}

/** The whole good answer, or an error in GoCardless' words. Whatever proves neither is an outcome already. */
export type Answer = { readonly kind: 'data'; readonly data: Data } | { readonly kind: 'fault'; readonly fault: Fault } | NotSent | Unknown;

/** Sends one request. Answers are not signed: TLS alone vouches for them. */
export async function ask({ baseUrl, accessToken, kit }: GoCardlessAccount, call: Call, question: Question): Promise<Answer> {
  const { resource, path = '', body, key } = question;
  const common = {
    accept: 'application/json',
    authorization: `Bearer ${accessToken}`,
    'gocardless-version': '2015-07-06',
    'user-agent': 'paymux',
  };
  const url = `${baseUrl}/${resource}${path}`;
  const posted = { ...common, 'content-type': 'application/json', ...(key === undefined ? {} : { 'idempotency-key': key }) };
  // Actions take their parameters as `data`, creations under the resource's name.
  const wrapping = path.includes('/actions/') ? 'data' : resource;
  const answer = await call.http(
    body === undefined
      ? { method: 'GET', url, headers: common }
      : { method: 'POST', url, headers: posted, body: JSON.stringify({ [wrapping]: body }) },
  );
  if (answer.kind !== 'answered') return answer;
  if (answer.status === 429) return { kind: 'unknown', reason: 'rate_limited' };
  if (answer.status >= 500) return { kind: 'unknown', reason: 'server_error' };
  const content = kit.json(answer.body);
  if (content === null) return { kind: 'unknown', reason: 'unreadable' };
  if (answer.status === 200 || answer.status === 201) return { kind: 'data', data: content };
  const fault = answer.status >= 400 ? readFault(content.error, answer.status) : null;
  return fault === null ? { kind: 'unknown', reason: 'unreadable' } : { kind: 'fault', fault };
}

/**
 * Creates something once: where the key was used before, what it created then is read instead. That it cannot be
 * read does not make it uncreated.
 */
export async function createOnce(account: GoCardlessAccount, call: Call, question: Question): Promise<Answer> {
  const answer = await ask(account, call, question);
  if (answer.kind !== 'fault' || answer.fault.existingId === null) return answer;
  const existing = await ask(account, call, { resource: question.resource, path: `/${answer.fault.existingId}` });
  return existing.kind === 'data' || existing.kind === 'unknown' ? existing : { kind: 'unknown', reason: 'unmapped' };
}

export function isRecord(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A member that is an object; an empty one when it is anything else. */
export function recordOf(value: unknown): Data {
  return isRecord(value) ? value : {};
}

/** An id such as `BRQ00000123`. */
export function idOf(value: unknown, prefix: 'BRQ' | 'PM' | 'RF' | 'EV'): string | null {
  return typeof value === 'string' && value.startsWith(prefix) && /^[A-Z0-9]{4,40}$/.test(value) ? value : null;
}

/** Our number, as we gave it in `metadata`. */
export function noteOf(metadata: unknown, name: 'attempt_number' | 'refund_number'): string | null {
  const note = recordOf(metadata)[name];
  return typeof note === 'string' && note !== '' ? note : null;
}
