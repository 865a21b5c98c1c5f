import { refundedOf } from '../../orders.ts';
import type { Order, Refund, Twist } from '../../types.ts';
import { seconds } from './common.ts';

/** Each order's failed tries are known by the callbacks about them. */
const failedTries = (order: Order) => order.callbacks.filter(({ event }) => event === 'payment.failed').length;

export function describeOrder(order: Order, twist: Twist) {
  const isPaid = order.state === 'paid';
  const tries = failedTries(order) + (isPaid ? 1 : 0);
  const amount = order.amount + (twist.wrongAmount ? 1 : 0);
  return {
    id: order.facts['orderId'],
    entity: 'order',
    amount,
    amount_paid: isPaid ? amount : 0,
    amount_due: isPaid ? 0 : amount,
    currency: order.currency,
    receipt: order.number,
    offer_id: null,
    status: isPaid ? 'paid' : tries > 0 ? 'attempted' : 'created',
    attempts: tries,
    notes: order.subject === '' ? [] : { subject: order.subject },
    created_at: seconds(order.createdAt),
  };
}

/** The payment that took the money, or one failed try of an order that nobody has paid. */
export function describePayment(order: Order, twist: Twist) {
  const isPaid = order.state === 'paid';
  const refunded = refundedOf(order);
  const isRefunded = isPaid && refunded === order.amount;
  return {
    id: isPaid ? order.vendorNo : `${order.vendorNo}f`,
    entity: 'payment',
    amount: order.amount + (twist.wrongAmount ? 1 : 0),
    currency: order.currency,
    status: !isPaid ? 'failed' : isRefunded ? 'refunded' : 'captured',
    order_id: order.facts['orderId'],
    invoice_id: null,
    international: order.currency !== 'INR',
    method: 'card',
    amount_refunded: refunded,
    refund_status: isRefunded ? 'full' : refunded > 0 ? 'partial' : null,
    captured: isPaid,
    description: order.subject,
    notes: [],
    error_code: isPaid ? null : 'BAD_REQUEST_ERROR',
    created_at: seconds(order.paidAt || order.createdAt),
  };
}

export const describePayments = (order: Order, twist: Twist) =>
  order.state === 'paid' || failedTries(order) > 0 ? [describePayment(order, twist)] : [];

export function describeRefund(order: Order, refund: Refund, twist: Twist) {
  const { reason } = refund.facts;
  return {
    id: refund.vendorNo,
    entity: 'refund',
    amount: refund.amount + (twist.wrongAmount ? 1 : 0),
    currency: order.currency,
    payment_id: order.vendorNo,
    notes: { refund_number: refund.facts['note'] ?? '', ...(reason ? { reason } : {}) },
    receipt: refund.number === '' ? null : refund.number,
    acquirer_data: { arn: null },
    created_at: seconds(refund.createdAt),
    batch_id: null,
    status: refund.done ? 'processed' : 'pending',
    speed_processed: 'normal',
    speed_requested: 'normal',
  };
}
