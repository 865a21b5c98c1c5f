import { refundedOf } from '../../orders.ts';
import type { Order, Refund, Twist } from '../../types.ts';

const time = (at: number) => new Date(at).toISOString();
const shownAmount = ({ amount }: { amount: number }, twist: Twist) => amount + (twist.wrongAmount ? 1 : 0);

export const isExpired = (order: Order, now: number) => order.state === 'open' && order.expiresAt <= now;

export function describePage(order: Order, now: number, twist: Twist) {
  const isPaid = order.state === 'paid';
  return {
    id: order.facts['pageId'],
    status: isPaid ? 'Payment Received' : isExpired(order, now) ? 'Expired' : 'Payment Pending',
    amount: shownAmount(order, twist),
    currency: order.currency,
    reference: order.number,
    description: order.subject,
    ...(isPaid ? { payment_id: order.vendorNo } : {}),
  };
}

export function describePayment(order: Order, twist: Twist) {
  const refunded = refundedOf(order);
  const status = refunded === 0 ? 'Captured' : refunded < order.amount ? 'Partially Refunded' : 'Refunded';
  return {
    id: order.vendorNo,
    requested_on: time(order.paidAt),
    source: { type: 'card', scheme: 'Visa', last4: '4242' },
    amount: shownAmount(order, twist),
    currency: order.currency,
    payment_type: 'Regular',
    reference: order.number,
    status,
    approved: true,
    balances: { total_authorized: order.amount, total_captured: order.amount, total_refunded: refunded },
  };
}

export function describeRefund(refund: Refund, twist: Twist) {
  return {
    id: refund.vendorNo,
    type: 'Refund',
    processed_on: time(refund.createdAt),
    amount: shownAmount(refund, twist),
    ...(refund.done ? { approved: true, response_code: '10000', response_summary: 'Approved' } : {}),
    reference: refund.number,
  };
}
