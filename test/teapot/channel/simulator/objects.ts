import type { Order, Refund, Twist } from '../../../../simulator/types.ts';

const decimals: Readonly<Record<string, number>> = { CNY: 2, USD: 2, JPY: 0, KWD: 3 };

/** Decimal text with exactly the decimals of its currency. */
export function writeAmount(amount: number, currency: string): string {
  const places = decimals[currency] ?? 0;
  const digits = String(amount).padStart(places + 1, '0');
  return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

/** The reverse; null for a text with more or fewer decimals, and for a currency that the vendor does not take. */
export function readAmount(text: unknown, currency: unknown): number | null {
  const places = typeof currency === 'string' ? decimals[currency] : undefined;
  if (typeof text !== 'string' || places === undefined || !/^\d+(\.\d+)?$/.test(text)) return null;
  const [, fraction = ''] = text.split('.');
  const amount = Number(text.replace('.', ''));
  return fraction.length === places && Number.isSafeInteger(amount) && amount > 0 ? amount : null;
}

const shown = (order: Order, amount: number, { wrongAmount, wrongAccount }: Twist) => ({
  merchant: wrongAccount ? '999999' : order.account,
  amount: writeAmount(wrongAmount ? amount + 1 : amount, order.currency),
  currency: order.currency,
});

export const describeOrder = (order: Order, twist: Twist) => ({
  number: order.number,
  order: order.vendorNo,
  status: order.state,
  ...shown(order, order.amount, twist),
});

export const describeRefund = (order: Order, refund: Refund, twist: Twist) => ({
  refund: refund.number,
  refund_order: refund.vendorNo,
  number: order.number,
  status: 'refunded',
  ...shown(order, refund.amount, twist),
});
