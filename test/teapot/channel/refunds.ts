import type { RefundRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { RefundOutcome, RefundReport } from '../../../core/contract/outcome.ts';
import { ask, vendorError } from './gateway.ts';
import type { Teapot } from './index.ts';

/** The vendor takes a refund without a number as well, and then every one is another. */
export async function refund(teapot: Teapot, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const answer = await ask(teapot, call, 'POST', `/orders/${request.attempt.number}/refunds`, {
    refund: request.number,
    amount: teapot.kit.money.toMajor(request.money),
    currency: request.money.currency,
  });
  if (answer.kind !== 'data') return answer;
  const report = answer.status === 200 ? readRefund(teapot, answer.data) : null;
  if (report !== null) return { kind: 'ok', report };
  const vendor = vendorError(answer.data);
  if (answer.status === 409 && vendor.code === 'too_much')
    return { kind: 'declined', echo: {}, code: 'refund_rejected', advice: 'fix_request', vendor };
  return { kind: 'unknown', reason: 'unmapped', vendor };
}

export async function queryRefund(teapot: Teapot, { number }: RefundRequest, call: Call): Promise<RefundOutcome> {
  const answer = await ask(teapot, call, 'GET', `/refunds/${number}`);
  if (answer.kind !== 'data') return answer;
  if (answer.status === 404 && answer.data['code'] === 'no_such_refund') return { kind: 'ok', report: { state: 'not_found' } };
  const report = answer.status === 200 ? readRefund(teapot, answer.data) : null;
  return report === null ? { kind: 'unknown', reason: 'unmapped' } : { kind: 'ok', report };
}

export function readRefund({ kit }: Teapot, data: Readonly<Record<string, unknown>>): RefundReport | null {
  const { refund: number, refund_order: channelNo, merchant, amount, currency, status } = data;
  if (typeof number !== 'string' || typeof channelNo !== 'string' || typeof merchant !== 'string') return null;
  const money = kit.money.fromMajor(amount, currency);
  const isDone = status === 'refunded' && money !== null;
  return isDone ? { state: 'succeeded', channelNo, money, echo: { number, merchantNo: merchant } } : null;
}
