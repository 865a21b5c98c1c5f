import type { Call, Kit, WireAnswer } from '../../../core/contract/kit.ts';
import type { NotSent, Unknown } from '../../../core/contract/outcome.ts';
import { type Fault, readFault } from './errors.ts';
import type { Login } from './login.ts';

/** An opened account. */
export interface PaypalAccount {
  readonly baseUrl: string;
  readonly merchantId: string;
  readonly login: Login;
  readonly kit: Kit;
}

export type Data = Readonly<Record<string, unknown>>;

export interface Question {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: Data;
  /** Our number: PayPal answers a repeat under it with what became of the first. */
  readonly requestId?: string;
}

/** A good answer, or an error in PayPal's words. Whatever proves neither is an outcome already. */
export type Answer = { readonly kind: 'data'; readonly data: Data } | { readonly kind: 'fault'; readonly fault: Fault } | NotSent | Unknown;

/** Sends one request. A token that was taken back is renewed once: what is answered 401 was not carried out. */
export async function ask(account: PaypalAccount, call: Call, question: Question): Promise<Answer> {
  const first = await account.login.access(call);
  if (first.kind === 'notSent') return first;
  const answer = await send(account, call, question, first.token);
  if (answer.kind !== 'answered' || answer.status !== 401) return read(account.kit, answer);
  const second = await account.login.access(call, first.token);
  return second.kind === 'notSent' ? second : read(account.kit, await send(account, call, question, second.token));
}

function send({ baseUrl }: PaypalAccount, call: Call, { method, path, body, requestId }: Question, token: string) {
  const headers = {
    accept: 'application/json',
    authorization: `Bearer ${token}`,
    // Without it the answer to a create or a capture is three fields, and says neither the amount nor whose it is.
    prefer: 'return=representation',
    ...(requestId === undefined ? {} : { 'paypal-request-id': requestId }),
  };
  const url = `${baseUrl}${path}`;
  return call.http(
    body === undefined
      ? { method, url, headers }
      : { method, url, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) },
  );
}

/** Answers are not signed: TLS alone vouches for them. */
function read(kit: Kit, answer: WireAnswer | NotSent | Unknown): Answer {
  if (answer.kind !== 'answered') return answer;
  if (answer.status === 429) return { kind: 'unknown', reason: 'rate_limited' };
  if (answer.status >= 500) return { kind: 'unknown', reason: 'server_error' };
  const data = kit.json(answer.body);
  if (data === null) return { kind: 'unknown', reason: 'unreadable' };
  if (answer.status === 200 || answer.status === 201) return { kind: 'data', data };
  const fault = answer.status >= 400 ? readFault(data, answer.status) : null;
  return fault === null ? { kind: 'unknown', reason: 'unreadable' } : { kind: 'fault', fault };
}

export function isRecord(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function recordsOf(value: unknown): readonly Data[] {
  return Array.isArray(value) ? (value as readonly unknown[]).filter(isRecord) : [];
}

/** A number of PayPal's: orders, captures and refunds are capitals and digits; anything else is not put into an address. */
export function idOf(value: unknown): string | null {
  return typeof value === 'string' && /^[A-Z0-9-]{1,64}$/.test(value) ? value : null;
}

/** A time in RFC 3339, ready to be spread into a report. */
export function timeOf(value: unknown): { readonly at?: Date } {
  const at = typeof value === 'string' ? new Date(value) : null;
  return at === null || Number.isNaN(at.getTime()) ? {} : { at };
}

/** Numbers of ours have one form; a PayPal account takes payments of other programs too. */
export function ourNumber(...values: readonly unknown[]): string | null {
  const found = values.find((value) => typeof value === 'string' && /^[0-9A-HJKMNP-TV-Z]{26}$/.test(value));
  return typeof found === 'string' ? found : null;
}
