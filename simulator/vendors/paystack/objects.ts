import { refundedOf } from '../../orders.ts';
import type { Order, Refund, Twist } from '../../types.ts';

/** Integers, as the vendor's ids are. */
export const idNumber = (vendorNo: string) => Number(vendorNo);

/** What `verify` and the events show. An order that nobody has paid is `abandoned`, from its first moment. */
export function describeTransaction(order: Order, twist: Twist) {
  const isReversed = order.state === 'paid' && order.amount === refundedOf(order);
  const status = order.state !== 'paid' ? 'abandoned' : isReversed ? 'reversed' : 'success';
  return {
    id: idNumber(order.vendorNo),
    domain: 'test',
    status,
    reference: order.number,
    receipt_number: null,
    amount: order.amount + (twist.wrongAmount ? 1 : 0),
    message: null,
    gateway_response: status === 'success' ? 'Successful' : 'The transaction was not completed',
    paid_at: order.state === 'paid' ? new Date(order.paidAt).toISOString() : null,
    created_at: new Date(order.createdAt).toISOString(),
    channel: 'card',
    currency: order.currency,
    ip_address: null,
    metadata: { subject: order.subject },
    fees: null,
    requested_amount: order.amount,
  };
}

export function describeRefund(order: Order, refund: Refund, twist: Twist) {
  return {
    id: idNumber(refund.vendorNo),
    domain: 'test',
    transaction: idNumber(order.vendorNo),
    transaction_reference: order.number,
    currency: order.currency,
    amount: refund.amount + (twist.wrongAmount ? 1 : 0),
    status: refund.done ? 'processed' : 'pending',
    refunded_at: refund.done ? new Date(refund.createdAt).toISOString() : null,
    refunded_by: 'merchant',
    customer_note: refund.facts['customerNote'] ?? '',
    merchant_note: refund.number,
    createdAt: new Date(refund.createdAt).toISOString(),
  };
}
