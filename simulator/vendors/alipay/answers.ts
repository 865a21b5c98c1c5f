import { refundedOf } from '../../orders.ts';
import { toChinaText } from '../../time.ts';
import type { Order, Refund, Twist } from '../../types.ts';
import { toYuan } from '../../yuan.ts';
import type { AlipayMerchant } from './keys.ts';
import type { Params } from './sign.ts';

/** What a method answers inside its node, with the trade it is about. */
export interface AlipayResult {
  readonly node: Readonly<Record<string, unknown>>;
  readonly order?: Order;
  readonly afterwards?: () => void;
}

const buyer = { buyer_logon_id: 'sim***@example.com', buyer_user_id: '2088000000000999' };

export const success = (fields: Readonly<Record<string, unknown>>, order?: Order): AlipayResult => ({
  node: { code: '10000', msg: 'Success', ...fields },
  ...(order && { order }),
});

/** The gateway itself refuses: nothing of the business has been looked at. */
export const refused = (code: '40001' | '40002', subCode: string, subMsg: string): AlipayResult => ({
  node: { code, msg: code === '40001' ? 'Missing Required Arguments' : 'Invalid Arguments', sub_code: subCode, sub_msg: subMsg },
});

const messages: Readonly<Record<string, string>> = {
  'ACQ.TRADE_NOT_EXIST': '交易不存在',
  'ACQ.TRADE_STATUS_ERROR': '交易状态不合法',
  'ACQ.TRADE_HAS_SUCCESS': '交易已被支付',
  'ACQ.TRADE_HAS_CLOSE': '交易已经关闭',
  'ACQ.CONTEXT_INCONSISTENT': '交易信息被篡改',
  'ACQ.INVALID_PARAMETER': '参数无效',
  'ACQ.REFUND_AMT_NOT_EQUAL_TOTAL': '退款金额超限',
  'ACQ.DISCORDANT_REPEAT_REQUEST': '不一致的请求',
  'ACQ.TRADE_HAS_FINISHED': '交易已完结',
};

/** The business refuses. */
export const failed = (subCode: string, detail?: string): AlipayResult => ({
  node: { code: '40004', msg: 'Business Failed', sub_code: subCode, sub_msg: detail ?? messages[subCode] ?? '业务处理失败' },
});

/** A trade that was refunded in full is closed, and so is one whose time ran out unpaid. */
export function tradeStatus(order: Order, nowMs: number): 'WAIT_BUYER_PAY' | 'TRADE_SUCCESS' | 'TRADE_CLOSED' {
  if (order.state === 'paid') return refundedOf(order) < order.amount ? 'TRADE_SUCCESS' : 'TRADE_CLOSED';
  return order.state === 'closed' || nowMs >= order.expiresAt ? 'TRADE_CLOSED' : 'WAIT_BUYER_PAY';
}

/** `alipay.trade.query` */
export function describeTrade(order: Order, twist: Twist, nowMs: number): Record<string, unknown> {
  const total = toYuan(order.amount + (twist.wrongAmount ? 1 : 0));
  const paid = order.state === 'paid';
  return {
    trade_no: order.vendorNo,
    out_trade_no: order.number,
    ...buyer,
    trade_status: tradeStatus(order, nowMs),
    total_amount: total,
    receipt_amount: paid ? total : '0.00',
    buyer_pay_amount: paid ? total : '0.00',
    invoice_amount: paid ? total : '0.00',
    point_amount: '0.00',
    ...(paid && { send_pay_date: toChinaText(order.paidAt), fund_bill_list: [{ amount: total, fund_channel: 'ALIPAYACCOUNT' }] }),
  };
}

/** `alipay.trade.refund`: `refund_fee` is what has been refunded of the trade in all. */
export function describeRefund(order: Order, refund: Refund, changed: boolean, twist: Twist): Record<string, unknown> {
  return {
    trade_no: order.vendorNo,
    out_trade_no: order.number,
    ...buyer,
    fund_change: changed ? 'Y' : 'N',
    refund_fee: toYuan(refundedOf(order) + (twist.wrongAmount ? 1 : 0)),
    gmt_refund_pay: toChinaText(refund.createdAt),
  };
}

/** `alipay.trade.fastpay.refund.query` of a refund that exists. */
export function describeRefundState(order: Order, refund: Refund, twist: Twist): Record<string, unknown> {
  return {
    trade_no: order.vendorNo,
    out_trade_no: order.number,
    out_request_no: refund.number,
    total_amount: toYuan(order.amount),
    refund_amount: toYuan(refund.amount + (twist.wrongAmount ? 1 : 0)),
    refund_status: 'REFUND_SUCCESS',
    gmt_refund_pay: toChinaText(refund.createdAt),
  };
}

/** The fields of an asynchronous notification, unsigned. A refund is told as a change of its trade. */
export function describeNotice(order: Order, refund: Refund | null, merchant: AlipayMerchant, twist: Twist, nowMs: number): Params {
  const total = toYuan(order.amount + (twist.wrongAmount ? 1 : 0));
  const stranger = (id: string) => (twist.wrongAccount ? `${id.slice(0, -1)}9` : id);
  return {
    notify_time: toChinaText(nowMs),
    notify_type: 'trade_status_sync',
    charset: 'utf-8',
    version: '1.0',
    app_id: stranger(merchant.appId),
    auth_app_id: stranger(merchant.appId),
    seller_id: stranger(merchant.sellerId),
    ...buyer,
    trade_no: order.vendorNo,
    out_trade_no: order.number,
    subject: order.subject,
    total_amount: total,
    receipt_amount: total,
    invoice_amount: total,
    buyer_pay_amount: total,
    point_amount: '0.00',
    fund_bill_list: JSON.stringify([{ amount: total, fundChannel: 'ALIPAYACCOUNT' }]),
    gmt_create: toChinaText(order.createdAt),
    gmt_payment: toChinaText(order.paidAt || nowMs),
    ...(refund === null
      ? { trade_status: 'TRADE_SUCCESS' }
      : {
          trade_status: tradeStatus(order, nowMs),
          out_biz_no: refund.number,
          refund_fee: toYuan(refundedOf(order)),
          gmt_refund: toChinaText(refund.createdAt),
        }),
  };
}
