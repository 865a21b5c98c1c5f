import type { Call } from '../../../core/contract/kit.ts';
import type { NotSent, Unknown } from '../../../core/contract/outcome.ts';
import type { JdAccount } from './account.ts';
import { type Opened, openMessage, seal } from './message.ts';

/** What JD said, or an outcome already where that proves nothing. */
export type Answer = Exclude<Opened, { readonly kind: 'bad' }> | NotSent | Unknown;

export async function ask(
  account: JdAccount,
  call: Call,
  service: 'uniorder' | 'fkmPay' | 'query' | 'refund',
  fields: Readonly<Record<string, string>>,
): Promise<Answer> {
  const answer = await call.http({
    method: 'POST',
    url: `${account.urls.gateway}/service/${service}`,
    headers: { accept: 'application/xml', 'content-type': 'application/xml; charset=utf-8' },
    body: seal(account, fields),
  });
  if (answer.kind !== 'answered') return answer;
  if (answer.status === 429) return { kind: 'unknown', reason: 'rate_limited' };
  if (answer.status >= 500) return { kind: 'unknown', reason: 'server_error' };
  if (answer.status !== 200) return { kind: 'unknown', reason: 'unreadable' };
  const opened = openMessage(account, answer.body);
  return opened.kind === 'bad' ? { kind: 'unknown', reason: opened.reason } : opened;
}

const offsetMs = 8 * 3600_000;

/** `yyyyMMddHHmmss` in China, which has no summer time. */
export function toJdTime(at: Date): string {
  return new Date(at.getTime() + offsetMs).toISOString().replace(/\D/g, '').slice(0, 14);
}

/** Ready to be spread into a report. */
export function timeOf(value: unknown): { readonly at?: Date } {
  const digits = typeof value === 'string' && /^\d{14}$/.test(value) ? value : '';
  const at = new Date(digits.replace(/^(....)(..)(..)(..)(..)(..)$/, '$1-$2-$3T$4:$5:$6+08:00'));
  return Number.isNaN(at.getTime()) ? {} : { at };
}

/** Numbers of ours have one form; a merchant may use other programs with the same account. */
export function isOurNumber(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9A-HJKMNP-TV-Z]{26}$/.test(value);
}
