import { refundedOf } from '../../orders.ts';
import type { Order, Refund, Twist } from '../../types.ts';
import { moneyOf, orderIdOf } from './common.ts';

const time = (at: number) => `${new Date(at).toISOString().slice(0, 19)}Z`;
const otherMerchant = (merchantId: string) => `${merchantId.slice(0, -1)}9`;

const payeeOf = ({ account }: Order, twist: Twist) => ({ merchant_id: twist.wrongAccount ? otherMerchant(account) : account });

export function describeCapture(order: Order, twist: Twist) {
  const refunded = refundedOf(order);
  const status = refunded === 0 ? 'COMPLETED' : refunded < order.amount ? 'PARTIALLY_REFUNDED' : 'REFUNDED';
  return {
    id: order.vendorNo,
    status,
    amount: moneyOf(order.amount + (twist.wrongAmount ? 100 : 0), order.currency),
    final_capture: true,
    custom_id: order.number,
    invoice_id: order.facts['invoice'],
    create_time: time(order.paidAt),
    update_time: time(order.paidAt),
  };
}

export function describeRefund(order: Order, refund: Refund, twist: Twist) {
  return {
    id: refund.vendorNo,
    status: refund.done ? 'COMPLETED' : 'PENDING',
    amount: moneyOf(refund.amount + (twist.wrongAmount ? 100 : 0), order.currency),
    custom_id: refund.number,
    invoice_id: refund.number,
    ...(refund.facts['note'] ? { note_to_payer: refund.facts['note'] } : {}),
    payer: payeeOf(order, twist),
    create_time: time(refund.createdAt),
    update_time: time(refund.createdAt),
    links: [{ rel: 'up', method: 'GET', href: `https://api-m.sandbox.paypal.com/v2/payments/captures/${order.vendorNo}` }],
  };
}

const statuses = { open: 'PAYER_ACTION_REQUIRED', approved: 'APPROVED', paid: 'COMPLETED', closed: 'VOIDED' } as const;

export function describeOrder(order: Order, twist: Twist, page: string) {
  const refunds = order.refunds.map((refund) => describeRefund(order, refund, twist));
  const payments = { captures: [describeCapture(order, twist)], ...(refunds.length > 0 ? { refunds } : {}) };
  const unit = {
    reference_id: 'default',
    amount: moneyOf(order.amount + (twist.wrongAmount ? 100 : 0), order.currency),
    payee: payeeOf(order, twist),
    description: order.subject,
    custom_id: order.number,
    invoice_id: order.facts['invoice'],
    ...(order.state === 'paid' ? { payments } : {}),
  };
  const approval = order.state === 'open' ? [{ rel: 'payer-action', method: 'GET', href: page }] : [];
  return {
    id: orderIdOf(order.vendorNo),
    intent: 'CAPTURE',
    status: statuses[order.state],
    purchase_units: [unit],
    create_time: time(order.createdAt),
    links: approval,
  };
}
