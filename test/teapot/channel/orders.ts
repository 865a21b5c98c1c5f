import type { AttemptRef, PayRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { CloseOutcome, Outcome, PaymentReport } from '../../../core/contract/outcome.ts';
import { ask, vendorError } from './gateway.ts';
import type { Teapot } from './index.ts';

export async function pay(teapot: Teapot, request: PayRequest, call: Call): Promise<Outcome> {
  const answer = await ask(teapot, call, 'POST', '/orders', {
    number: request.number,
    amount: teapot.kit.money.toMajor(request.money),
    currency: request.money.currency,
    subject: request.subject,
    expires_at: request.expiresAt.toISOString(),
    callback_url: request.callbackUrl,
    return_url: request.returnUrl,
  });
  if (answer.kind !== 'data') return answer;
  const { status, data } = answer;
  const { url, order, code } = data;
  if (status === 201 && typeof url === 'string' && typeof order === 'string') {
    return { kind: 'action', action: { type: 'redirect', url }, channelNo: order };
  }
  const vendor = vendorError(data);
  if (status === 402 && code === 'over_limit')
    return { kind: 'declined', echo: {}, code: 'limit_exceeded', advice: 'retry_other_method', vendor };
  if (status === 400) return { kind: 'rejected', reason: 'validation', vendor };
  if (status === 401) return { kind: 'rejected', reason: 'auth', vendor };
  return { kind: 'unknown', reason: 'unmapped', vendor };
}

export async function query(teapot: Teapot, { number }: AttemptRef, call: Call): Promise<Outcome> {
  const answer = await ask(teapot, call, 'GET', `/orders/${number}`);
  if (answer.kind !== 'data') return answer;
  if (answer.status === 404 && answer.data['code'] === 'no_such_order') return { kind: 'ok', report: { state: 'not_found' } };
  const report = answer.status === 200 ? readOrder(teapot, answer.data) : null;
  return report === null ? { kind: 'unknown', reason: 'unmapped' } : { kind: 'ok', report };
}

/** What the vendor says of an order, in its own words. */
export function readOrder({ kit }: Teapot, data: Readonly<Record<string, unknown>>): PaymentReport | null {
  const { number, order, merchant, status, amount, currency } = data;
  if (typeof number !== 'string' || typeof order !== 'string' || typeof merchant !== 'string') return null;
  const echo = { number, merchantNo: merchant };
  if (status === 'open') return { state: 'pending', channelNo: order, echo };
  if (status === 'closed') return { state: 'closed', channelNo: order, echo };
  const money = kit.money.fromMajor(amount, currency);
  return status === 'paid' && money !== null ? { state: 'succeeded', channelNo: order, money, echo } : null;
}

export async function close(teapot: Teapot, { number }: AttemptRef, call: Call): Promise<CloseOutcome> {
  const answer = await ask(teapot, call, 'POST', `/orders/${number}/close`, {});
  if (answer.kind !== 'data') return answer;
  if (answer.status === 200 && answer.data['status'] === 'closed') return { kind: 'closed' };
  if (answer.status === 409 && answer.data['code'] === 'already_paid') return { kind: 'paid' };
  if (answer.status === 404 && answer.data['code'] === 'no_such_order') return { kind: 'notFound' };
  return { kind: 'unknown', reason: 'unmapped', vendor: vendorError(answer.data) };
}
