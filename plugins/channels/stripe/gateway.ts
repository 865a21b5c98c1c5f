import type { Call, Kit, WireAnswer } from '../../../core/contract/kit.ts';
import type { NotSent, Unknown } from '../../../core/contract/outcome.ts';
import { type Fault, readFault } from './errors.ts';

/** The version whose published schema our requests are tested against. Without the header, each account would get its own. */
const apiVersion = '2023-08-16';

/** An opened account. */
export interface StripeAccount {
  readonly baseUrl: string;
  readonly secretKey: string;
  readonly publishableKey: string;
  readonly webhookSecrets: readonly string[];
  readonly accountId: string;
  readonly livemode: boolean;
  readonly kit: Kit;
}

/** Fields of a form in the order they are sent; nested ones are named `a[b][0]`. */
export type Form = readonly (readonly [name: string, value: string])[];

/** One request. `idempotencyKey` makes a repeat with the same form replay the first answer, for at least 24 hours. */
export interface Question {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly form?: Form;
  readonly idempotencyKey?: string;
}

/** An object of Stripe, or an error in its words. Whatever proves neither is an outcome already. */
export type Answer = { readonly kind: 'data'; readonly data: Data } | { readonly kind: 'fault'; readonly fault: Fault } | NotSent | Unknown;

export type Data = Readonly<Record<string, unknown>>;

export async function ask(account: StripeAccount, call: Call, question: Question): Promise<Answer> {
  const answer = await call.http(buildRequest(account, question));
  return answer.kind === 'answered' ? readAnswer(account, answer) : answer;
}

function buildRequest(account: StripeAccount, { method, path, form, idempotencyKey }: Question) {
  const headers: Record<string, string> = {
    accept: 'application/json',
    authorization: `Bearer ${account.secretKey}`,
    'stripe-version': apiVersion,
    'user-agent': 'paymux',
  };
  if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey;
  const url = `${account.baseUrl}${path}`;
  if (method === 'GET') return { method, url, headers };
  headers['content-type'] = 'application/x-www-form-urlencoded';
  return { method, url, headers, body: encodeForm(form ?? []) };
}

/** `application/x-www-form-urlencoded`, always the same bytes for the same fields: a repeat must be identical. */
function encodeForm(form: Form): string {
  return new URLSearchParams(form.map(([name, value]): [string, string] => [name, value])).toString();
}

function readAnswer(account: StripeAccount, answer: WireAnswer): Answer {
  // Stripe documents that a request over the limit is not executed, whatever the body says.
  if (answer.status === 429) return { kind: 'notSent', reason: 'rate_limited', ...readRetryAfter(answer.headers['retry-after']) };
  if (answer.status >= 500) return { kind: 'unknown', reason: 'server_error' };
  const data = account.kit.json(answer.body);
  if (data === null) return { kind: 'unknown', reason: 'unreadable' };
  if (answer.status === 200) return { kind: 'data', data };
  // An error without Stripe's own shape may come from anything in between, and after the request was passed on.
  const fault = readFault(data.error, answer.status);
  return fault === null ? { kind: 'unknown', reason: 'unreadable' } : { kind: 'fault', fault };
}

function readRetryAfter(value: string | undefined): { readonly retryAfterMs?: number } {
  return value !== undefined && /^[0-9]{1,5}$/.test(value) ? { retryAfterMs: Number(value) * 1_000 } : {};
}
