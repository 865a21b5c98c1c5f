import { refundedOf } from '../../orders.ts';
import type { NewTruth } from '../../truth.ts';
import type { Refund, Twist } from '../../types.ts';
import {
  checkShape,
  findIntent,
  invalid,
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
import { describeRefund, intentIdOf } from './objects.ts';
import { expandOnly, refundShape } from './shapes.ts';

/** POST /v1/refunds. Without an amount it refunds what is left. */
export function createRefund(world: StripeWorld, { account, form }: StripeRequest): StripeResult {
  const wrong = checkShape(form, refundShape);
  if (wrong !== null) return wrong;
  const [charge, intent, reason] = [textAt(form, 'charge'), textAt(form, 'payment_intent'), textAt(form, 'reason')];
  if (charge === undefined && intent === undefined) return missing('payment_intent');
  const id = intent ?? intentIdOf(charge ?? '');
  const order = findIntent(world, account, id);
  if (order === undefined)
    return intent === undefined ? noSuch('charge', charge ?? '', 'charge') : noSuch('payment_intent', id, 'payment_intent');
  if (reason !== undefined && !/^(duplicate|fraudulent|requested_by_customer)$/.test(reason))
    return invalid('reason', 'Invalid reason: must be one of duplicate, fraudulent, or requested_by_customer');
  if (order.state !== 'paid') return invalid('payment_intent', `This PaymentIntent (${id}) does not have a successful charge to refund.`);
  const left = order.amount - refundedOf(order);
  if (left === 0) return problem(400, { code: 'charge_already_refunded', message: 'The charge has already been refunded.' });
  const amount = Number(textAt(form, 'amount') ?? left);
  if (amount < 1) return problem(400, { code: 'parameter_invalid_integer', message: 'Invalid positive integer', param: 'amount' });
  if (amount > left) return invalid('amount', 'Refund amount is greater than unrefunded amount on charge');
  const vendorNo = `re_3${randomId()}`;
  const metadata = metadataAt(form);
  const facts = { metadata: JSON.stringify(metadata), ...(reason !== undefined && { reason }) };
  const refund: Refund = { number: pickNumber(undefined, metadata, vendorNo), vendorNo, amount, createdAt: world.now(), facts, done: true };
  order.refunds.push(refund);
  const happened: NewTruth = { kind: 'refund', number: refund.number, vendor_no: vendorNo, amount };
  const changed = { happened, owed: world.callbacks.owe(order, 'refunded', refund) };
  return { status: 200, show: (twist) => describeRefund(order, refund, twist), order, changed };
}

/** GET /v1/refunds/{id} */
export function readRefund(world: StripeWorld, { account, id, form }: StripeRequest, twist: Twist): StripeResult {
  const wrong = checkShape(form, expandOnly);
  if (wrong !== null) return wrong;
  const found = world.store.findRefund('stripe', account, id);
  const hidden = found !== undefined && world.now() - found.refund.createdAt < twist.notFoundUntilMs;
  if (found === undefined || found.refund.vendorNo !== id || hidden) return noSuch('refund', id, 'id');
  return { status: 200, show: (spoiled) => describeRefund(found.order, found.refund, spoiled), order: found.order };
}
