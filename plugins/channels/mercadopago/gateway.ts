import type { Call, Kit, WireAnswer } from '../../../core/contract/kit.ts';
import type { NotSent, Unknown } from '../../../core/contract/outcome.ts';
import { type Fault, readFault } from './errors.ts';

/** An opened account. */
export interface MercadoAccount {
  readonly baseUrl: string;
  readonly accessToken: string;
  readonly userId: string;
  readonly webhookSecret: string;
  readonly livemode: boolean;
  readonly kit: Kit;
}

/** One request. `idempotencyKey` makes a repeat with the same body replay the first answer. */
export interface Question {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly idempotencyKey?: string;
}

/** An object of Mercado Pago, or an error in its words. Whatever proves neither is an outcome already. */
export type Answer = { readonly kind: 'data'; readonly data: Data } | { readonly kind: 'fault'; readonly fault: Fault } | NotSent | Unknown;

export type Data = Readonly<Record<string, unknown>>;

export async function ask(account: MercadoAccount, call: Call, question: Question): Promise<Answer> {
  const answer = await call.http(buildRequest(account, question));
  return answer.kind === 'answered' ? readAnswer(account, answer) : answer;
}

function buildRequest(account: MercadoAccount, { method, path, body, idempotencyKey }: Question) {
  const headers: Record<string, string> = {
    accept: 'application/json',
    authorization: `Bearer ${account.accessToken}`,
    'user-agent': 'paymux',
  };
  if (idempotencyKey !== undefined) headers['x-idempotency-key'] = idempotencyKey;
  const url = `${account.baseUrl}${path}`;
  if (body === undefined) return { method, url, headers };
  headers['content-type'] = 'application/json';
  return { method, url, headers, body: JSON.stringify(body) };
}

function readAnswer({ kit }: MercadoAccount, answer: WireAnswer): Answer {
  // That a request over the limit is not executed is documented nowhere.
  if (answer.status === 429) return { kind: 'unknown', reason: 'rate_limited' };
  if (answer.status >= 500) return { kind: 'unknown', reason: 'server_error' };
  // Amounts are JSON numbers, and so are the numbers of payments: read as their text, both stay exact.
  const data = kit.json(answer.body, { numbersAsText: true });
  if (data === null) return { kind: 'unknown', reason: 'unreadable' };
  if (answer.status === 200 || answer.status === 201) return { kind: 'data', data };
  // An error without the vendor's own shape may come from anything in between, and after the request was passed on.
  const fault = readFault(data, answer.status);
  return fault === null ? { kind: 'unknown', reason: 'unreadable' } : { kind: 'fault', fault };
}

export function isRecord(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** The number of a payment or a refund: digits, and nothing else may become part of an address. */
export function isNumber(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9]{1,20}$/.test(value);
}
