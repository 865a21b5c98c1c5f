import type { RefundRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { RefundOutcome, RefundReport } from '../../../core/contract/outcome.ts';
import { explainFault, saysNotFound } from './errors.ts';
import { ask, type Data, textOf, timeOf, type YeepayAccount } from './gateway.ts';
import { faultOf } from './orders.ts';
import { amountText } from './pay.ts';

/** The same `refundRequestId` is the same refund (the vendor's guide on refunds, "easily got wrong"). */
export async function refund(account: YeepayAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const fields = {
    ...names(account, request),
    refundAmount: account.kit.money.toMajor(request.money),
    notifyUrl: request.callbackUrl,
    ...(request.reason === null ? {} : { description: request.reason }),
  };
  const answer = await ask(account, call, { method: 'POST', path: '/rest/v1.0/trade/refund', fields });
  if (answer.kind === 'fault') return explainFault(answer.fault);
  return answer.kind === 'result' ? outcomeOf(account, answer.result) : answer;
}

export async function queryRefund(account: YeepayAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const answer = await ask(account, call, { method: 'GET', path: '/rest/v1.0/trade/refund/query', fields: names(account, request) });
  if (answer.kind === 'fault') return explainFault(answer.fault);
  if (answer.kind !== 'result') return answer;
  const isFound = answer.result.code === 'OPR00000' || !saysNotFound(faultOf(answer.result));
  return isFound ? outcomeOf(account, answer.result) : { kind: 'ok', report: { state: 'not_found' } };
}

function names({ parentMerchantNo, merchantNo }: YeepayAccount, request: RefundRequest) {
  return { parentMerchantNo, merchantNo, orderId: request.attempt.number, refundRequestId: request.number };
}

function outcomeOf(account: YeepayAccount, result: Data): RefundOutcome {
  if (result.code !== 'OPR00000') return explainFault(faultOf(result));
  const report = readRefund(account, result);
  return report === null ? { kind: 'unknown', reason: 'unreadable' } : { kind: 'ok', report };
}

/** A refund as answers and callbacks carry it; null when it cannot be read. */
export function readRefund({ kit }: YeepayAccount, data: Data): RefundReport | null {
  const { refundRequestId: number, merchantNo, status } = data;
  if (typeof number !== 'string' || typeof merchantNo !== 'string') return null;
  const echo = { number, merchantNo };
  const channelNo = textOf(data.uniqueRefundNo);
  const named = { ...(channelNo === '' ? {} : { channelNo }), echo };
  if (status === 'PROCESSING') return { state: 'processing', ...named };
  // It waits for the bank account of the shopper, which only the merchant's console takes.
  if (status === 'SUSPEND') return { state: 'abnormal', ...named };
  if (status === 'FAILED' || status === 'CANCEL') return { state: 'failed', code: 'refund_rejected', ...named };
  const money = kit.money.fromMajor(amountText(data.refundAmount), 'CNY');
  if (status !== 'SUCCESS' || money === null || channelNo === '') return null;
  return { state: 'succeeded', channelNo, money, echo, ...timeOf(data.refundSuccessDate) };
}
