import type { Callbacks } from './callbacks.ts';
import type { Store } from './truth.ts';
import type { ChannelName, Order, Vendor } from './types.ts';

/** What came of trying to pay. */
export type Paid = { readonly paid: true } | { readonly paid: false; readonly reason: 'already_paid' | 'closed' | 'expired' | 'declined' };

export interface ShopperDeps {
  readonly store: Store;
  readonly callbacks: Callbacks;
  readonly vendors: Readonly<Record<ChannelName, Vendor>>;
  readonly now: () => number;
}

/** Why an order cannot be paid any more; null when it can. */
export function whyUnpayable(order: Order, nowMs: number): 'already_paid' | 'closed' | 'expired' | null {
  if (order.state === 'paid') return 'already_paid';
  if (order.state === 'closed') return 'closed';
  return nowMs >= order.expiresAt ? 'expired' : null;
}

/** Pays an order: the charge is on record, with the callbacks it owes, before anything is sent. */
export async function payOrder({ store, callbacks, now }: ShopperDeps, order: Order): Promise<Paid> {
  const reason = whyUnpayable(order, now());
  if (reason !== null) return { paid: false, reason };
  order.known = true;
  order.state = 'paid';
  order.paidAt = now();
  const owed = callbacks.owe(order, 'paid', null);
  store.save(order, { kind: 'charge', number: order.number, vendor_no: order.vendorNo, amount: order.amount });
  await callbacks.deliver(order, owed);
  return { paid: true };
}

/** The shopper's bank says no. The order stays open. */
export async function failPayment({ store, callbacks, now }: ShopperDeps, order: Order): Promise<Paid> {
  const reason = whyUnpayable(order, now());
  if (reason !== null) return { paid: false, reason };
  order.known = true;
  const owed = callbacks.owe(order, 'failed', null);
  store.save(order);
  await callbacks.deliver(order, owed);
  return { paid: false, reason: 'declined' };
}

/** The channel and token in an address of a pay page; null for every other text. */
export function readPageAddress(target: string): { readonly channel: ChannelName; readonly token: string } | null {
  const found = /^(?:https?:\/\/[^/]+)?\/(wechat|alipay|stripe)\/pay\/([A-Za-z0-9_]+)(?:[?#]|$)/.exec(target);
  return found?.[1] && found[2] ? { channel: found[1] as ChannelName, token: found[2] } : null;
}

/** Makes one text of a target that was given as an object: a form becomes its address with the fields, other things JSON. */
export function flattenTarget(target: unknown): string | null {
  if (typeof target === 'string') return target;
  if (typeof target !== 'object' || target === null) return null;
  const { url, fields } = target as { url?: unknown; fields?: unknown };
  if (typeof url !== 'string') return JSON.stringify(target);
  const pairs = new URLSearchParams((fields ?? {}) as Record<string, string>).toString();
  return pairs === '' ? url : `${url}${url.includes('?') ? '&' : '?'}${pairs}`;
}

/** Finds the order behind whatever a shopper was given. */
export async function findTarget({ store, vendors }: ShopperDeps, target: string): Promise<Order | null> {
  const page = readPageAddress(target);
  if (page !== null) return store.findByToken(page.channel, page.token) ?? null;
  for (const vendor of Object.values(vendors)) {
    const order = await vendor.open(target);
    if (order !== null) return order;
  }
  return null;
}
