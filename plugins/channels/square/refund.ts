import type { RefundRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { RefundOutcome, RefundReport } from '../../../core/contract/outcome.ts';
import { explainFault, explainQuestion, saysNotFound } from './errors.ts';
import { ask, isRecord, type SquareAccount, textOf, timeOf } from './gateway.ts';

/** Our number is the idempotency key: Square's refunds have no reference of the merchant's. */
export async function refund(account: SquareAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const body = {
    idempotency_key: request.number,
    payment_id: request.attempt.channelNo,
    amount_money: request.money,
    ...(request.reason === null ? {} : { reason: request.reason.slice(0, 192) }),
  };
  const answer = await ask(account, call, { method: 'POST', path: '/v2/refunds', body });
  if (answer.kind === 'fault') return explainFault(answer.fault);
  return answer.kind === 'data' ? outcomeOf(account, request, answer.data.refund) : answer;
}

export async function queryRefund(account: SquareAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const answer = await ask(account, call, { method: 'GET', path: `/v2/refunds/${encodeURIComponent(request.channelNo ?? '')}` });
  if (answer.kind === 'fault') {
    return saysNotFound(answer.fault) ? { kind: 'ok', report: { state: 'not_found' } } : explainQuestion(answer.fault);
  }
  return answer.kind === 'data' ? outcomeOf(account, request, answer.data.refund) : answer;
}

/** A refund names no number of ours for the kernel to compare, so it has to be the one that was asked for, of that payment. */
function outcomeOf(account: SquareAccount, { channelNo, attempt }: RefundRequest, data: unknown): RefundOutcome {
  const report = readRefund(account, data);
  const isAsked = isRecord(data) && data.payment_id === attempt.channelNo && (channelNo === null || data.id === channelNo);
  return report === null || !isAsked ? { kind: 'unknown', reason: 'unreadable' } : { kind: 'ok', report };
}

export function readRefund({ kit }: SquareAccount, data: unknown): (RefundReport & { readonly channelNo: string }) | null {
  if (!isRecord(data)) return null;
  const channelNo = textOf(data.id);
  const merchantNo = textOf(data.location_id);
  if (channelNo === null) return null;
  const echo = merchantNo === null ? {} : { merchantNo };
  if (data.status === 'PENDING') return { state: 'processing', channelNo, echo };
  if (data.status === 'REJECTED' || data.status === 'FAILED') return { state: 'failed', code: 'refund_rejected', channelNo, echo };
  const { amount, currency } = isRecord(data.amount_money) ? data.amount_money : {};
  const money = kit.money.fromMinor(amount, currency);
  if (data.status !== 'COMPLETED' || money === null) return null;
  return { state: 'succeeded', channelNo, money, echo, ...timeOf(data.updated_at) };
}
