import { randomInt } from 'node:crypto';
import type { Fault } from '../../fields.ts';
import { toChinaRfc3339 } from '../../time.ts';
import type { Order, Refund, Twist } from '../../types.ts';
import type { DouyinMerchant } from './keys.ts';

/** What one of the gateway's addresses answers, before it is signed. */
export interface DouyinResult {
  readonly status: number;
  readonly json: Readonly<Record<string, unknown>> | null;
  readonly order?: Order;
  readonly afterwards?: () => void;
}

const tradeTypes: Readonly<Record<string, string>> = { native: 'NATIVE', jsapi: 'JSAPI', app: 'APP', h5: 'MWEB' };
const stateTexts = { SUCCESS: '支付成功', NOTPAY: '未支付', CLOSED: '已关闭' } as const;

export const digits = (count: number) => Array.from({ length: count }, () => randomInt(10)).join('');

export function problem(status: number, code: string, message: string, detail?: Readonly<Record<string, unknown>>): DouyinResult {
  return { status, json: { code, message, ...(detail && { detail }) } };
}

export const parameterError = ({ field, issue }: Fault) => problem(400, 'PARAM_ERROR', '参数错误', { field, issue, location: 'body' });
export const orderNotExist = () => problem(404, 'ORDER_NOT_EXIST', '订单不存在');

/** Another merchant's number, for answers that are about somebody else. */
export const strangerOf = (mchid: string) => `${mchid.slice(0, -1)}9`;

/** Where the vendor calls: https, or the own machine, never with a query. */
export function isNotifyUrl(url: string): boolean {
  if (!URL.canParse(url) || /[?#]/.test(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || (protocol === 'http:' && hostname === '127.0.0.1');
}

export function stateOf(order: Order, nowMs: number): keyof typeof stateTexts {
  if (order.state === 'paid') return 'SUCCESS';
  return order.state === 'closed' || nowMs > order.expiresAt ? 'CLOSED' : 'NOTPAY';
}

/** An order as the query and the notification show it. */
export function describeOrder(order: Order, merchant: DouyinMerchant, twist: Twist, nowMs: number, isForced = false) {
  const state = isForced ? 'SUCCESS' : stateOf(order, nowMs);
  const total = order.amount + (twist.wrongAmount ? 1 : 0);
  const paid = {
    transaction_id: order.vendorNo,
    trade_type: tradeTypes[order.product],
    bank_type: 'OTHERS',
    success_time: toChinaRfc3339(order.paidAt || nowMs),
    payer: { openid: order.facts['openid'] ?? 'simulated-shopper' },
  };
  const isPaid = state === 'SUCCESS';
  return {
    appid: merchant.appid,
    mchid: twist.wrongAccount ? strangerOf(merchant.mchid) : merchant.mchid,
    out_trade_no: order.number,
    trade_state: state,
    trade_state_desc: stateTexts[state],
    amount: { total, currency: order.currency, ...(isPaid && { payer_total: total, payer_currency: order.currency }) },
    ...(isPaid && paid),
  };
}

/** A refund, without its state: an answer and a notification name that differently. Neither names the merchant. */
export function describeRefund(order: Order, refund: Refund, twist: Twist) {
  const amount = refund.amount + (twist.wrongAmount ? 1 : 0);
  return {
    refund_id: refund.vendorNo,
    out_refund_no: refund.number,
    transaction_id: order.vendorNo,
    out_trade_no: order.number,
    channel: 'ORIGINAL',
    user_received_account: '抖音零钱',
    create_time: toChinaRfc3339(refund.createdAt),
    ...(refund.done && { success_time: toChinaRfc3339(refund.createdAt) }),
    funds_account: 'UNSETTLED',
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
