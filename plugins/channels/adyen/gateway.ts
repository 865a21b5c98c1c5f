import type { Buffer } from 'node:buffer';
import type { Call, Kit, WireAnswer, WireRequest } from '../../../core/contract/kit.ts';
import type { NotSent, Unknown } from '../../../core/contract/outcome.ts';
import { type Fault, readFault } from './errors.ts';

/** The version whose published schema our requests are tested against. */
const apiVersion = 'v72';

/** An opened account. */
export interface AdyenAccount {
  readonly baseUrl: string;
  readonly merchantAccount: string;
  readonly apiKey: string;
  readonly clientKey: string;
  /** What Adyen's client library calls the place where the account lives. */
  readonly environment: string;
  readonly hmacKeys: readonly Buffer[];
  /** The whole `Authorization` header of callbacks; null where none was agreed on. */
  readonly callbackAuthorization: string | null;
  readonly livemode: boolean;
  readonly kit: Kit;
}

export type Data = Readonly<Record<string, unknown>>;

/** One request. `idempotencyKey` makes a repeat replay the first answer, for at least a week. */
export interface Question {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  readonly content?: Data;
  readonly idempotencyKey?: string;
}

/** An object of Adyen, or an error in its words. Whatever proves neither is an outcome already. */
export type Answer = { readonly kind: 'data'; readonly data: Data } | { readonly kind: 'fault'; readonly fault: Fault } | NotSent | Unknown;

export async function ask(account: AdyenAccount, call: Call, question: Question): Promise<Answer> {
  const answer = await call.http(buildRequest(account, question));
  return answer.kind === 'answered' ? readAnswer(account, answer) : answer;
}

function buildRequest(account: AdyenAccount, { method, path, content, idempotencyKey }: Question): WireRequest {
  const headers: Record<string, string> = { accept: 'application/json', 'user-agent': 'paymux', 'x-api-key': account.apiKey };
  if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey;
  if (content !== undefined) headers['content-type'] = 'application/json';
  const body = content === undefined ? {} : { body: JSON.stringify(content) };
  return { method, url: `${account.baseUrl}/${apiVersion}${path}`, headers, ...body };
}

function readAnswer(account: AdyenAccount, answer: WireAnswer): Answer {
  if (answer.status === 429) return { kind: 'unknown', reason: 'rate_limited' };
  if (answer.status >= 500) return { kind: 'unknown', reason: 'server_error' };
  const data = account.kit.json(answer.body, { numbersAsText: true });
  if (data === null) return { kind: 'unknown', reason: 'unreadable' };
  if (answer.status === 200 || answer.status === 201) return { kind: 'data', data };
  // The header says that Adyen did not finish the first request of this key: a repeat decides.
  if (answer.headers['transient-error'] === 'true') return { kind: 'unknown', reason: 'unmapped' };
  // An error without Adyen's own shape may come from anything in between, and after the request was passed on.
  const fault = readFault(data, answer.status);
  return fault === null ? { kind: 'unknown', reason: 'unreadable' } : { kind: 'fault', fault };
}
