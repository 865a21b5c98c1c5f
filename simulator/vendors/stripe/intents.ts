import { draftOrder } from '../../orders.ts';
import type { NewTruth } from '../../truth.ts';
import { honest, type Order, type Twist } from '../../types.ts';
import {
  checkShape,
  findIntent,
  invalid,
  methodsOf,
  minute,
  missing,
  noSuch,
  pickNumber,
  problem,
  randomId,
  type StripeRequest,
  type StripeResult,
} from './common.ts';
import { metadataAt, textAt } from './form.ts';
import type { StripeWorld } from './keys.ts';
import { describeIntent, expandedIn, readFacts, writeFacts } from './objects.ts';
import { cancelShape, expandOnly, intentShape } from './shapes.ts';

/** POST /v1/payment_intents. With `confirm` and one of Stripe's test cards it charges at once. */
export function createIntent(world: StripeWorld, { account, form }: StripeRequest): StripeResult {
  const wrong = checkShape(form, intentShape);
  if (wrong !== null) return wrong;
  const [amount, currency, confirm, method] = ['amount', 'currency', 'confirm', 'payment_method'].map((name) => textAt(form, name));
  if (amount === undefined) return missing('amount');
  if (currency === undefined) return missing('currency');
  if (!/^[A-Za-z]{3}$/.test(currency)) return invalid('currency', `Invalid currency: ${currency}`);
  if (Number(amount) < 1)
    return problem(400, { code: 'parameter_invalid_integer', message: 'This value must be greater than or equal to 1.', param: 'amount' });
  if (Number(amount) > 99_999_999)
    return problem(400, { code: 'amount_too_large', message: 'Amount must be no more than 99999999', param: 'amount' });
  if (method !== undefined && !/^pm_card_(visa|mastercard|chargeDeclined)$/.test(method))
    return noSuch('PaymentMethod', method, 'payment_method');
  if (confirm === 'true' && method === undefined)
    return problem(400, {
      code: 'payment_intent_unexpected_state',
      message: 'You cannot confirm this PaymentIntent because it is missing a payment method.',
    });
  const nowMs = world.now();
  const vendorNo = `pi_3${randomId()}`;
  const metadata = metadataAt(form);
  const facts = writeFacts({
    metadata,
    intentMetadata: {},
    clientReferenceId: null,
    clientSecret: `${vendorNo}_secret_${randomId()}`,
    successUrl: null,
    cancelUrl: null,
    cancellationReason: null,
    paymentMethodTypes: methodsOf(form),
  });
  const subject = textAt(form, 'description') ?? '';
  const number = pickNumber(undefined, metadata, vendorNo);
  // An intent does not expire by itself.
  const expiresAt = nowMs + 3650 * 24 * 60 * minute;
  const money = { amount: Number(amount), currency: currency.toUpperCase() };
  const order = draftOrder(world, {
    account,
    number,
    product: 'payment_intent',
    token: vendorNo,
    vendorNo,
    ...money,
    subject,
    expiresAt,
    returnUrl: null,
    facts,
  });
  const show = (twist: Twist) => describeIntent(order, twist, expandedIn(form));
  if (confirm !== 'true') return { status: 200, show, order, changed: { owed: [] } };
  return method === 'pm_card_chargeDeclined' ? declineAtOnce(world, order) : chargeAtOnce(world, order, show);
}

function chargeAtOnce(world: StripeWorld, order: Order, show: StripeResult['show']): StripeResult {
  order.state = 'paid';
  order.paidAt = world.now();
  const happened: NewTruth = { kind: 'charge', number: order.number, vendor_no: order.vendorNo, amount: order.amount };
  return { status: 200, show, order, changed: { happened, owed: world.callbacks.owe(order, 'paid', null) } };
}

function declineAtOnce(world: StripeWorld, order: Order): StripeResult {
  const owed = world.callbacks.owe(order, 'failed', null);
  const error = { type: 'card_error', code: 'card_declined', decline_code: 'generic_decline', message: 'Your card was declined.' };
  return { ...problem(402, { ...error, payment_intent: describeIntent(order, honest, [], true) }), order, changed: { owed } };
}

/** GET /v1/payment_intents/{id}; the publishable key's `client_secret` is not needed here. */
export function readIntent(world: StripeWorld, { account, id, form }: StripeRequest, twist: Twist): StripeResult {
  const wrong = checkShape(form, { ...(expandOnly as object), client_secret: 'text' });
  if (wrong !== null) return wrong;
  const order = findIntent(world, account, id);
  const hidden = order !== undefined && world.now() - order.createdAt < twist.notFoundUntilMs;
  if (order === undefined || hidden) return noSuch('payment_intent', id, 'intent');
  return { status: 200, show: (spoiled) => describeIntent(order, spoiled, expandedIn(form)), order };
}

/** POST /v1/payment_intents/{id}/cancel */
export function cancelIntent(world: StripeWorld, { account, id, form }: StripeRequest): StripeResult {
  const wrong = checkShape(form, cancelShape);
  if (wrong !== null) return wrong;
  const order = findIntent(world, account, id);
  if (order === undefined) return noSuch('payment_intent', id, 'intent');
  if (order.state !== 'open') {
    const status = order.state === 'paid' ? 'succeeded' : 'canceled';
    const message = `You cannot cancel this PaymentIntent because it has a status of ${status}.`;
    return problem(400, { code: 'payment_intent_unexpected_state', message, payment_intent: { id, object: 'payment_intent', status } });
  }
  const reason = textAt(form, 'cancellation_reason') ?? null;
  if (reason !== null && !/^(abandoned|duplicate|fraudulent|requested_by_customer)$/.test(reason))
    return invalid('cancellation_reason', 'Invalid cancellation_reason');
  Object.assign(order.facts, writeFacts({ ...readFacts(order), cancellationReason: reason }));
  order.state = 'closed';
  order.closedAt = world.now();
  const happened: NewTruth = { kind: 'close', number: order.number, vendor_no: order.vendorNo, amount: order.amount };
  const show = (twist: Twist) => describeIntent(order, twist, expandedIn(form));
  return { status: 200, show, order, changed: { happened, owed: world.callbacks.owe(order, 'closed', null) } };
}
