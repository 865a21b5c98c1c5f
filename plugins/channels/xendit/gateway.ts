import { Buffer } from 'node:buffer';
import type { Call, Kit, WireAnswer } from '../../../core/contract/kit.ts';
import type { NotSent, Unknown } from '../../../core/contract/outcome.ts';
import { type Fault, readFault } from './errors.ts';

/** An opened account. */
export interface XenditAccount {
  readonly baseUrl: string;
  readonly secretKey: string;
  readonly callbackToken: string;
  readonly businessId: string;
  readonly accountName: string | null;
  /** Null stands for the only one that the account has. */
  readonly statementCurrencies: readonly (string | null)[];
  readonly kit: Kit;
}

/** One request. `idempotencyKey` makes a repeat with the same body replay the first answer. */
export interface Question {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly idempotencyKey?: string;
}

/** An object of Xendit, or an error in its words. Whatever proves neither is an outcome already. */
export type Answer = { readonly kind: 'data'; readonly data: Data } | { readonly kind: 'fault'; readonly fault: Fault } | NotSent | Unknown;

export type Data = Readonly<Record<string, unknown>>;

export async function ask(account: XenditAccount, call: Call, question: Question): Promise<Answer> {
  const answer = await call.http(buildRequest(account, question));
  return answer.kind === 'answered' ? readAnswer(account, answer) : answer;
}

function buildRequest(account: XenditAccount, { method, path, body, idempotencyKey }: Question) {
  const headers: Record<string, string> = {
    accept: 'application/json',
    // The key is the name of HTTP Basic, and its password is empty.
    authorization: `Basic ${Buffer.from(`${account.secretKey}:`).toString('base64')}`,
    'user-agent': 'paymux',
  };
  if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey;
  const url = `${account.baseUrl}${path}`;
  if (body === undefined) return { method, url, headers };
  headers['content-type'] = 'application/json';
  return { method, url, headers, body: JSON.stringify(body) };
}

function readAnswer({ kit }: XenditAccount, answer: WireAnswer): Answer {
  // That a request over the limit is not executed is documented nowhere.
  if (answer.status === 429) return { kind: 'unknown', reason: 'rate_limited' };
  if (answer.status >= 500) return { kind: 'unknown', reason: 'server_error' };
  // Amounts are JSON numbers: read as their text, they never become fractions of the machine.
  const data = kit.json(answer.body, { numbersAsText: true });
  if (data === null) return { kind: 'unknown', reason: 'unreadable' };
  if (answer.status === 200 || answer.status === 201 || answer.status === 202) return { kind: 'data', data };
  // An error without Xendit's own shape may come from anything in between, and after the request was passed on.
  const fault = readFault(data, answer.status);
  return fault === null ? { kind: 'unknown', reason: 'unreadable' } : { kind: 'fault', fault };
}

export function isRecord(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** A member that is an object; an empty one where it is anything else. */
export function memberOf(data: Data, name: string): Data {
  const value = data[name];
  return isRecord(value) ? value : {};
}
