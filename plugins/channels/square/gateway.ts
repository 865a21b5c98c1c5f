import type { Call, Kit } from '../../../core/contract/kit.ts';
import type { NotSent, Unknown } from '../../../core/contract/outcome.ts';
import { type Fault, readFault } from './errors.ts';

/** The version that our requests are written for. Without the header each application has its own. */
const apiVersion = '2025-08-20';

/** An opened account. */
export interface SquareAccount {
  readonly baseUrl: string;
  readonly token: string;
  readonly locationId: string;
  readonly signatureKey: string;
  readonly kit: Kit;
}

export type Data = Readonly<Record<string, unknown>>;

export interface Question {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: Data;
}

/** A good answer, or an error in Square's words. Whatever proves neither is an outcome already. */
export type Answer = { readonly kind: 'data'; readonly data: Data } | { readonly kind: 'fault'; readonly fault: Fault } | NotSent | Unknown;

/** Sends one request. Answers are not signed: TLS alone vouches for them. */
export async function ask({ baseUrl, token, kit }: SquareAccount, call: Call, { method, path, body }: Question): Promise<Answer> {
  const headers = { accept: 'application/json', authorization: `Bearer ${token}`, 'square-version': apiVersion, 'user-agent': 'paymux' };
  const url = `${baseUrl}${path}`;
  const answer = await call.http(
    body === undefined
      ? { method, url, headers }
      : { method, url, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) },
  );
  if (answer.kind !== 'answered') return answer;
  if (answer.status === 429) return { kind: 'unknown', reason: 'rate_limited' };
  if (answer.status >= 500) return { kind: 'unknown', reason: 'server_error' };
  const data = kit.json(answer.body);
  if (data === null) return { kind: 'unknown', reason: 'unreadable' };
  if (answer.status === 200) return { kind: 'data', data };
  const fault = answer.status >= 400 ? readFault(data.errors, answer.status) : null;
  return fault === null ? { kind: 'unknown', reason: 'unreadable' } : { kind: 'fault', fault };
}

export function isRecord(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' && value.length <= 192 ? value : null;
}

/** A time in RFC 3339, ready to be spread into a report. */
export function timeOf(value: unknown): { readonly at?: Date } {
  const at = typeof value === 'string' ? new Date(value) : null;
  return at === null || Number.isNaN(at.getTime()) ? {} : { at };
}

/** Numbers of ours have one form; a seller's account holds payments of other programs too. */
export function ourNumber(value: unknown): string | null {
  return typeof value === 'string' && /^[0-9A-HJKMNP-TV-Z]{26}$/.test(value) ? value : null;
}
