import type { Kit } from '../../../core/contract/kit.ts';
import type { Outcome, PaymentReport, RefundReport } from '../../../core/contract/outcome.ts';
import { type Data, isRecord, isText, readTime } from './texts.ts';

/** A state that the vendor does not say it uses, or added later. */
export interface Unmapped {
  readonly state: 'unmapped';
  readonly code: string;
}

/**
 * Reads an order as a query or a callback states it; null when something that must be there is not. The vendor's library
 * marks REFUND, USERPAYING and PAYERROR as not in use yet. REFUND can only mean a paid order. PAYERROR is not read as a
 * decline: a QR code may be tried again.
 */
export function readPayment(kit: Kit, order: Data): PaymentReport | Unmapped | null {
  const { out_trade_no: number, mchid: merchantNo, transaction_id: transactionId, trade_state: state } = order;
  if (!isText(number) || !isText(merchantNo) || !isText(state)) return null;
  const echo = { number, merchantNo };
  const channelNo = isText(transactionId) ? { channelNo: transactionId } : {};
  if (state === 'SUCCESS' || state === 'REFUND') {
    const money = isRecord(order.amount) ? kit.money.fromMinor(order.amount.total, order.amount.currency) : null;
    if (money === null || !isText(transactionId)) return null;
    return { state: 'succeeded', channelNo: transactionId, money, echo, ...readTime(order.success_time) };
  }
  if (state === 'NOTPAY') return { state: 'pending', ...channelNo, echo };
  if (state === 'USERPAYING') return { state: 'processing', ...channelNo, echo };
  return state === 'CLOSED' ? { state: 'closed', ...channelNo, echo } : { state: 'unmapped', code: state.slice(0, 64) };
}

/** Reads a refund. An answer names its state `status` and a callback `refund_status`; neither names the merchant inside. */
export function readRefund(kit: Kit, refunded: Data, state: unknown, merchantNo?: string): RefundReport | Unmapped | null {
  const { out_refund_no: number, refund_id: channelNo, amount } = refunded;
  if (!isText(number) || !isText(channelNo) || !isText(state)) return null;
  const echo = merchantNo === undefined ? { number } : { number, merchantNo };
  if (state === 'SUCCESS') {
    const money = isRecord(amount) ? kit.money.fromMinor(amount.refund, amount.currency) : null;
    return money === null ? null : { state: 'succeeded', channelNo, money, echo, ...readTime(refunded.success_time) };
  }
  if (state === 'PROCESSING') return { state: 'processing', channelNo, echo };
  if (state === 'ABNORMAL') return { state: 'abnormal', channelNo, echo };
  return state === 'CLOSED'
    ? { state: 'failed', code: 'refund_rejected', channelNo, echo }
    : { state: 'unmapped', code: state.slice(0, 64) };
}

/** What has to be said of an answer that could not be read, or not be understood. */
export function giveUp(read: Unmapped | null): Extract<Outcome, { kind: 'unknown' }> {
  if (read === null) return { kind: 'unknown', reason: 'unreadable' };
  return { kind: 'unknown', reason: 'unmapped', vendor: { code: read.code, message: '' } };
}
