import type { Order, Refund, Twist } from '../../types.ts';
import { toYuan } from '../../yuan.ts';
import type { XenditWorld } from './keys.ts';

/** Minor units as the JSON number that the vendor writes: without decimals where there are none. */
export function writeNumber(minor: number): unknown {
  const decimal = toYuan(minor).replace(/\.00$/, '');
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(decimal);
}

const timeOf = (ms: number) => new Date(ms).toISOString();

export function statusOf(order: Order, nowMs: number): string {
  if (order.state === 'paid') return 'SUCCEEDED';
  if (nowMs >= order.expiresAt) return 'EXPIRED';
  return order.facts.type === 'EWALLET' ? 'REQUIRES_ACTION' : 'PENDING';
}

/** `payment_method` of an order, with what Xendit added to what the merchant sent. */
function describeMethod(world: XenditWorld, order: Order): Readonly<Record<string, unknown>> {
  const { type = '', member = '', code, given = '{}', account } = order.facts;
  const own =
    type === 'QR_CODE' ? { qr_string: world.payPage(order) } : type === 'VIRTUAL_ACCOUNT' ? { virtual_account_number: account } : {};
  return {
    id: `pm-${order.token}`,
    type,
    reference_id: order.number,
    reusability: 'ONE_TIME_USE',
    status: order.state === 'open' ? 'ACTIVE' : 'EXPIRED',
    created: timeOf(order.createdAt),
    updated: timeOf(order.createdAt),
    [member]: { channel_code: code, channel_properties: { ...JSON.parse(given), ...own } },
  };
}

const addToAmount = (twist: Twist) => (twist.wrongAmount ? 1 : 0);
const businessOf = (order: Order, twist: Twist) => (twist.wrongAccount ? `${order.account.slice(0, -1)}9` : order.account);

export function describePaymentRequest(world: XenditWorld, order: Order, twist: Twist): Readonly<Record<string, unknown>> {
  const page = { action: 'AUTH', url_type: 'WEB', method: 'GET', url: world.payPage(order), qr_code: null };
  const status = statusOf(order, world.now());
  return {
    id: order.vendorNo,
    created: timeOf(order.createdAt),
    updated: timeOf(order.paidAt || order.createdAt),
    reference_id: order.number,
    business_id: businessOf(order, twist),
    customer_id: null,
    amount: writeNumber(order.amount + addToAmount(twist)),
    country: order.facts.country ?? null,
    currency: order.currency,
    payment_method: describeMethod(world, order),
    description: order.subject,
    failure_code: null,
    capture_method: 'AUTOMATIC',
    status,
    actions: status === 'REQUIRES_ACTION' ? [page] : [],
    metadata: null,
  };
}

export function describeRefund(order: Order, refund: Refund, twist: Twist): Readonly<Record<string, unknown>> {
  const { metadata = 'null', reason } = refund.facts;
  return {
    id: refund.vendorNo,
    payment_request_id: order.vendorNo,
    payment_id: paymentIdOf(order),
    payment_method_type: order.facts.type,
    reference_id: refund.number,
    amount: writeNumber(refund.amount + addToAmount(twist)),
    channel_code: order.facts.code,
    country: order.facts.country ?? null,
    currency: order.currency,
    status: refund.done ? 'SUCCEEDED' : 'PENDING',
    reason,
    failure_code: null,
    refund_fee_amount: null,
    created: timeOf(refund.createdAt),
    updated: timeOf(refund.createdAt),
    metadata: JSON.parse(metadata),
  };
}

/** A payment has a number of its own, which only callbacks and refunds name. */
export const paymentIdOf = (order: Order) => `py-${order.token}`;

/** What a callback about a payment holds. */
export function describePayment(world: XenditWorld, order: Order, twist: Twist): Readonly<Record<string, unknown>> {
  return {
    id: paymentIdOf(order),
    payment_request_id: order.vendorNo,
    reference_id: order.number,
    customer_id: null,
    currency: order.currency,
    amount: writeNumber(order.amount + addToAmount(twist)),
    country: order.facts.country ?? null,
    status: order.state === 'paid' ? 'SUCCEEDED' : 'FAILED',
    payment_method: describeMethod(world, order),
    channel_properties: null,
    payment_detail: null,
    failure_code: order.state === 'paid' ? null : 'USER_DECLINED_PAYMENT',
    created: timeOf(order.paidAt || order.createdAt),
    updated: timeOf(order.paidAt || order.createdAt),
    metadata: null,
  };
}
