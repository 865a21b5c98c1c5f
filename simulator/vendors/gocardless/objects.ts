import { refundedOf } from '../../orders.ts';
import type { Order, Refund, Twist } from '../../types.ts';

const time = (at: number) => new Date(at).toISOString();
const shownAmount = ({ amount }: { amount: number }, twist: Twist) => amount + (twist.wrongAmount ? 1 : 0);

export function describeRequest(order: Order, twist: Twist) {
  const metadata = { attempt_number: order.number };
  const isPaid = order.state === 'paid';
  return {
    id: order.facts['requestId'],
    created_at: time(order.createdAt),
    status: isPaid ? 'fulfilled' : order.state === 'closed' ? 'cancelled' : 'pending',
    mandate_request: null,
    payment_request: {
      description: order.subject,
      currency: order.currency,
      amount: String(shownAmount(order, twist)),
      scheme: order.currency === 'GBP' ? 'faster_payments' : 'sepa_instant_credit_transfer',
      metadata,
      links: isPaid ? { payment: order.vendorNo } : {},
    },
    links: { customer: 'CU0001SIMULATED', ...(isPaid ? { payment_request_payment: order.vendorNo } : {}) },
    metadata,
  };
}

export function describePayment(order: Order, twist: Twist) {
  return {
    id: order.vendorNo,
    created_at: time(order.paidAt),
    amount: shownAmount(order, twist),
    amount_refunded: refundedOf(order),
    currency: order.currency,
    description: order.subject,
    status: 'confirmed',
    metadata: { attempt_number: order.number },
    links: { creditor: twist.wrongAccount ? 'CR0001SOMEBODY' : order.account },
  };
}

export function describeRefund(order: Order, refund: Refund, twist: Twist) {
  return {
    id: refund.vendorNo,
    created_at: time(refund.createdAt),
    amount: shownAmount(refund, twist),
    currency: order.currency,
    reference: null,
    status: refund.done ? 'paid' : 'created',
    metadata: { refund_number: refund.number },
    links: { payment: order.vendorNo },
  };
}
