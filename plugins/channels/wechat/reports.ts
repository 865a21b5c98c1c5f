import type { Kit } from '../../../core/contract/kit.ts';
import type { Echo, PaymentReport, RefundReport } from '../../../core/contract/outcome.ts';
import { type Data, isRecord, isText } from './texts.ts';

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
  return state === 'CLOSED' ? { state: 'failed', code: 'refund_rejected', channelNo, echo } : { state: 'unmapped', code: state };
}

function readTime(value: unknown): { readonly at?: Date } {
  if (!isText(value) || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value)) return {};
  const at = new Date(value);
  return Number.isNaN(at.getTime()) ? {} : { at };
}
