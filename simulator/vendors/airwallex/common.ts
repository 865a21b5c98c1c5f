import { randomBytes } from 'node:crypto';
import { jsonAnswer } from '../../answers.ts';
import { hmac } from '../../hmac.ts';
import { refundedOf } from '../../orders.ts';
import type { Answer, Done, Order, Refund, Twist, Wire } from '../../types.ts';
import type { World } from '../../world.ts';

export interface Merchant {
  readonly accountId: string;
  readonly clientId: string;
  readonly apiKey: string;
  readonly webhookSecret: string;
  /** What a login is answered. */
  readonly token: string;
}
export type AirwallexWorld = World<readonly Merchant[]>;
export interface Found {
  readonly wire: Wire;
  readonly parts: readonly string[];
  readonly merchant: Merchant;
  readonly twist: Twist;
}
export type Handler = (found: Found) => Done | Promise<Done>;
export type Json = Readonly<Record<string, unknown>>;

export const newId = () => randomBytes(12).toString('hex');
export const problem = (status: number, code: string, message = code): Answer => jsonAnswer(status, { code, message });
export const invalid = (field: string) => problem(400, 'validation_error', field);
export const missing = () => problem(404, 'resource_not_found');
export const isRecord = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
export const textOf = (value: unknown) => (typeof value === 'string' ? value : '');
export const time = (at: number) => `${new Date(at).toISOString().slice(0, 19)}+0000`;

/** Minor units of a number as it stands in the body: decimals of money are looked at as text. */
export function readAmount(wire: Wire, currency: string): number | null {
  const text = /"amount":(0|[1-9][0-9]{0,11})(?:\.([0-9]{1,4}))?[,}]/.exec(wire.body.toString('utf8'));
  const decimals = currency === 'JPY' ? 0 : 2;
  const [, whole = '', fraction = ''] = text ?? [];
  if (text === null || fraction.length > decimals) return null;
  const amount = Number(whole + fraction.padEnd(decimals, '0'));
  return amount > 0 ? amount : null;
}

/** The number as JSON writes it. */
export function writeAmount(amount: number, currency: string): number {
  const digits = String(amount).padStart(3, '0');
  return Number(currency === 'JPY' ? digits : `${digits.slice(0, -2)}.${digits.slice(-2)}`);
}

const statuses = { open: 'REQUIRES_PAYMENT_METHOD', approved: 'REQUIRES_CAPTURE', paid: 'SUCCEEDED', closed: 'CANCELLED' } as const;

export function describeIntent(order: Order, twist: Twist) {
  const amount = writeAmount(order.amount + (twist.wrongAmount ? 100 : 0), order.currency);
  return {
    id: order.vendorNo,
    request_id: order.facts['requestId'],
    amount,
    currency: order.currency,
    merchant_order_id: order.number,
    descriptor: order.subject,
    status: statuses[order.state],
    captured_amount: order.state === 'paid' ? amount : 0,
    refunded_amount: writeAmount(refundedOf(order), order.currency),
    created_at: time(order.createdAt),
    updated_at: time(order.paidAt || order.closedAt || order.createdAt),
  };
}

export function describeRefund(order: Order, refund: Refund, twist: Twist) {
  return {
    id: refund.vendorNo,
    request_id: refund.number,
    payment_intent_id: order.vendorNo,
    amount: writeAmount(refund.amount + (twist.wrongAmount ? 100 : 0), order.currency),
    currency: order.currency,
    reason: refund.facts['reason'],
    status: refund.done ? 'SETTLED' : 'RECEIVED',
    created_at: time(refund.createdAt),
    updated_at: time(refund.createdAt),
  };
}

export const secretOf = (order: Order) => `client_secret_${order.token}`;

export const signCallback = (secret: string, timestamp: string, body: string) => hmac('SHA-256', secret, `${timestamp}${body}`);
