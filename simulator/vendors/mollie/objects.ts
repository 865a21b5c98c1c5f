import type { Order, Refund, Twist } from '../../types.ts';
import { toYuan } from '../../yuan.ts';
import type { MollieWorld } from './keys.ts';

/** Currencies that are written without decimals. */
export const withoutDecimals: ReadonlySet<string> = new Set(['JPY']);

export const amountOf = (currency: string, minor: number) => ({
  currency,
  value: withoutDecimals.has(currency) ? String(minor) : toYuan(minor),
});
export const timeOf = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, '+00:00');
const addTo = (twist: Twist) => (twist.wrongAmount ? 1 : 0);

export function statusOf(order: Order, nowMs: number): string {
  if (order.state === 'paid') return 'paid';
  if (order.state === 'closed') return 'canceled';
  return nowMs >= order.expiresAt ? 'expired' : 'open';
}

export function describePayment(world: MollieWorld, order: Order, twist: Twist): Readonly<Record<string, unknown>> {
  const status = statusOf(order, world.now());
  const isOpen = status === 'open';
  const self = { href: `https://api.mollie.com/v2/payments/${order.vendorNo}`, type: 'application/hal+json' };
  return {
    resource: 'payment',
    id: order.vendorNo,
    mode: 'test',
    createdAt: timeOf(order.createdAt),
    ...(status === 'paid' ? { paidAt: timeOf(order.paidAt) } : {}),
    ...(status === 'canceled' ? { canceledAt: timeOf(order.closedAt) } : {}),
    amount: amountOf(order.currency, order.amount + addTo(twist)),
    description: order.subject,
    method: order.facts.method ?? null,
    metadata: JSON.parse(order.facts.metadata ?? 'null'),
    status,
    // Once the shopper has chosen how to pay, most payments cannot be cancelled; that is so here where the merchant chose.
    ...(isOpen ? { isCancelable: order.facts.method === undefined, expiresAt: timeOf(order.expiresAt) } : {}),
    profileId: twist.wrongAccount ? 'pfl_Stranger' : order.account,
    sequenceType: 'oneoff',
    redirectUrl: order.returnUrl,
    webhookUrl: order.notifyUrl,
    _links: { self, ...(isOpen ? { checkout: { href: world.payPage(order), type: 'text/html' } } : {}) },
  };
}

export function describeRefund(order: Order, refund: Refund, twist: Twist): Readonly<Record<string, unknown>> {
  return {
    resource: 'refund',
    id: refund.vendorNo,
    mode: 'test',
    amount: amountOf(order.currency, refund.amount + addTo(twist)),
    status: refund.done ? 'refunded' : 'pending',
    createdAt: timeOf(refund.createdAt),
    description: refund.facts.description ?? '',
    metadata: JSON.parse(refund.facts.metadata ?? 'null'),
    paymentId: order.vendorNo,
    _links: {},
  };
}
