import { refundedOf } from '../../orders.ts';
import type { Order, Refund, Twist } from '../../types.ts';

const money = (amount: number, { currency }: Order) => ({ amount, currency });
const time = (at: number) => new Date(at).toISOString();
const otherLocation = (locationId: string) => `${locationId.slice(0, -1)}9`;

/** A card payment has the merchant's reference; one of a link has its note alone. */
export function describePayment(order: Order, twist: Twist) {
  const isLink = order.product === 'link';
  const amount = order.amount + (twist.wrongAmount ? 1 : 0);
  return {
    id: order.vendorNo,
    created_at: time(order.createdAt),
    updated_at: time(order.paidAt || order.closedAt || order.createdAt),
    amount_money: money(amount, order),
    total_money: money(amount, order),
    approved_money: money(amount, order),
    refunded_money: money(refundedOf(order), order),
    status: order.state === 'paid' ? 'COMPLETED' : order.state === 'closed' ? 'CANCELED' : 'PENDING',
    source_type: 'CARD',
    location_id: twist.wrongAccount ? otherLocation(order.account) : order.account,
    order_id: order.facts['orderId'],
    ...(isLink ? { note: order.facts['note'] } : { reference_id: order.number, note: order.subject }),
    version_token: 'v',
  };
}

export function describeOrder(order: Order, twist: Twist) {
  const isPaid = order.state === 'paid';
  const tender = { id: order.vendorNo, payment_id: order.vendorNo, type: 'CARD', amount_money: money(order.amount, order) };
  return {
    id: order.facts['orderId'],
    location_id: twist.wrongAccount ? otherLocation(order.account) : order.account,
    reference_id: order.number,
    // The seller still has to hand the goods over, so a paid order stays open.
    state: order.state === 'closed' ? 'CANCELED' : 'OPEN',
    version: 1,
    total_money: money(order.amount, order),
    net_amount_due_money: money(isPaid ? 0 : order.amount, order),
    ...(isPaid ? { tenders: [tender] } : {}),
    created_at: time(order.createdAt),
  };
}

export function describeRefund(order: Order, refund: Refund, twist: Twist) {
  return {
    id: refund.vendorNo,
    status: refund.done ? 'COMPLETED' : 'PENDING',
    location_id: order.account,
    amount_money: money(refund.amount + (twist.wrongAmount ? 1 : 0), order),
    payment_id: order.vendorNo,
    order_id: order.facts['orderId'],
    ...(refund.facts['reason'] ? { reason: refund.facts['reason'] } : {}),
    created_at: time(refund.createdAt),
    updated_at: time(refund.createdAt),
  };
}
