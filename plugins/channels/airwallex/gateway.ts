import type { Call, Kit, WireAnswer } from '../../../core/contract/kit.ts';
import type { NotSent, Unknown } from '../../../core/contract/outcome.ts';
import type { Fault } from './errors.ts';
import type { Login } from './login.ts';

/** An opened account. */
export interface AirwallexAccount {
  readonly baseUrl: string;
  readonly accountId: string;
  readonly webhookSecret: string;
  readonly login: Login;
  readonly kit: Kit;
}

export type Data = Readonly<Record<string, unknown>>;

export interface Question {
  readonly method: 'GET' | 'POST';
  /** After `/api/v1/pa`. */
  readonly path: string;
  readonly body?: Data;
}

/** A good answer with its numbers as text, or an error in Airwallex's words. */
export type Answer = { readonly kind: 'data'; readonly data: Data } | { readonly kind: 'fault'; readonly fault: Fault } | NotSent | Unknown;

/** Sends one request. A token that was taken back is renewed once: what is answered 401 was not carried out. */
export async function ask(account: AirwallexAccount, call: Call, question: Question): Promise<Answer> {
  const first = await account.login.access(call);
  if (first.kind === 'notSent') return first;
  const answer = await send(account, call, question, first.token);
  if (answer.kind !== 'answered' || answer.status !== 401) return read(account.kit, answer);
  const second = await account.login.access(call, first.token);
  return second.kind === 'notSent' ? second : read(account.kit, await send(account, call, question, second.token));
}

function send({ baseUrl }: AirwallexAccount, call: Call, { method, path, body }: Question, token: string) {
  const headers = { accept: 'application/json', authorization: `Bearer ${token}` };
  const url = `${baseUrl}/api/v1/pa${path}`;
  return call.http(
    body === undefined
      ? { method, url, headers }
      : { method, url, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) },
  );
}

/** Answers are not signed: TLS alone vouches for them. Amounts are numbers there, and stay the text that was written. */
function read(kit: Kit, answer: WireAnswer | NotSent | Unknown): Answer {
  if (answer.kind !== 'answered') return answer;
  if (answer.status === 429) return { kind: 'unknown', reason: 'rate_limited' };
  if (answer.status >= 500) return { kind: 'unknown', reason: 'server_error' };
  const data = kit.json(answer.body, { numbersAsText: true });
  if (data === null) return { kind: 'unknown', reason: 'unreadable' };
  if (answer.status === 200 || answer.status === 201) return { kind: 'data', data };
  if (answer.status < 400 || typeof data.code !== 'string') return { kind: 'unknown', reason: 'unreadable' };
  const message = typeof data.message === 'string' ? data.message.slice(0, 256) : '';
  return { kind: 'fault', fault: { status: answer.status, code: data.code.slice(0, 64), message } };
}

export function isRecord(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A number of Airwallex's, such as `int_…`; anything else is not put into an address. */
export function idOf(value: unknown): string | null {
  return typeof value === 'string' && /^[A-Za-z0-9_-]{1,128}$/.test(value) ? value : null;
}

/** A time such as `2026-01-02T03:10:00+0000`, ready to be spread into a report. */
export function timeOf(value: unknown): { readonly at?: Date } {
  const text = typeof value === 'string' ? value.replace(/([+-]\d\d)(\d\d)$/, '$1:$2') : '';
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? {} : { at };
}

/** Numbers of ours have one form; an account takes payments of other programs too. */
export function ourNumber(value: unknown): string | null {
  return typeof value === 'string' && /^[0-9A-HJKMNP-TV-Z]{26}$/.test(value) ? value : null;
}
