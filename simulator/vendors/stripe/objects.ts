import { refundedOf } from '../../orders.ts';
import type { Order, Refund, Twist } from '../../types.ts';
import type { Form } from './form.ts';

const seconds = (ms: number) => Math.trunc(ms / 1000);

/** What is kept of a request, for its own answers later. */
export interface StripeFacts {
  readonly metadata: Readonly<Record<string, string>>;
  /** The metadata that a session hands to its payment intent. */
  readonly intentMetadata: Readonly<Record<string, string>>;
  readonly clientReferenceId: string | null;
  readonly clientSecret: string;
  readonly successUrl: string | null;
  readonly cancelUrl: string | null;
  readonly cancellationReason: string | null;
  readonly paymentMethodTypes: readonly string[];
}

export const writeFacts = (facts: StripeFacts): Record<string, string> => ({ stripe: JSON.stringify(facts) });
export const readFacts = (order: Order): StripeFacts => JSON.parse(order.facts.stripe ?? '{}');

/** A charge has the number of its intent, so that either can be found from the other. */
export const chargeIdOf = (order: Order) => `ch_${order.vendorNo.slice(3)}`;
export const intentIdOf = (chargeId: string) => `pi_${chargeId.slice(3)}`;

const amountOf = (order: Order, twist: Twist) => order.amount + (twist.wrongAmount ? 1 : 0);

export function sessionStatus(order: Order, nowMs: number): 'complete' | 'expired' | 'open' {
  if (order.state === 'paid') return 'complete';
  return order.state === 'closed' || nowMs >= order.expiresAt ? 'expired' : 'open';
}

/** The names of an `expand[]` list. */
export const expandedIn = (form: Form): readonly string[] =>
  typeof form.expand === 'object' ? Object.values(form.expand).map(String) : [];

export function describeCharge(order: Order, twist: Twist): Record<string, unknown> {
  const amount = amountOf(order, twist);
  return {
    id: chargeIdOf(order),
    object: 'charge',
    amount,
    amount_captured: amount,
    amount_refunded: refundedOf(order),
    captured: true,
    created: seconds(order.paidAt),
    currency: order.currency.toLowerCase(),
    livemode: false,
    metadata: order.product === 'checkout' ? readFacts(order).intentMetadata : readFacts(order).metadata,
    paid: true,
    payment_intent: order.vendorNo,
    refunded: refundedOf(order) === order.amount,
    status: 'succeeded',
  };
}

const declinedCard = { type: 'card_error', code: 'card_declined', decline_code: 'generic_decline', message: 'Your card was declined.' };

export function describeIntent(order: Order, twist: Twist, expand: readonly string[] = [], failed = false): Record<string, unknown> {
  const facts = readFacts(order);
  const paid = order.state === 'paid';
  const amount = amountOf(order, twist);
  const charge = expand.includes('latest_charge') ? describeCharge(order, twist) : chargeIdOf(order);
  return {
    id: order.vendorNo,
    object: 'payment_intent',
    amount,
    amount_capturable: 0,
    amount_received: paid ? amount : 0,
    canceled_at: order.state === 'closed' ? seconds(order.closedAt) : null,
    cancellation_reason: facts.cancellationReason,
    capture_method: 'automatic',
    client_secret: facts.clientSecret,
    confirmation_method: 'automatic',
    created: seconds(order.createdAt),
    currency: order.currency.toLowerCase(),
    customer: null,
    description: order.subject || null,
    last_payment_error: failed ? declinedCard : null,
    latest_charge: paid ? charge : null,
    livemode: false,
    metadata: order.product === 'checkout' ? facts.intentMetadata : facts.metadata,
    next_action: null,
    payment_method: paid ? 'pm_simulated' : null,
    payment_method_types: facts.paymentMethodTypes,
    status: paid ? 'succeeded' : order.state === 'closed' ? 'canceled' : 'requires_payment_method',
  };
}

/** A session has no intent before it is completed. */
export function describeSession(
  order: Order,
  twist: Twist,
  options: { readonly nowMs: number; readonly pagesUrl: string; readonly expand: readonly string[] },
) {
  const facts = readFacts(order);
  const status = sessionStatus(order, options.nowMs);
  const amount = amountOf(order, twist);
  const nested = options.expand.filter((name) => name.startsWith('payment_intent.')).map((name) => name.slice('payment_intent.'.length));
  const intent = options.expand.some((name) => name.startsWith('payment_intent')) ? describeIntent(order, twist, nested) : order.vendorNo;
  return {
    id: order.token,
    object: 'checkout.session',
    amount_subtotal: amount,
    amount_total: amount,
    cancel_url: facts.cancelUrl,
    client_reference_id: facts.clientReferenceId,
    created: seconds(order.createdAt),
    currency: order.currency.toLowerCase(),
    customer: null,
    expires_at: seconds(order.expiresAt),
    livemode: false,
    metadata: facts.metadata,
    mode: 'payment',
    payment_intent: status === 'complete' ? intent : null,
    payment_method_types: facts.paymentMethodTypes,
    payment_status: status === 'complete' ? 'paid' : 'unpaid',
    status,
    success_url: facts.successUrl,
    url: status === 'open' ? `${options.pagesUrl}/stripe/pay/${order.token}` : null,
  };
}

export function describeRefund(order: Order, refund: Refund, twist: Twist): Record<string, unknown> {
  return {
    id: refund.vendorNo,
    object: 'refund',
    amount: refund.amount + (twist.wrongAmount ? 1 : 0),
    balance_transaction: `txn_${refund.vendorNo.slice(3)}`,
    charge: chargeIdOf(order),
    created: seconds(refund.createdAt),
    currency: order.currency.toLowerCase(),
    metadata: JSON.parse(refund.facts.metadata ?? '{}'),
    payment_intent: order.vendorNo,
    reason: refund.facts.reason ?? null,
    status: 'succeeded',
  };
}
