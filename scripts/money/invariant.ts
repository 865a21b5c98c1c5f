import type { AttemptRow } from '../../core/store/tables/attempts.ts';
import type { PostingRow } from '../../core/store/tables/ledger.ts';
import type { PaymentRow } from '../../core/store/tables/payments.ts';
import type { RefundRow } from '../../core/store/tables/refunds.ts';
import type { TruthEntry } from './truth.ts';

export interface HistoryRow {
  readonly subject_id: string;
  readonly from_state: string | null;
  readonly to_state: string;
  readonly detail: string | null;
}

export interface EventRow {
  readonly id: string;
  readonly app_id: string;
  readonly subject_id: string;
  readonly type: string;
  readonly sequence: number;
}

/** The columns that the invariants look at: what shoppers and merchants wrote is not read. */
export type PaymentFacts = Omit<PaymentRow, 'request' | 'metadata' | 'action' | 'subject'>;

/** One payment with everything that hangs on it, and what its vendors really did. */
export interface PaymentCase {
  readonly payment: PaymentFacts;
  readonly attempts: readonly AttemptRow[];
  readonly refunds: readonly RefundRow[];
  /** What the ledger says of it. */
  readonly postings: readonly PostingRow[];
  /** By the id of the payment, attempt or refund. */
  readonly history: ReadonlyMap<string, readonly HistoryRow[]>;
  /** By the id of the payment or refund. */
  readonly events: ReadonlyMap<string, readonly EventRow[]>;
  /** By our number. Null: there is no truth to compare with. */
  readonly truth: ReadonlyMap<string, readonly TruthEntry[]> | null;
  /** Events of before are deleted by and by, so what is older may have lost its first ones. */
  readonly eventsKeptFrom: number;
}

/** What does not hold, in words, with the rows that show it. */
export interface Found {
  readonly says: string;
  readonly rows: readonly object[];
}

/** Something that must hold of each payment. `number` is its place in the list of money invariants (docs/money-safety.md). */
export interface Invariant {
  readonly number: number;
  readonly name: string;
  check(one: PaymentCase): Iterable<Found>;
}

export interface Violation extends Found {
  readonly number: number;
  readonly name: string;
}

export const found = (says: string, ...rows: readonly object[]): Found => ({ says, rows });

export const isPaid = ({ state }: Pick<AttemptRow, 'state'>): boolean => state === 'succeeded' || state === 'succeeded_late';
export const isLive = ({ state }: Pick<AttemptRow, 'state'>): boolean =>
  ['sending', 'waiting', 'processing', 'unknown', 'closing'].includes(state);
export const isOpen = ({ state }: Pick<RefundRow, 'state'>): boolean => ['created', 'sending', 'unknown', 'processing'].includes(state);
export const isSuccess = ({ state }: Pick<PaymentRow, 'state'>): boolean => state === 'success' || state === 'refunded';
export const sum = (rows: readonly { readonly amount: number }[]): number => rows.reduce((total, { amount }) => total + amount, 0);
