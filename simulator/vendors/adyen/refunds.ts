import { randomBytes } from 'node:crypto';
import { jsonAnswer } from '../../answers.ts';
import type { Outcome } from '../../once.ts';
import { endRefund, refundOrder } from '../../orders.ts';
import type { Order, Refund, Twist } from '../../types.ts';
import type { AdyenWorld } from './keys.ts';
import { type AdyenRequest, faultOf } from './links.ts';
import { problem, refuse } from './problems.ts';
import { refundShape } from './shapes.ts';

export const isRefused = (refund: Refund) => refund.facts.refused === 'true';

interface Content {
  readonly reference?: string;
  readonly amount: { readonly value: number; readonly currency: string };
}

/**
 * POST /payments/{paymentPspReference}/refunds. Adyen takes every well-formed request in; whether the
 * payment has that much left is told later, by callback.
 */
export function createRefund(world: AdyenWorld, request: AdyenRequest): Outcome {
  const wrong = faultOf(request, refundShape);
  if (wrong !== null) return wrong;
  const content = request.content as Content;
  const order = world.store.findByVendorNo('adyen', request.id);
  if (order?.account !== request.account || order.state !== 'paid') {
    return refuse(problem(422, '167', 'validation', 'Original pspReference required for this operation'));
  }
  const vendorNo = randomBytes(8).toString('hex').toUpperCase();
  const number = content.reference ?? vendorNo;
  const { value: amount, currency } = content.amount;
  const left = order.refunds.filter((one) => !isRefused(one)).reduce((rest, one) => rest - one.amount, order.amount);
  const facts = { sent: content.reference ?? '', currency };
  const show = (twist: Twist) => jsonAnswer(201, describeRefund(order, { number, vendorNo, amount, facts }, twist));
  if (amount > left || currency !== order.currency)
    return { order, show, afterwards: refuseLater(world, order, { number, vendorNo, amount, facts }) };
  const { refund } = refundOrder(world, order, { number, vendorNo, amount, facts, done: false });
  return { order, show, afterwards: () => void endRefund(world, order, refund) };
}

/** Nothing moves, so nothing goes into the truth log. */
function refuseLater(world: AdyenWorld, order: Order, given: Omit<Refund, 'createdAt' | 'done'>): () => void {
  const refund: Refund = { ...given, facts: { ...given.facts, refused: 'true' }, createdAt: world.now(), done: true };
  order.refunds.push(refund);
  const owed = world.callbacks.owe(order, 'refunded', refund);
  world.store.save(order);
  return () => void world.callbacks.deliver(order, owed);
}

function describeRefund(order: Order, refund: Omit<Refund, 'createdAt' | 'done'>, { wrongAmount, wrongAccount }: Twist): object {
  const { sent, currency } = refund.facts;
  return {
    merchantAccount: wrongAccount ? 'SimulatedOtherECOM' : order.account,
    paymentPspReference: order.vendorNo,
    pspReference: refund.vendorNo,
    ...(sent !== '' && { reference: sent }),
    status: 'received',
    amount: { currency, value: refund.amount + (wrongAmount ? 1 : 0) },
  };
}

/** Ends what an earlier run has taken in. */
export function resumeRefunds(world: AdyenWorld, order: Order): void {
  for (const refund of order.refunds) if (!refund.done) void endRefund(world, order, refund);
}
