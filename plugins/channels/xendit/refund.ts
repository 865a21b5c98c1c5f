import type { RefundRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { Echo, RefundOutcome, RefundReport, Unknown } from '../../../core/contract/outcome.ts';
import { explainQuestion, explainRefund, refundFailureCode, saysNotFound } from './errors.ts';
import { ask, type Data, isText, type XenditAccount } from './gateway.ts';
import { writeAmount } from './pay.ts';

const unmapped: Unknown = { kind: 'unknown', reason: 'unmapped' };

/** Returns money of the payment request that was paid. */
export async function refund(account: XenditAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const { number, money, reason, attempt } = request;
  const amount = writeAmount(account, money);
  if (amount === null || !isText(attempt.channelNo)) return { kind: 'rejected', reason: 'validation' };
  const body = {
    payment_request_id: attempt.channelNo,
    reference_id: number,
    amount: account.kit.jsonNumber(amount),
    currency: money.currency,
    // One of the vendor's five words; the merchant's own stand in the metadata, which take 500 characters.
    reason: 'REQUESTED_BY_CUSTOMER',
    ...(reason === null || reason === '' ? {} : { metadata: { reason: [...reason].slice(0, 200).join('') } }),
  };
  const answer = await ask(account, call, { method: 'POST', path: '/refunds', body, idempotencyKey: number });
  if (answer.kind === 'fault') return explainRefund(answer.fault);
  return answer.kind === 'data' ? conclude(account, request, answer.data) : answer;
}

export async function queryRefund(account: XenditAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const { channelNo } = request;
  if (channelNo === null || !/^[\w-]+$/.test(channelNo)) return { kind: 'rejected', reason: 'unsupported' };
  const answer = await ask(account, call, { method: 'GET', path: `/refunds/${channelNo}` });
  if (answer.kind === 'fault') {
    return saysNotFound(answer.fault) ? { kind: 'ok', report: { state: 'not_found' } } : explainQuestion(answer.fault);
  }
  if (answer.kind !== 'data') return answer;
  return answer.data.id === channelNo ? conclude(account, request, answer.data) : unmapped;
}

/** The echo has no place for the payment that a refund is of, so it is compared here. */
function conclude(account: XenditAccount, request: RefundRequest, data: Data): RefundOutcome {
  if (data.payment_request_id !== request.attempt.channelNo) return unmapped;
  const report = readRefund(account, data);
  return report === null ? unmapped : { kind: 'ok', report };
}

function readRefund({ kit }: XenditAccount, data: Data): RefundReport | null {
  const { id: channelNo, status, reference_id: number } = data;
  if (!isText(channelNo)) return null;
  const echo: Echo = isText(number) ? { number } : {};
  if (status === 'SUCCEEDED') {
    const money = kit.money.fromMajor(data.amount, data.currency);
    return money === null ? null : { state: 'succeeded', channelNo, money, echo };
  }
  if (status === 'PENDING') return { state: 'processing', channelNo, echo };
  const hasFailed = status === 'FAILED' || status === 'CANCELLED';
  return hasFailed ? { state: 'failed', code: refundFailureCode(data.failure_code), channelNo, echo } : null;
}
