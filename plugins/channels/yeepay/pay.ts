import type { AttemptRef, PayRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { CloseOutcome, Outcome, PaymentReport } from '../../../core/contract/outcome.ts';
import { explainFault, saysNotFound } from './errors.ts';
import { ask, type Data, textOf, timeOf, type YeepayAccount } from './gateway.ts';
import { payAtBank } from './netbank.ts';
import { commonFields, faultOf, taken, unreadable } from './orders.ts';

export async function pay(account: YeepayAccount, request: PayRequest, call: Call): Promise<Outcome> {
  if (request.product === 'netbank') return payAtBank(account, request, call);
  return request.product === 'barcode' ? payByCode(account, request, call) : showCode(account, request, call);
}

async function showCode(account: YeepayAccount, request: PayRequest, call: Call): Promise<Outcome> {
  const scene = JSON.stringify({ WECHAT: 'OFFLINE', ALIPAY: 'OFFLINE' });
  const fields = { ...commonFields(account, request), payWay: 'USER_SCAN', scene };
  const answer = await ask(account, call, { method: 'POST', path: '/rest/v1.0/aggpay/pay-link', fields });
  if (answer.kind === 'fault') return explainFault(answer.fault);
  if (answer.kind !== 'result') return answer;
  const { result } = answer;
  if (!taken.has(result.code)) return explainFault(faultOf(result));
  const { qrCodeUrl } = result;
  const isOurs = result.orderId === request.number && result.merchantNo === account.merchantNo;
  if (!isOurs || typeof qrCodeUrl !== 'string' || !/^https?:\/\/[^\s]+$/.test(qrCodeUrl)) return unreadable;
  return { kind: 'action', action: { type: 'qr', qrContent: qrCodeUrl } };
}

/** The shopper may still have to type a password: only the query ends it. */
async function payByCode(account: YeepayAccount, request: PayRequest, call: Call): Promise<Outcome> {
  const { authCode = '' } = request.payer;
  const fields = { ...commonFields(account, request), payWay: 'MERCHANT_SCAN', scene: 'OFFLINE', authCode, terminalId: account.terminalId };
  const answer = await ask(account, call, { method: 'POST', path: '/rest/v1.0/aggpay/pay', fields });
  if (answer.kind === 'fault') return explainFault(answer.fault);
  if (answer.kind !== 'result') return answer;
  if (!taken.has(answer.result.code)) return explainFault(faultOf(answer.result));
  return outcomeOf(account, answer.result, 'processing');
}

export async function query(account: YeepayAccount, attempt: AttemptRef, call: Call): Promise<Outcome> {
  const { parentMerchantNo, merchantNo } = account;
  const fields = { parentMerchantNo, merchantNo, orderId: attempt.number };
  const answer = await ask(account, call, { method: 'GET', path: '/rest/v1.0/trade/order/query', fields });
  if (answer.kind === 'fault') return explainFault(answer.fault);
  if (answer.kind !== 'result') return answer;
  if (taken.has(answer.result.code)) return outcomeOf(account, answer.result, attempt.product === 'barcode' ? 'processing' : 'pending');
  const fault = faultOf(answer.result);
  return saysNotFound(fault) ? { kind: 'ok', report: { state: 'not_found' } } : explainFault(fault);
}

export async function close(account: YeepayAccount, attempt: AttemptRef, call: Call): Promise<CloseOutcome> {
  const { parentMerchantNo, merchantNo } = account;
  const fields = { parentMerchantNo, merchantNo, orderId: attempt.number };
  const path = attempt.product === 'netbank' ? '/rest/v1.0/trade/order/close' : '/rest/v1.0/aggpay/close-order';
  const answer = await ask(account, call, { method: 'POST', path, fields });
  if (answer.kind === 'fault') return explainFault(answer.fault);
  if (answer.kind !== 'result') return answer;
  if (taken.has(answer.result.code)) return answer.result.orderId === attempt.number ? { kind: 'closed' } : unreadable;
  // Paid, closed before, or not known: the order itself tells.
  const found = await query(account, attempt, call);
  if (found.kind !== 'ok') return found.kind === 'action' || found.kind === 'declined' ? { kind: 'closed' } : found;
  const ends = { succeeded: 'paid', closed: 'closed', not_found: 'notFound' } as const;
  const end = ends[found.report.state as keyof typeof ends];
  return end === undefined ? { kind: 'unknown', reason: 'unmapped' } : { kind: end };
}

/** Reads an order of an answer. `open` is what an undecided order is for this product. */
function outcomeOf(account: YeepayAccount, order: Data, open: 'pending' | 'processing'): Outcome {
  if (order.status === 'FAIL') {
    const echo = { number: textOf(order.orderId), merchantNo: textOf(order.merchantNo) };
    if (echo.number === '') return unreadable;
    const vendor = { code: 'FAIL', message: textOf(order.message) };
    return { kind: 'declined', echo, code: 'declined', advice: 'retry_other_method', vendor };
  }
  const report = readOrder(account, order, open);
  return report === null ? unreadable : { kind: 'ok', report };
}

/** An order as answers and callbacks carry it; null when it cannot be read. */
export function readOrder({ kit }: YeepayAccount, order: Data, open: 'pending' | 'processing'): PaymentReport | null {
  const { orderId, merchantNo, status } = order;
  if (typeof orderId !== 'string' || typeof merchantNo !== 'string') return null;
  const echo = { number: orderId, merchantNo };
  if (status === 'PROCESSING') return { state: open, echo };
  if (status === 'TIME_OUT' || status === 'CLOSE') return { state: 'closed', echo };
  const money = kit.money.fromMajor(amountText(order.orderAmount), 'CNY');
  const channelNo = textOf(order.uniqueOrderNo);
  if (status !== 'SUCCESS' || money === null || channelNo === '') return null;
  return { state: 'succeeded', channelNo, money, echo, ...timeOf(order.paySuccessDate) };
}

/** Amounts are decimal text, and in some answers a JSON number, whose text is the same for anything that a payment can be. */
export function amountText(value: unknown): unknown {
  return typeof value === 'number' ? String(value) : value;
}
