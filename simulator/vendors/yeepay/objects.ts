import { toChinaText } from '../../time.ts';
import type { Order, Refund, Twist } from '../../types.ts';
import { toYuan } from '../../yuan.ts';

const account = (order: Order, twist: Twist) => (twist.wrongAccount ? `${order.account.slice(0, -1)}9` : order.account);
const statuses = { open: 'PROCESSING', approved: 'PROCESSING', paid: 'SUCCESS', closed: 'CLOSE' } as const;

export function describeOrder(order: Order, twist: Twist) {
  return {
    parentMerchantNo: order.account,
    merchantNo: account(order, twist),
    orderId: order.number,
    uniqueOrderNo: order.vendorNo,
    status: statuses[order.state],
    orderAmount: toYuan(order.amount + (twist.wrongAmount ? 1 : 0)),
    ...(order.state === 'paid' ? { paySuccessDate: toChinaText(order.paidAt), payWay: 'USER_SCAN', channel: 'WECHAT' } : {}),
  };
}

export function describeRefund(order: Order, refund: Refund, twist: Twist) {
  return {
    parentMerchantNo: order.account,
    merchantNo: account(order, twist),
    orderId: order.number,
    refundRequestId: refund.number,
    uniqueRefundNo: refund.vendorNo,
    refundAmount: toYuan(refund.amount + (twist.wrongAmount ? 1 : 0)),
    status: refund.done ? 'SUCCESS' : 'PROCESSING',
    ...(refund.done ? { refundSuccessDate: toChinaText(refund.createdAt) } : {}),
  };
}
