import { createHmac } from 'node:crypto';
import type { Call } from '../../../core/contract/kit.ts';
import type { NotSent, Unknown, VendorError } from '../../../core/contract/outcome.ts';
import type { Teapot } from './index.ts';

type Data = Readonly<Record<string, unknown>>;
type Answer = { readonly kind: 'data'; readonly status: number; readonly data: Data } | NotSent | Unknown;

export function sign(key: string, ...parts: readonly (string | Uint8Array)[]): string {
  const hmac = createHmac('sha256', key);
  for (const part of parts) hmac.update(part);
  return hmac.digest('hex');
}

/** Signs the path and exactly the bytes that are sent. */
export function writeRequest({ config }: Teapot, method: 'GET' | 'POST', path: string, content?: object) {
  const body = content === undefined ? '' : JSON.stringify(content);
  const headers = { 'x-merchant': config.merchant, 'x-signature': sign(config.key, `${method} ${path}\n`, body) };
  const url = config.base_url + path;
  return content === undefined
    ? { method, url, headers }
    : { method, url, headers: { ...headers, 'content-type': 'application/json' }, body };
}

/** Believes nothing that is not signed in turn. */
export async function ask(teapot: Teapot, call: Call, ...request: readonly ['GET' | 'POST', string, object?]): Promise<Answer> {
  const answer = await call.http(writeRequest(teapot, ...request));
  if (answer.kind !== 'answered') return answer;
  if (answer.status === 429) return { kind: 'unknown', reason: 'rate_limited' };
  if (answer.status >= 500) return { kind: 'unknown', reason: 'server_error' };
  const isGenuine = teapot.kit.sameText(answer.headers['x-signature'] ?? '', sign(teapot.config.key, answer.body));
  if (!isGenuine) return { kind: 'unknown', reason: 'bad_signature' };
  const data = teapot.kit.json(answer.body);
  return data === null ? { kind: 'unknown', reason: 'unreadable' } : { kind: 'data', status: answer.status, data };
}

export const vendorError = ({ code, message }: Data): VendorError => ({ code: String(code), message: String(message ?? '') });
