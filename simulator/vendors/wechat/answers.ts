import type { Fault } from '../../fields.ts';
import { toChinaRfc3339 } from '../../time.ts';
import type { Order, Refund, Twist } from '../../types.ts';
import type { WechatMerchant } from './keys.ts';

/** What one of WeChat Pay's addresses answers, before it is signed. */
export interface WechatResult {
  readonly status: number;
  readonly json: Readonly<Record<string, unknown>> | null;
  readonly order?: Order;
  readonly afterwards?: () => void;
}

export const tradeTypes: Readonly<Record<string, string>> = {
  native: 'NATIVE',
  jsapi: 'JSAPI',
  app: 'APP',
  h5: 'MWEB',
  barcode: 'MICROPAY',
};
const tradeStateTexts = { SUCCESS: '支付成功', REFUND: '转入退款', NOTPAY: '订单未支付', CLOSED: '订单已关闭' } as const;
const autoCloseMs = 7 * 24 * 3600_000;

export function problem(status: number, code: string, message: string, detail?: Readonly<Record<string, unknown>>): WechatResult {
  return { status, json: { code, message, ...(detail && { detail }) } };
}

export const parameterError = ({ field, issue }: Fault) => problem(400, 'PARAM_ERROR', '参数错误', { field, issue, location: 'body' });
export const orderNotExist = () => problem(404, 'ORDER_NOT_EXIST', '订单不存在');

/** Another merchant's number, for answers that are about somebody else. */
export const strangerOf = (mchid: string) => `${mchid.slice(0, -1)}9`;

export function tradeState(order: Order, nowMs: number): keyof typeof tradeStateTexts {
  if (order.state === 'paid') return order.refunds.length > 0 ? 'REFUND' : 'SUCCESS';
  return order.state === 'closed' || nowMs > order.createdAt + autoCloseMs ? 'CLOSED' : 'NOTPAY';
}

/** A transaction as the query and the notification show it. */
export function describeTransaction(
  order: Order,
  merchant: WechatMerchant,
  twist: Twist,
  nowMs: number,
  forcePaid = false,
): Record<string, unknown> {
  const state = forcePaid ? 'SUCCESS' : tradeState(order, nowMs);
  const total = order.amount + (twist.wrongAmount ? 1 : 0);
  const paid = forcePaid || order.state === 'paid';
  return {
    appid: order.facts.appid ?? merchant.appid,
    mchid: twist.wrongAccount ? strangerOf(merchant.mchid) : merchant.mchid,
    out_trade_no: order.number,
    trade_state: state,
    trade_state_desc: tradeStateTexts[state],
    ...(order.facts.attach !== undefined && { attach: order.facts.attach }),
    amount: { total, currency: order.currency, ...(paid && { payer_total: total, payer_currency: order.currency }) },
    ...(paid && {
      transaction_id: order.vendorNo,
      trade_type: tradeTypes[order.product],
      bank_type: 'OTHERS',
      success_time: toChinaRfc3339(order.paidAt || nowMs),
      payer: { openid: order.facts.openid ?? 'oSimulatedShopper0000000001' },
    }),
  };
}

/** A refund as its creation and its query show it. */
export function describeRefund(order: Order, refund: Refund, twist: Twist): Record<string, unknown> {
  const amount = refund.amount + (twist.wrongAmount ? 1 : 0);
  return {
    refund_id: refund.vendorNo,
    out_refund_no: refund.number,
    transaction_id: order.vendorNo,
    out_trade_no: order.number,
    channel: 'ORIGINAL',
    user_received_account: '支付用户零钱',
    create_time: toChinaRfc3339(refund.createdAt),
    ...(refund.done && { success_time: toChinaRfc3339(refund.createdAt) }),
    status: refund.done ? 'SUCCESS' : 'PROCESSING',
    funds_account: 'AVAILABLE',
    amount: {
      total: order.amount,
      refund: amount,
      payer_total: order.amount,
      payer_refund: amount,
      settlement_refund: amount,
      settlement_total: order.amount,
      discount_refund: 0,
      currency: order.currency,
    },
  };
}

/** A refund as the notification shows it: flatter than the query, and with other names. */
export function describeRefundNotice(order: Order, refund: Refund, merchant: WechatMerchant, twist: Twist): Record<string, unknown> {
  const amount = refund.amount + (twist.wrongAmount ? 1 : 0);
  return {
    mchid: twist.wrongAccount ? strangerOf(merchant.mchid) : merchant.mchid,
    out_trade_no: order.number,
    transaction_id: order.vendorNo,
    out_refund_no: refund.number,
    refund_id: refund.vendorNo,
    refund_status: 'SUCCESS',
    success_time: toChinaRfc3339(refund.createdAt),
    user_received_account: '支付用户零钱',
    amount: { total: order.amount, refund: amount, payer_total: order.amount, payer_refund: amount },
  };
}
