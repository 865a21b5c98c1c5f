import type { AttemptRef, PayRequest, RefundRequest } from '../../core/contract/channel.ts';
import type { TruthEntry } from '../money/truth.ts';

export interface Order {
  readonly number: string;
  readonly account: string;
  readonly channel: string;
  /** What the vendor calls it. */
  readonly channelNo: string;
  readonly amount: number;
  readonly currency: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  state: 'open' | 'approved' | 'paid' | 'closed';
  /** What really came. */
  amountPaid: number;
}

export interface Refund {
  readonly number: string;
  readonly channelNo: string;
  readonly attemptNumber: string;
  readonly amount: number;
  readonly currency: string;
  readonly createdAt: number;
  state: 'processing' | 'succeeded' | 'failed';
}

/** The memory of all vendors: what was opened, paid, closed and given back. It never dies and never lies. */
export interface Vault {
  readonly orders: Map<string, Order>;
  readonly refunds: Map<string, Refund>;
  readonly truth: TruthEntry[];
}

export function createVault(): Vault {
  return { orders: new Map(), refunds: new Map(), truth: [] };
}

export function openOrder(vault: Vault, account: string, channel: string, request: PayRequest, now: number): Order {
  const known = vault.orders.get(request.number);
  if (known !== undefined) return known;
  const { number, money, expiresAt } = request;
  const order: Order = {
    number,
    account,
    channel,
    channelNo: `v-${number}`,
    amount: money.amount,
    currency: money.currency,
    createdAt: now,
    expiresAt: expiresAt.getTime(),
    state: 'open',
    amountPaid: 0,
  };
  vault.orders.set(number, order);
  return order;
}

/** The money moves. */
export function charge(vault: Vault, order: Order, amount: number): void {
  order.state = 'paid';
  order.amountPaid = amount;
  vault.truth.push({ kind: 'charge', number: order.number, amount, currency: order.currency });
}

export function isPayable(order: Order, now: number): boolean {
  return order.state === 'open' && now < order.expiresAt;
}

export function findOrder(vault: Vault, { number }: Pick<AttemptRef, 'number'>): Order | undefined {
  return vault.orders.get(number);
}

/** Takes a refund on; what moves is decided by {@link endRefund}. */
export function openRefund(vault: Vault, request: RefundRequest, now: number): Refund {
  const known = vault.refunds.get(request.number);
  if (known !== undefined) return known;
  const { number, money, attempt } = request;
  const refund: Refund = {
    number,
    channelNo: `r-${number}`,
    attemptNumber: attempt.number,
    amount: money.amount,
    currency: money.currency,
    createdAt: now,
    state: 'processing',
  };
  vault.refunds.set(number, refund);
  return refund;
}

export function endRefund(vault: Vault, refund: Refund, state: 'succeeded' | 'failed'): void {
  if (refund.state !== 'processing') return;
  refund.state = state;
  const { number, amount, currency } = refund;
  if (state === 'succeeded') vault.truth.push({ kind: 'refund', number, amount, currency });
}
