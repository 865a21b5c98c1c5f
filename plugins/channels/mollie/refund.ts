import type { RefundRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { RefundOutcome, RefundReport, Unknown } from '../../../core/contract/outcome.ts';
import { explain, explainRefund } from './errors.ts';
import { ask, type Data, isText, type MollieAccount, readEcho, readMoney, writeMoney } from './gateway.ts';
import { pathOf } from './pay.ts';

const unmapped: Unknown = { kind: 'unknown', reason: 'unmapped' };

/** Returns money of the payment that was made. */
export async function refund(account: MollieAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const { number, money, reason } = request;
  const path = pathOf(request.attempt.channelNo);
  if (path === null || !Number.isSafeInteger(money.amount) || money.amount <= 0) return { kind: 'rejected', reason: 'validation' };
  const body = {
    amount: writeMoney(account, money),
    // What the shopper's bank shows of the refund.
    ...(isText(reason) ? { description: [...reason].slice(0, 140).join('') } : {}),
    metadata: { paymux_refund: number },
  };
  const answer = await ask(account, call, { method: 'POST', path: `${path}/refunds`, body, number });
  if (answer.kind === 'fault') return explainRefund(answer.fault);
  return answer.kind === 'data' ? conclude(account, request, answer.data) : answer;
}

export async function queryRefund(account: MollieAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const { channelNo } = request;
  const path = pathOf(request.attempt.channelNo);
  if (path === null || channelNo === null || !/^re_[A-Za-z0-9]+$/.test(channelNo)) return { kind: 'rejected', reason: 'unsupported' };
  const answer = await ask(account, call, { method: 'GET', path: `${path}/refunds/${channelNo}` });
  if (answer.kind === 'fault') {
    return answer.fault.status === 404 ? { kind: 'ok', report: { state: 'not_found' } } : explain(answer.fault);
  }
  if (answer.kind !== 'data') return answer;
  return answer.data.id === channelNo ? conclude(account, request, answer.data) : unmapped;
}

/** The echo has no place for the payment that a refund is of, so it is compared here. */
function conclude(account: MollieAccount, request: RefundRequest, data: Data): RefundOutcome {
  if (data.paymentId !== request.attempt.channelNo) return unmapped;
  const report = readRefund(account, data);
  return report === null ? unmapped : { kind: 'ok', report };
}

function readRefund(account: MollieAccount, data: Data): RefundReport | null {
  const { id: channelNo, status } = data;
  if (data.resource !== 'refund' || !isText(channelNo)) return null;
  const echo = readEcho(data, 'paymux_refund');
  switch (status) {
    case 'refunded': {
      const money = readMoney(account, data.amount);
      return money === null ? null : { state: 'succeeded', channelNo, money, echo };
    }
    // Queued for lack of balance, Mollie tries for some time and then says failed.
    case 'queued':
    case 'pending':
    case 'processing':
      return { state: 'processing', channelNo, echo };
    case 'failed':
    case 'canceled':
      return { state: 'failed', code: 'refund_rejected', channelNo, echo };
    default:
      return null;
  }
}
