import type { Store } from './truth.ts';
import type { ChannelName, Order, Refund } from './types.ts';

/** Money that moved at a vendor: what its statement has a line for. `refund` is null for the payment itself. */
export interface Movement {
  readonly order: Order;
  readonly refund: Refund | null;
  readonly atMs: number;
}

/** What moved for one account from one moment up to another, in its order. */
export function movementsOf(store: Store, channel: ChannelName, account: string, span: { readonly fromMs: number; readonly toMs: number }) {
  const within = ({ atMs }: Movement) => atMs >= span.fromMs && atMs < span.toMs;
  const moved: Movement[] = [];
  for (const order of store.orders.values()) {
    if (order.channel !== channel || order.account !== account || order.state !== 'paid') continue;
    moved.push({ order, refund: null, atMs: order.paidAt });
    for (const refund of order.refunds) if (refund.done) moved.push({ order, refund, atMs: refund.createdAt });
  }
  return moved.filter(within).sort((a, b) => a.atMs - b.atMs);
}

/** A day of a zone without summer time; null for what is no day. `2026-01-31` and `+08:00`. */
export function daySpan(day: string, offset: string): { readonly fromMs: number; readonly toMs: number } | null {
  const fromMs = /^\d{4}-\d\d-\d\d$/.test(day) ? Date.parse(`${day}T00:00:00${offset}`) : Number.NaN;
  return Number.isNaN(fromMs) ? null : { fromMs, toMs: fromMs + 24 * 3600_000 };
}
