import type { KeyObject } from 'node:crypto';
import type { Call, Kit, WireStream } from '../../../core/contract/kit.ts';
import type { NotSent, Unknown } from '../../../core/contract/outcome.ts';
import type { Fault } from './errors.ts';
import { type Fields, isAnswerSigned, signRequest, wireFields } from './sign.ts';

/** An opened account. */
export interface YeepayAccount {
  readonly baseUrl: string;
  readonly appKey: string;
  readonly merchantNo: string;
  readonly parentMerchantNo: string;
  readonly privateKey: KeyObject;
  readonly platformKey: KeyObject;
  readonly terminalId: string;
  readonly kit: Kit;
  /** Where a browser goes with an order's token; null where there is none to go to. */
  readonly cashierUrl: string | null;
}

export type Data = Readonly<Record<string, unknown>>;

export interface Question {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly fields: Fields;
}

/** The `result` of a genuine answer, or the platform's refusal. Whatever proves neither is an outcome already. */
export type Answer =
  | { readonly kind: 'result'; readonly result: Data }
  | { readonly kind: 'fault'; readonly fault: Fault }
  | NotSent
  | Unknown;

async function signHeaders({ appKey, privateKey }: YeepayAccount, call: Call, question: Question) {
  const signed = await signRequest(privateKey, { ...question, appKey, requestId: call.nonce(), timestamp: call.now() });
  // Without a version the gateway answers in an older form.
  return { ...signed, accept: 'application/json', 'x-yop-sdk-version': '4.0.0', 'user-agent': 'paymux' };
}

/** Files lie on a host of their own, except in the sandbox. They are not signed as other answers are. */
export async function askFile(account: YeepayAccount, call: Call, path: string, fields: Fields): Promise<WireStream | NotSent | Unknown> {
  const headers = await signHeaders(account, call, { method: 'GET', path, fields });
  const host = account.baseUrl.replace(/^https:\/\/openapi\.yeepay\.com\//, 'https://yos.yeepay.com/');
  return call.download({ method: 'GET', url: `${host}${path}?${wireFields(fields)}`, headers: { ...headers, accept: '*/*' } });
}

export async function ask(account: YeepayAccount, call: Call, { method, path, fields }: Question): Promise<Answer> {
  const headers = await signHeaders(account, call, { method, path, fields });
  const url = `${account.baseUrl}${path}`;
  const written = wireFields(fields);
  const form = { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' };
  const answer = await call.http(
    method === 'GET' ? { method, url: `${url}?${written}`, headers } : { method, url, headers: { ...headers, ...form }, body: written },
  );
  if (answer.kind !== 'answered') return answer;
  if (answer.status === 429) return { kind: 'unknown', reason: 'rate_limited' };
  const content = account.kit.json(answer.body);
  if (content === null) return { kind: 'unknown', reason: answer.status >= 500 ? 'server_error' : 'unreadable' };
  if (!isAnswerSigned(account.platformKey, answer.body, answer.headers['x-yop-sign'])) {
    return { kind: 'unknown', reason: answer.status >= 500 ? 'server_error' : 'bad_signature' };
  }
  if (answer.status === 200 && isRecord(content.result)) return { kind: 'result', result: content.result };
  const { code, subCode, message, subMessage } = content as Readonly<Record<string, unknown>>;
  const isRefused = answer.status >= 400 && answer.status < 500 && typeof code === 'string';
  if (!isRefused) return { kind: 'unknown', reason: answer.status >= 500 ? 'server_error' : 'unreadable' };
  return { kind: 'fault', fault: { platform: true, code: textOf(subCode) || code, message: textOf(subMessage) || textOf(message) } };
}

export function isRecord(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 255) : '';
}

/** Wall clock of Beijing, ready to be spread into a report. */
export function timeOf(value: unknown): { readonly at?: Date } {
  const parts = typeof value === 'string' ? /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)$/.exec(value) : null;
  const at = parts === null ? null : new Date(`${parts[1]}T${parts[2]}+08:00`);
  return at === null || Number.isNaN(at.getTime()) ? {} : { at };
}

export function beijingTime(at: Date): string {
  return new Date(at.getTime() + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
}
