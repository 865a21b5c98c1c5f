import type { AttemptRef, PayRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { Outcome, PaymentReport } from '../../../core/contract/outcome.ts';
import { explainFault, saysNotFound } from './errors.ts';
import { ask, type Data, idOf, isRecord, livemodeOf, type PaystackAccount, timeOf } from './gateway.ts';

/** Opens a page under our number as the reference. The vendor takes a reference once. */
export async function pay(account: PaystackAccount, request: PayRequest, call: Call): Promise<Outcome> {
  const body = {
    email: request.payer.email,
    amount: request.money.amount,
    currency: request.money.currency,
    reference: request.number,
    ...(request.returnUrl === null ? {} : { callback_url: request.returnUrl }),
    metadata: { subject: request.subject },
  };
  const answer = await ask(account, call, { method: 'POST', path: '/transaction/initialize', body });
  if (answer.kind === 'fault') return explainFault(answer.fault);
  if (answer.kind !== 'data') return answer;
  const { authorization_url: url, reference, access_code: sessionNo } = isRecord(answer.data) ? answer.data : {};
  const isPage = typeof url === 'string' && /^https?:\/\/[^\s]+$/.test(url) && typeof sessionNo === 'string' && sessionNo.length <= 255;
  // A page under another number would take money that nobody waits for.
  if (!isPage || reference !== request.number) return { kind: 'unknown', reason: 'unreadable' };
  return { kind: 'action', action: { type: 'redirect', url }, sessionNo };
}

export async function query(account: PaystackAccount, attempt: AttemptRef, call: Call): Promise<Outcome> {
  const answer = await ask(account, call, { method: 'GET', path: `/transaction/verify/${attempt.number}` });
  if (answer.kind === 'fault') {
    if (saysNotFound(answer.fault)) return { kind: 'ok', report: { state: 'not_found' } };
    return explainFault(answer.fault);
  }
  if (answer.kind !== 'data') return answer;
  const report = isRecord(answer.data) ? readTransaction(account, answer.data) : null;
  return report === null ? { kind: 'unknown', reason: 'unreadable' } : { kind: 'ok', report };
}

const waiting: ReadonlySet<unknown> = new Set(['abandoned', 'ongoing', 'failed']);
const working: ReadonlySet<unknown> = new Set(['pending', 'processing', 'queued']);

/**
 * A transaction as answers and callbacks carry it; null when it cannot be read. `failed` is one try:
 * on the same page the shopper may take another card. `reversed` is money that came and went back
 * without us, which no state of ours tells: it is unreadable on purpose, and an operator looks.
 */
export function readTransaction({ kit }: PaystackAccount, data: Data): PaymentReport | null {
  const { status, reference } = data;
  if (typeof reference !== 'string') return null;
  const echo = { number: reference, ...livemodeOf(data.domain) };
  if (waiting.has(status)) return { state: 'pending', echo };
  if (working.has(status)) return { state: 'processing', echo };
  const channelNo = idOf(data.id);
  const money = kit.money.fromMinor(data.amount, data.currency);
  if (status !== 'success' || channelNo === null || money === null) return null;
  return { state: 'succeeded', channelNo, money, echo, ...timeOf(data.paid_at) };
}
