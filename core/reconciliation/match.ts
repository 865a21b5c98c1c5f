import type { StatementLine } from '../contract/statement.ts';
import type { Class, EntryKind } from './classes.ts';
import type { Span } from './day.ts';

/** An entry of a statement, and where it stands. */
export interface Entry {
  readonly line: StatementLine;
  readonly fileId: string;
  /** Counted from 1 within its file. */
  readonly place: number;
}

/** A payment or refund of ours that an entry speaks of. */
export interface Ours {
  /** Whether the money is booked here: the attempt is paid, the refund has succeeded. */
  readonly isBooked: boolean;
  /** As a statement signs it: a refund is negative. */
  readonly amount: number;
  readonly currency: string;
  /** Null where no terms of the account say what the channel keeps. */
  readonly fee: number | null;
  /** When it was booked; null while it is not. */
  readonly at: number | null;
}

/** What of an earlier or later day has to do with something of ours that this day's statement names. */
export type Elsewhere = 'awaited' | 'settled' | 'unknown';

/** Something that does not agree, or agrees on two days. */
export interface Finding {
  /** What names it within its day. */
  readonly name: string;
  readonly class: Exclude<Class, 'matched' | 'not_compared'>;
  readonly kind: EntryKind;
  readonly number: string | null;
  readonly channelNo: string | null;
  readonly currency: string;
  readonly amountHere: number | null;
  readonly amountThere: number | null;
  readonly feeHere: number | null;
  readonly feeThere: number | null;
  readonly entry: Entry | null;
  readonly occurredAt: number | null;
  /** suspended: it may yet come right by itself. resolved: it has, and is kept for the record. */
  readonly state: 'suspended' | 'open' | 'resolved';
  readonly reason: string | null;
  /** What it is about, where a number does not say so: a payout. */
  readonly subjectId?: string;
}

/**
 * The class of an entry that names something of ours. What is worse comes first: money in another currency cannot be compared at
 * all, and a wrong fee means nothing while the amount is wrong.
 */
export function classify({ gross, fee }: StatementLine, ours: Ours, day: Span, elsewhere: Elsewhere, timesSeen: number): Class {
  if (gross.currency !== ours.currency) return 'currency_differs';
  if (timesSeen > 0) return 'duplicate';
  if (!ours.isBooked) return 'status_differs';
  const isOfDay = ours.at !== null && isWithin(ours.at, day);
  if (!isOfDay && elsewhere === 'settled') return 'duplicate';
  if (gross.amount !== ours.amount) return 'amount_differs';
  if (!isOfDay) return 'timing';
  return fee !== null && ours.fee !== null && fee.amount !== ours.fee ? 'fee_differs' : 'matched';
}

/** The class of an entry that names nothing of ours. */
export function classifyUnknown({ kind }: StatementLine): 'missing_here' | 'not_compared' {
  return kind === 'payment' || kind === 'refund' || kind === 'chargeback' ? 'missing_here' : 'not_compared';
}

export interface Patience {
  /** How far from the ends of a day something may stand on the other day's statement. */
  readonly edgeMs: number;
  /** Until when it is waited for. */
  readonly until: number;
}

/** The class of something booked on a day that the day's statement does not name. `isPaired`: another day's does. */
export function classifyUnseen(at: number, day: Span, patience: Patience, now: number, isPaired: boolean): 'timing' | 'missing_there' {
  if (isPaired) return 'timing';
  const isAtEdge = at - day.from < patience.edgeMs || day.to - at <= patience.edgeMs;
  return isAtEdge && now < patience.until ? 'timing' : 'missing_there';
}

export const isWithin = (at: number, { from, to }: Span) => at >= from && at < to;
