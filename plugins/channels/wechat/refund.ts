import type { RefundRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { RefundOutcome } from '../../../core/contract/outcome.ts';
import { explainFault, explainRefundFault, saysNotFound } from './errors.ts';
import { ask, type WechatAccount } from './gateway.ts';
import { readRefund } from './reports.ts';
import { cutBytes, type Data, isRecord } from './texts.ts';

/** Requests a refund of one order of the vendor. */
export async function refundOrder(account: WechatAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const { money, attempt } = request;
  if (money.currency !== 'CNY') return { kind: 'rejected', reason: 'unsupported' };
  const body = {
    out_trade_no: attempt.number,
    out_refund_no: request.number,
    ...(request.reason === null || request.reason === '' ? {} : { reason: cutBytes(request.reason, 80) }),
    notify_url: request.callbackUrl,
    amount: { refund: money.amount, total: attempt.money.amount, currency: money.currency },
  };
  const answer = await ask(account, call, { method: 'POST', path: '/v3/refund/domestic/refunds', body });
  if (answer.kind === 'fault') return explainRefundFault(answer.error);
  return answer.kind === 'data' ? concludeRefund(account, request, answer.data) : answer;
}

/** Asks what became of a refund of one order. */
export async function queryOrderRefund(account: WechatAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const answer = await ask(account, call, { method: 'GET', path: `/v3/refund/domestic/refunds/${encodeURIComponent(request.number)}` });
  if (answer.kind === 'fault')
    return saysNotFound(answer.error) ? { kind: 'ok', report: { state: 'not_found' } } : explainFault(answer.error);
  return answer.kind === 'data' ? concludeRefund(account, request, answer.data) : answer;
}

/** A refund of another order is never ours, even under our refund number; the echo has no place for the order, so it is compared here. */
function concludeRefund(account: WechatAccount, request: RefundRequest, data: Data): RefundOutcome {
  if (data.out_trade_no !== request.attempt.number) return { kind: 'unknown', reason: 'unreadable' };
  const currency = isRecord(data.amount) ? data.amount.currency : undefined;
  const report = readRefund(account.kit, data, data.status, currency);
  if (report === null) return { kind: 'unknown', reason: 'unreadable' };
  if (report.state === 'unmapped') return { kind: 'unknown', reason: 'unmapped', vendor: { code: report.code, message: '' } };
  return { kind: 'ok', report };
}
