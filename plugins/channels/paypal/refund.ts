import type { RefundRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { RefundOutcome, RefundReport } from '../../../core/contract/outcome.ts';
import { explainFault, explainQuestion, saysNotFound } from './errors.ts';
import { ask, type Data, idOf, isRecord, ourNumber, type PaypalAccount, timeOf } from './gateway.ts';
import { readMoney, writeMoney } from './money.ts';
import { refundsOf } from './order.ts';
import { withoutCoins } from './pay.ts';

const notFound = { kind: 'ok', report: { state: 'not_found' } } as const;
const unreadable = { kind: 'unknown', reason: 'unreadable' } as const;

export async function refund(account: PaypalAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const captureId = idOf(request.attempt.channelNo);
  const amount = writeMoney(account.kit, request.money);
  if (captureId === null) return { kind: 'rejected', reason: 'validation' };
  if (amount === null) return withoutCoins(request.money.currency);
  const note = request.reason === null ? '' : request.reason.replace(/[\r\n]+/g, ' ').slice(0, 255);
  const body = {
    amount,
    custom_id: request.number,
    invoice_id: request.number,
    ...(note === '' ? {} : { note_to_payer: note }),
  };
  const path = `/v2/payments/captures/${captureId}/refund`;
  const answer = await ask(account, call, { method: 'POST', path, body, requestId: request.number });
  if (answer.kind === 'fault') return explainFault(answer.fault);
  return answer.kind === 'data' ? outcomeOf(account, answer.data) : answer;
}

/** By PayPal's number once it is known; before that, among the refunds that the order lists. */
export async function queryRefund(account: PaypalAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const refundId = idOf(request.channelNo);
  if (refundId === null) return findRefund(account, request, call);
  const answer = await ask(account, call, { method: 'GET', path: `/v2/payments/refunds/${refundId}` });
  if (answer.kind === 'fault') return saysNotFound(answer.fault) ? notFound : explainQuestion(answer.fault);
  return answer.kind === 'data' ? outcomeOf(account, answer.data) : answer;
}

async function findRefund(account: PaypalAccount, { number, attempt }: RefundRequest, call: Call): Promise<RefundOutcome> {
  const orderId = idOf(attempt.sessionNo);
  if (orderId === null) return { kind: 'unknown', reason: 'unmapped' };
  const answer = await ask(account, call, { method: 'GET', path: `/v2/checkout/orders/${orderId}` });
  if (answer.kind === 'fault') return explainQuestion(answer.fault);
  if (answer.kind !== 'data') return answer;
  const found = refundsOf(answer.data).find((one) => ourNumber(one.custom_id, one.invoice_id) === number);
  return found === undefined ? notFound : outcomeOf(account, found);
}

function outcomeOf(account: PaypalAccount, data: Data): RefundOutcome {
  const report = readRefund(account, data);
  return report === null ? unreadable : { kind: 'ok', report };
}

function readRefund({ kit }: PaypalAccount, data: Data): RefundReport | null {
  const channelNo = idOf(data.id);
  if (channelNo === null) return null;
  const number = ourNumber(data.custom_id, data.invoice_id);
  // The schema calls the refund's side of the payee "payer".
  const merchantNo = isRecord(data.payer) && typeof data.payer.merchant_id === 'string' ? data.payer.merchant_id.slice(0, 64) : null;
  const echo = { ...(number === null ? {} : { number }), ...(merchantNo === null ? {} : { merchantNo }) };
  if (data.status === 'PENDING') return { state: 'processing', channelNo, echo };
  if (data.status === 'FAILED' || data.status === 'CANCELLED') return { state: 'failed', code: 'refund_rejected', channelNo, echo };
  const money = readMoney(kit, data.amount);
  if (data.status !== 'COMPLETED' || money === null) return null;
  return { state: 'succeeded', channelNo, money, echo, ...timeOf(data.create_time) };
}
