import type { PayoutRow } from '../../store/tables/payouts.ts';
import { addDays } from '../day.ts';
import type { Entry } from '../match.ts';

/**
 * For how many days after it was sent a payout is looked for by its amount alone. Stripe, Adyen and GoCardless write of one to four
 * banking days; over Easter or the Golden Week these are a week. Longer, and a later payout of the same amount would be taken for it.
 */
export const arrivalDays = 7;

/** An entry of a bank's statement that names nothing of ours. */
export interface Stranger {
  readonly entry: Entry;
  /** The day on which the bank booked it. */
  readonly day: string;
}

/** A payout, and the bank's entry that is it. */
export interface Arrival<S extends Stranger = Stranger> {
  readonly payout: PayoutRow;
  readonly stranger: S;
  readonly class: 'matched' | 'amount_differs' | 'currency_differs';
}

/**
 * Which entries are which payouts, each at most once, the same for the same rows in whatever order they come. What names a payout is
 * that payout whatever its amount: the bank took a fee, or changed the currency. The others have its amount, and the oldest comes first.
 */
export function matchPayouts<S extends Stranger>(payouts: readonly PayoutRow[], strangers: readonly S[]): readonly Arrival<S>[] {
  const [waiting, arriving] = [new Set([...payouts].sort(bySent)), new Set([...strangers].sort(byBooked))];
  const arrivals: Arrival<S>[] = [];
  for (const rule of [isNamedAndSame, isNamed, isSameInTime])
    for (const stranger of [...arriving]) {
      const payout = waiting.values().find((one) => rule(one, stranger));
      if (payout === undefined) continue;
      waiting.delete(payout);
      arriving.delete(stranger);
      arrivals.push({ payout, stranger, class: classOf(payout, stranger) });
    }
  return arrivals;
}

const bySent = (one: PayoutRow, other: PayoutRow) =>
  compare(one.paid_on, other.paid_on) ||
  one.occurred_at - other.occurred_at ||
  compare(one.channel_no ?? '', other.channel_no ?? '') ||
  compare(one.entry_key, other.entry_key);

const byBooked = ({ day, entry: { line } }: Stranger, { day: otherDay, entry: { line: other } }: Stranger) =>
  compare(day, otherDay) || line.occurredAt.getTime() - other.occurredAt.getTime() || compare(line.channelNo, other.channelNo);

const compare = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0);

function isSame({ amount, currency }: PayoutRow, { entry: { line } }: Stranger): boolean {
  return line.gross.currency === currency && line.gross.amount === amount;
}

function isNamed({ channel_no: number, paid_on: sent }: PayoutRow, { entry: { line }, day }: Stranger): boolean {
  return number !== null && day >= sent && hasWord(line.raw, number);
}

const isNamedAndSame = (payout: PayoutRow, stranger: Stranger) => isSame(payout, stranger) && isNamed(payout, stranger);

function isSameInTime(payout: PayoutRow, stranger: Stranger): boolean {
  return isSame(payout, stranger) && stranger.day >= payout.paid_on && stranger.day <= addDays(payout.paid_on, arrivalDays);
}

function classOf({ amount, currency }: PayoutRow, { entry: { line } }: Stranger): Arrival['class'] {
  if (line.gross.currency !== currency) return 'currency_differs';
  return line.gross.amount === amount ? 'matched' : 'amount_differs';
}

/** Fewer characters, or no digit, stand in a bank's text by chance. */
const fewestCharacters = 6;

/** Whether a text has a number that is not a part of a longer one. */
function hasWord(text: string, number: string): boolean {
  if (number.length < fewestCharacters || !/\d/.test(number)) return false;
  const isPart = (character: string | undefined) => character !== undefined && /[0-9A-Za-z]/.test(character);
  for (let at = text.indexOf(number); at >= 0; at = text.indexOf(number, at + 1))
    if (!isPart(text[at - 1]) && !isPart(text[at + number.length])) return true;
  return false;
}
