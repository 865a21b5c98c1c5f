import type { RefundRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { RefundOutcome } from '../../../core/contract/outcome.ts';
import { explainFault, saysNotFound } from './errors.ts';
import { ask, type DouyinAccount } from './gateway.ts';
import { giveUp, readRefund } from './reports.ts';
import { type Data, isText } from './texts.ts';

const refundsPath = '/v1/trade/refund/domestic/refunds';

/** Requests a refund. The vendor promises that one refund number moves money once, however often it is sent. */
export async function refund(account: DouyinAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const { money, attempt, reason } = request;
  if (money.currency !== 'CNY') return { kind: 'rejected', reason: 'unsupported' };
  const body = {
    appid: account.appid,
    mchid: account.mchid,
    out_trade_no: attempt.number,
    out_refund_no: request.number,
    ...(isText(reason) ? { reason: [...reason].slice(0, 80).join('') } : {}),
    notify_url: request.callbackUrl,
    amount: { refund: money.amount, total: attempt.money.amount, currency: money.currency },
  };
  const answer = await ask(account, call, { method: 'POST', path: refundsPath, body });
  if (answer.kind === 'fault') return explainFault(answer.error);
  return answer.kind === 'data' ? conclude(account, request, answer.data) : answer;
}

/** Asks what became of a refund. */
export async function queryRefund(account: DouyinAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const path = `${refundsPath}/${encodeURIComponent(request.number)}?mchid=${account.mchid}`;
  const answer = await ask(account, call, { method: 'GET', path });
  if (answer.kind === 'fault')
    return saysNotFound(answer.error) ? { kind: 'ok', report: { state: 'not_found' } } : explainFault(answer.error);
  return answer.kind === 'data' ? conclude(account, request, answer.data) : answer;
}

/** A refund of another order is never ours, even under our number; the echo has no place for the order, so it is compared here. */
function conclude({ kit }: DouyinAccount, { attempt }: RefundRequest, data: Data): RefundOutcome {
  if (data.out_trade_no !== attempt.number) return giveUp(null);
  const report = readRefund(kit, data, data.status);
  return report === null || report.state === 'unmapped' ? giveUp(report) : { kind: 'ok', report };
}
