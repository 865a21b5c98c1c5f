import type { AttemptRef, PayRequest, RefundRequest } from '../../../core/contract/channel.ts';
import type { Call, Kit } from '../../../core/contract/kit.ts';
import type { CloseOutcome, Echo, Outcome, PaymentReport, RefundOutcome, RefundReport } from '../../../core/contract/outcome.ts';
import { closeBarCode, payBarCode, queryBarCode } from './barcode.ts';
import { explainCloseFault, explainFault, explainPayFault, explainRefundFault, saysNotFound } from './errors.ts';
import { ask, type WechatAccount } from './gateway.ts';
import { products } from './products.ts';
import { cutBytes, type Data, isRecord, isText, toChinaTime } from './texts.ts';

/** Creates the order and answers what the shopper has to do with it. */
export async function pay(account: WechatAccount, request: PayRequest, call: Call): Promise<Outcome> {
  if (request.money.currency !== 'CNY') return { kind: 'rejected', reason: 'unsupported' };
  if (request.product === 'barcode') return payBarCode(account, request, call);
  const product = Object.hasOwn(products, request.product) ? products[request.product] : undefined;
  const shopper = product?.describeShopper(request.payer) ?? null;
  if (product === undefined || shopper === null) return { kind: 'rejected', reason: 'validation' };
  const body = {
    appid: product.appidOf(account),
    mchid: account.mchid,
    description: cutBytes(request.subject, 127),
    out_trade_no: request.number,
    time_expire: toChinaTime(request.expiresAt),
    notify_url: request.callbackUrl,
    amount: { total: request.money.amount, currency: request.money.currency },
    ...shopper,
  };
  const answer = await ask(account, call, { method: 'POST', path: `/v3/pay/transactions/${product.path}`, body });
  if (answer.kind === 'fault') return explainPayFault(answer.error);
  if (answer.kind !== 'data') return answer;
  const action = await product.readAction(account, request, answer.data, call);
  return action === null ? { kind: 'unknown', reason: 'unreadable' } : { kind: 'action', action };
}

/** Asks for an order by our number: the vendor's own number exists only once it is paid. */
export async function query(account: WechatAccount, attempt: AttemptRef, call: Call): Promise<Outcome> {
  if (attempt.product === 'barcode') return queryBarCode(account, attempt, call);
  const answer = await ask(account, call, { method: 'GET', path: `${makeOrderPath(attempt.number)}?mchid=${account.mchid}` });
  if (answer.kind === 'fault')
    return saysNotFound(answer.error) ? { kind: 'ok', report: { state: 'not_found' } } : explainFault(answer.error);
  if (answer.kind !== 'data') return answer;
  const report = readPayment(account.kit, answer.data);
  if (report === null) return { kind: 'unknown', reason: 'unreadable' };
  if (report.state === 'unmapped') return { kind: 'unknown', reason: 'unmapped', vendor: { code: report.code, message: '' } };
  if (report.state !== 'declined') return { kind: 'ok', report };
  // A decline carries no echo for the kernel to compare, so it counts only for the very order that was asked for.
  const ours = report.echo.number === attempt.number && report.echo.merchantNo === account.mchid;
  if (!ours) return { kind: 'unknown', reason: 'unreadable' };
  return { kind: 'declined', code: report.code, advice: 'retry_other_method', vendor: { code: 'PAYERROR', message: '' } };
}

/** Closes an unpaid order. The vendor answers 204, and again 204 when it was closed before. */
export async function close(account: WechatAccount, attempt: AttemptRef, call: Call): Promise<CloseOutcome> {
  if (attempt.product === 'barcode') return closeBarCode(account, attempt, call);
  const path = `${makeOrderPath(attempt.number)}/close`;
  const answer = await ask(account, call, { method: 'POST', path, body: { mchid: account.mchid } });
  if (answer.kind === 'fault') return explainCloseFault(answer.error);
  return answer.kind === 'data' ? { kind: 'closed' } : answer;
}

/** Requests a refund. A repeat with the same number moves money once; a new number would move it again. */
export async function refund(account: WechatAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
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

/** Asks what became of a refund. */
export async function queryRefund(account: WechatAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
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

/** PAYERROR as data: final, with the order it is about. */
export interface PayError {
  readonly state: 'declined';
  readonly code: string;
  readonly echo: Echo;
}

/** A state that the vendor added after this was written. */
export interface Unmapped {
  readonly state: 'unmapped';
  readonly code: string;
}

/**
 * Reads an order as a query or a callback states it; null when something that must be there is not.
 * REFUND is a paid order some of which was returned: how much, only the refunds say.
 */
export function readPayment(kit: Kit, order: Data): PaymentReport | PayError | Unmapped | null {
  const { out_trade_no: number, mchid: merchantNo, transaction_id: transactionId, trade_state: state } = order;
  if (!isText(number) || !isText(merchantNo) || !isText(state)) return null;
  const echo = { number, merchantNo };
  const channelNo = isText(transactionId) ? { channelNo: transactionId } : {};
  if (state === 'SUCCESS' || state === 'REFUND') {
    const money = isRecord(order.amount) ? kit.money.fromMinor(order.amount.total, order.amount.currency) : null;
    return money === null || !isText(transactionId)
      ? null
      : { state: 'succeeded', channelNo: transactionId, money, echo, ...readTime(order.success_time) };
  }
  if (state === 'NOTPAY') return { state: 'pending', ...channelNo, echo };
  if (state === 'USERPAYING' || state === 'ACCEPT') return { state: 'processing', ...channelNo, echo };
  if (state === 'CLOSED' || state === 'REVOKED') return { state: 'closed', ...channelNo, echo };
  return state === 'PAYERROR' ? { state: 'declined', code: 'declined', echo } : { state: 'unmapped', code: state };
}

/** Reads a refund. The field of the state, and whether the currency is written at all, differ between answers and callbacks. */
export function readRefund(kit: Kit, refunded: Data, state: unknown, currency: unknown): RefundReport | Unmapped | null {
  const { out_refund_no: number, refund_id: channelNo, mchid: merchantNo } = refunded;
  if (!isText(number) || !isText(channelNo) || !isText(state)) return null;
  const echo = isText(merchantNo) ? { number, merchantNo } : { number };
  if (state === 'SUCCESS') {
    const money = isRecord(refunded.amount) ? kit.money.fromMinor(refunded.amount.refund, currency) : null;
    return money === null ? null : { state: 'succeeded', channelNo, money, echo, ...readTime(refunded.success_time) };
  }
  if (state === 'PROCESSING') return { state: 'processing', channelNo, echo };
  if (state === 'ABNORMAL') return { state: 'abnormal', channelNo, echo };
  return state === 'CLOSED' ? { state: 'failed', code: 'refund_closed', channelNo, echo } : { state: 'unmapped', code: state };
}

function readTime(value: unknown): { readonly at?: Date } {
  if (!isText(value) || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value)) return {};
  const at = new Date(value);
  return Number.isNaN(at.getTime()) ? {} : { at };
}

function makeOrderPath(number: string): string {
  return `/v3/pay/transactions/out-trade-no/${encodeURIComponent(number)}`;
}
