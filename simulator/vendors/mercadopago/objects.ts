import type { Order, Refund, Twist } from '../../types.ts';
import { toYuan } from '../../yuan.ts';
import type { MercadoWorld } from './keys.ts';

/** Currencies without decimals. */
export const withoutDecimals: ReadonlySet<string> = new Set(['CLP']);

export const raw = (text: string) => (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(text);
export const amountOf = (currency: string, minor: number) =>
  raw(withoutDecimals.has(currency) ? String(minor) : toYuan(minor).replace(/\.00$/, ''));
const collectorOf = (order: Order, twist: Twist) => raw(twist.wrongAccount ? `${order.account}9` : order.account);
export const timeOf = (ms: number) => new Date(ms).toISOString().replace('Z', '+00:00');

export function describePreference(world: MercadoWorld, order: Order, twist: Twist): Readonly<Record<string, unknown>> {
  const page = world.payPage(order);
  const item = { id: order.number, title: order.subject, quantity: 1, currency_id: order.currency };
  return {
    id: preferenceIdOf(order),
    collector_id: collectorOf(order, twist),
    date_created: timeOf(order.createdAt),
    expires: true,
    expiration_date_to: timeOf(order.expiresAt),
    external_reference: order.number,
    items: [{ ...item, unit_price: amountOf(order.currency, order.amount + (twist.wrongAmount ? 1 : 0)) }],
    init_point: page,
    sandbox_init_point: page,
    notification_url: order.notifyUrl,
    operation_type: 'regular_payment',
  };
}

export const preferenceIdOf = (order: Order) => `${order.account}-${order.token}`;

/** There is a payment once the shopper has paid. */
export function describePayment(order: Order, twist: Twist): Readonly<Record<string, unknown>> {
  const refunded = order.refunds.reduce((sum, { amount }) => sum + amount, 0);
  return {
    id: raw(order.vendorNo),
    date_created: timeOf(order.paidAt),
    date_approved: timeOf(order.paidAt),
    operation_type: 'regular_payment',
    payment_type_id: 'account_money',
    status: refunded === order.amount ? 'refunded' : 'approved',
    status_detail: refunded > 0 && refunded < order.amount ? 'partially_refunded' : 'accredited',
    currency_id: order.currency,
    description: order.subject,
    live_mode: false,
    collector_id: collectorOf(order, twist),
    external_reference: order.number,
    transaction_amount: amountOf(order.currency, order.amount + (twist.wrongAmount ? 1 : 0)),
    transaction_amount_refunded: amountOf(order.currency, refunded),
  };
}

export function describeRefund(order: Order, refund: Refund, twist: Twist): Readonly<Record<string, unknown>> {
  return {
    id: raw(refund.vendorNo),
    payment_id: raw(order.vendorNo),
    amount: amountOf(order.currency, refund.amount + (twist.wrongAmount ? 1 : 0)),
    metadata: {},
    source: { id: order.account, name: 'Test', type: 'collector' },
    date_created: timeOf(refund.createdAt),
    status: 'approved',
    refund_mode: 'standard',
  };
}
