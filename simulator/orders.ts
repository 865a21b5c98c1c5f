import { randomBytes } from 'node:crypto';
import type { Order, Refund } from './types.ts';
import type { World } from './world.ts';

/** What the steps below need of a vendor's world. */
export type Books = Pick<World<unknown>, 'store' | 'callbacks' | 'now'>;

/** Sends what a step owes. Give it to `Done.afterwards`, so that the answer goes out first. */
export type Afterwards = () => void;

type Given = Pick<Order, 'account' | 'number' | 'product' | 'vendorNo' | 'amount' | 'currency' | 'subject' | 'expiresAt'>;
type Optional = Pick<Order, 'token' | 'approveFirst' | 'notifyUrl' | 'returnUrl' | 'fingerprint' | 'facts' | 'known'>;

/** A new order with what no request says. It is not in the books before `world.store.save(order)` or a step below. */
export function draftOrder(world: Pick<World<unknown>, 'channel' | 'now'>, given: Given & Partial<Optional>): Order {
  return {
    token: randomBytes(16).toString('hex'),
    notifyUrl: null,
    returnUrl: null,
    fingerprint: '',
    facts: {},
    known: true,
    ...given,
    channel: world.channel,
    createdAt: world.now(),
    state: 'open',
    paidAt: 0,
    closedAt: 0,
    refunds: [],
    callbacks: [],
  };
}

export const refundedOf = (order: Order) => order.refunds.reduce((sum, { amount }) => sum + amount, 0);

/** The shopper has said yes; the money waits for {@link chargeOrder}. */
export function approveOrder({ store, callbacks }: Books, order: Order): Afterwards {
  order.known = true;
  order.state = 'approved';
  const owed = callbacks.owe(order, 'approved', null);
  store.save(order);
  return () => void callbacks.deliver(order, owed);
}

/** Takes the money: a bar code, a stored card, or the capture of an approved order. On record before anything is sent. */
export function chargeOrder({ store, callbacks, now }: Books, order: Order): () => Promise<void> {
  order.known = true;
  order.state = 'paid';
  order.paidAt = now();
  const owed = callbacks.owe(order, 'paid', null);
  store.save(order, { kind: 'charge', number: order.number, vendor_no: order.vendorNo, amount: order.amount });
  return () => callbacks.deliver(order, owed);
}

/** Ends an order that nobody has paid. `expired` tells of a time that is over instead of a merchant's wish. */
export function closeOrder({ store, callbacks, now }: Books, order: Order, happening: 'closed' | 'expired' = 'closed'): Afterwards {
  order.state = 'closed';
  order.closedAt = now();
  const owed = callbacks.owe(order, happening, null);
  store.save(order, { kind: 'close', number: order.number, vendor_no: order.vendorNo, amount: order.amount });
  return () => void callbacks.deliver(order, owed);
}

/** Notes a failed try, and leaves the order open. */
export function declineOrder({ store, callbacks }: Books, order: Order): () => Promise<void> {
  const owed = callbacks.owe(order, 'failed', null);
  store.save(order);
  return () => callbacks.deliver(order, owed);
}

/**
 * Gives money back. With `done: false` the vendor has only taken the request: end it with {@link endRefund}
 * from `afterwards`, and again from `resume`, because the process may end in between.
 */
export function refundOrder(
  { store, callbacks, now }: Books,
  order: Order,
  given: Pick<Refund, 'number' | 'vendorNo' | 'amount' | 'done'> & Partial<Pick<Refund, 'facts'>>,
): { readonly refund: Refund; readonly afterwards: Afterwards } {
  const refund: Refund = { facts: {}, ...given, createdAt: now() };
  order.refunds.push(refund);
  const owed = refund.done ? callbacks.owe(order, 'refunded', refund) : [];
  store.save(order, { kind: 'refund', number: refund.number, vendor_no: refund.vendorNo, amount: refund.amount });
  return { refund, afterwards: () => void callbacks.deliver(order, owed) };
}

/** Ends the vendor's work on a refund and tells the merchant. Doing it twice is doing it once. */
export async function endRefund({ store, callbacks }: Books, order: Order, refund: Refund): Promise<void> {
  if (refund.done) return;
  refund.done = true;
  const owed = callbacks.owe(order, 'refunded', refund);
  store.save(order);
  await callbacks.deliver(order, owed);
}
