import { Refusal } from './refuse.ts';

/** What comparing an entry of a statement with ours says of it. Every entry, and everything of ours, has exactly one. */
export const classes = [
  'matched',
  'amount_differs',
  'currency_differs',
  'fee_differs',
  /** The vendor has the money; here it is not booked. */
  'status_differs',
  /** In the statement, and nothing of ours. */
  'missing_here',
  /** Booked here, and not in the statement. A payout: in the channel's, and never in the bank's. */
  'missing_there',
  /** On both sides, or expected to be, but on two days. */
  'timing',
  /** Something of ours that the vendor lists a second time. */
  'duplicate',
  /** Fees and adjustments, which have no counterpart here, and payouts where nobody says to which bank account they go. */
  'not_compared',
] as const;

export type Class = (typeof classes)[number];

export type EntryKind = 'payment' | 'refund' | 'fee' | 'chargeback' | 'payout' | 'adjustment';

/** What entries of one class, kind and currency come to on either side. */
export interface ClassSum {
  readonly class: Class;
  readonly kind: EntryKind;
  readonly currency: string;
  readonly entries_there: number;
  readonly amount_there: number;
  readonly entries_here: number;
  readonly amount_here: number;
}

/** One amount, on the side or the sides where it stands. Null: not on that side. */
export interface Counted {
  readonly class: Class;
  readonly kind: EntryKind;
  readonly currency: string;
  readonly there: number | null;
  readonly here: number | null;
}

/** Sums by class, kind and currency. */
export interface Tally {
  count(counted: Counted): void;
  sums(): readonly ClassSum[];
}

type Sum = { -readonly [K in keyof ClassSum]: ClassSum[K] };

export function createTally(): Tally {
  const sums: Sum[] = [];
  return {
    count({ class: name, kind, currency, there, here }) {
      const sum = sumOf(sums, name, kind, currency);
      sum.entries_there += there === null ? 0 : 1;
      sum.amount_there = exact(sum.amount_there + (there ?? 0));
      sum.entries_here += here === null ? 0 : 1;
      sum.amount_here = exact(sum.amount_here + (here ?? 0));
    },
    sums: () => [...sums].sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1)),
  };
}

/** They are few: looking through them is quicker than making a key for each of a million entries. */
function sumOf(sums: Sum[], name: Class, kind: EntryKind, currency: string): Sum {
  for (const sum of sums) if (sum.class === name && sum.kind === kind && sum.currency === currency) return sum;
  const made: Sum = { class: name, kind, currency, entries_there: 0, amount_there: 0, entries_here: 0, amount_here: 0 };
  sums.push(made);
  return made;
}

const nameOf = ({ class: name, kind, currency }: Sum) => `${classes.indexOf(name)} ${kind} ${currency}`;

function exact(sum: number): number {
  if (!Number.isSafeInteger(sum)) throw new Refusal('the amounts of the day cannot be added up: they are beyond what any account holds');
  return sum;
}
