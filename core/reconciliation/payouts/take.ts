import { createHash } from 'node:crypto';
import type { IdPrefix } from '../../ids.ts';
import type { Reader } from '../../store/database.ts';
import { type PayoutRow, readPayoutsBeside, readPayoutsOf, readPayoutsTo } from '../../store/tables/payouts.ts';
import type { Compared, Comparing } from '../compare.ts';
import { addDays, dayOf, spanOf } from '../day.ts';
import type { Entry, Finding } from '../match.ts';
import { countThere, findingOf, mostFindings, noteFinding } from '../note.ts';
import { keepable } from '../record.ts';
import { Refusal } from '../refuse.ts';
import { type Arrival, arrivalDays, matchPayouts, type Stranger } from './match.ts';

/** What is known of payouts at some point of the comparison: those that the day says were sent, and those that may arrive on it. */
export interface Payouts {
  /** The bank's account to which they go; null where the terms do not say. */
  readonly to: string | null;
  /** Those that the day was known to say before. */
  readonly own: ReadonlyMap<string, PayoutRow>;
  /** Those that other days say, by `sentName`. */
  readonly beside: ReadonlySet<string>;
  readonly sent: PayoutRow[];
  /** How often a line with the same number and money was seen. */
  readonly timesSent: Map<string, number>;
  /** Those that are awaited, or arrived on this day. */
  readonly coming: readonly PayoutRow[];
  /** The entries by which others arrived on other days. */
  readonly taken: ReadonlySet<string>;
  readonly strangers: KeyedStranger[];
  readonly arrivals: Arrival<KeyedStranger>[];
  readonly newId: (prefix: IdPrefix) => string;
}

export type KeyedStranger = Stranger & { readonly key: string };

/** How much longer a payout is waited for than it is looked for: the bank's document comes by hand, and over a weekend late. */
const documentDays = 3;
/** For how long after a payout the bank's statements are held against those that arrived already: people give months at once. */
export const lookBackDays = 38;

export async function loadPayouts(reader: Reader, { account, day }: Comparing, newId: Payouts['newId']): Promise<Payouts> {
  const { reconciliationId } = day;
  const own = await readPayoutsOf(reader, reconciliationId);
  const there = await readPayoutsTo(reader, { accountId: account.id, reconciliationId, since: addDays(day.day, -lookBackDays) });
  const isComing = ({ state, bank_reconciliation_id: arrived }: PayoutRow) => state === 'awaited' || arrived === reconciliationId;
  const bankAccountId = account.record.terms?.payouts_to ?? null;
  const [from, to] = [addDays(day.day, -lookBackDays), addDays(day.day, lookBackDays)];
  const isAsked = bankAccountId !== null;
  const beside = isAsked ? await readPayoutsBeside(reader, { accountId: account.id, bankAccountId, reconciliationId, from, to }) : [];
  return {
    to: bankAccountId,
    beside: new Set(beside.map((row) => sentName(row.entry_key, row.occurred_at))),
    own: new Map(own.map((row) => [row.entry_key, row])),
    coming: there.filter(isComing),
    taken: new Set(there.flatMap((row) => (isComing(row) || row.bank_key === null ? [] : [row.bank_key]))),
    ...{ sent: [], timesSent: new Map(), strangers: [], arrivals: [], newId },
  };
}

const sentName = (key: string, at: number) => `${key} ${at}`;

/** Until when a payout is waited for. */
export const awaitedUntil = ({ paid_on: sent }: Pick<PayoutRow, 'paid_on'>, { day: { businessDays } }: Pick<Comparing, 'day'>): number =>
  spanOf(addDays(sent, arrivalDays + documentDays), businessDays).to;

/** A line that says what the channel paid out. One that came back has no place at the bank to be looked for. */
export function takeSent(state: Compared, entry: Entry): void {
  const { own, to, beside, sent } = state.payouts;
  const key = keyOfSent(state.payouts, entry);
  const known = own.get(key);
  const bankAccountId = known?.bank_account_id ?? to;
  if (bankAccountId === null || entry.line.gross.amount >= 0) return void countThere(state, 'not_compared', entry);
  // A report of several days may be given for each of them: the channel would owe less by it twice.
  if (known === undefined && beside.has(sentName(key, entry.line.occurredAt.getTime()))) {
    countThere(state, 'duplicate', entry);
    return void noteFinding(state, { ...findingOf('duplicate', entry, null, 0), name: `sent ${key}` });
  }
  const row = known ?? makeRow(state, entry, bankAccountId, key);
  sent.push(row);
  const isHere = row.state === 'arrived' || row.state === 'differs';
  const name = isHere || state.now < awaitedUntil(row, state) ? 'timing' : 'missing_there';
  countThere(state, name, entry);
  noteFinding(state, {
    ...findingOf(name, entry, null, 0),
    name: `sent ${key}`,
    subjectId: row.id,
    ...stateOf(name, isHere),
  });
}

function stateOf(name: 'timing' | 'missing_there', isHere: boolean): Pick<Finding, 'state' | 'reason'> {
  if (isHere) return { state: 'resolved', reason: 'agrees_now' };
  return { state: name === 'timing' ? 'suspended' : 'open', reason: null };
}

/** Another amount in a better document is another payout: it may have arrived already. */
function keyOfSent({ timesSent }: Payouts, { line: { channelNo, gross } }: Entry): string {
  const name = `${channelNo} ${gross.amount} ${gross.currency}`;
  const times = timesSent.get(name) ?? 0;
  timesSent.set(name, times + 1);
  return hash(`${name} ${times}`);
}

const hash = (text: string) => createHash('sha256').update(text).digest('hex');

function makeRow({ account, day, now, payouts }: Compared, { line }: Entry, bankAccountId: string, key: string): PayoutRow {
  return {
    id: payouts.newId('pyo_'),
    reconciliation_id: day.reconciliationId,
    entry_key: key,
    account_id: account.id,
    bank_account_id: bankAccountId,
    livemode: account.record.livemode ? 1 : 0,
    channel_no: keepable(line.channelNo),
    currency: line.gross.currency,
    amount: -line.gross.amount,
    paid_on: dayOf(line.occurredAt.getTime(), day.businessDays),
    occurred_at: line.occurredAt.getTime(),
    state: 'awaited',
    bank_reconciliation_id: null,
    bank_key: null,
    bank_currency: null,
    bank_amount: null,
    version: 0,
    created_at: now,
  };
}

/**
 * Keeps an entry back that may be a payout, where any may arrive on this account. What is listed again is none: one transfer in
 * two documents would be two payouts.
 */
export function isStranger(state: Compared, entry: Entry, timesSeen: number): boolean {
  const { account, day, payouts } = state;
  const { kind, gross, channelNo, occurredAt } = entry.line;
  if (payouts.coming.length + payouts.taken.size === 0 || kind !== 'payment' || gross.amount <= 0 || timesSeen > 0) return false;
  const bookedOn = dayOf(occurredAt.getTime(), day.businessDays);
  const key = hash(`${account.id} ${bookedOn} ${channelNo} ${gross.amount} ${gross.currency}`);
  payouts.strangers.push({ entry, day: bookedOn, key });
  if (payouts.strangers.length > mostFindings) throw new Refusal(`more than ${mostFindings} entries name nothing of ours`);
  return true;
}

/** Says which of the entries that were kept back are payouts, when all have come. */
export function takeArrivals(state: Compared): void {
  const { coming, taken, strangers, arrivals } = state.payouts;
  arrivals.push(
    ...matchPayouts(
      coming,
      strangers.filter(({ key }) => !taken.has(key)),
    ),
  );
  for (const arrival of arrivals) takeArrival(state, arrival);
  const arrived = new Set(arrivals.map(({ stranger }) => stranger));
  for (const stranger of strangers) if (!arrived.has(stranger)) takeStranger(state, stranger);
}

function takeArrival(state: Compared, { payout, stranger: { entry }, class: name }: Arrival): void {
  const { gross } = entry.line;
  state.tally.count({ class: name, kind: 'payout', currency: gross.currency, there: gross.amount, here: null });
  state.tally.count({ class: name, kind: 'payout', currency: payout.currency, there: null, here: payout.amount });
  if (name === 'matched') return;
  const found = findingOf(name, entry, null, 0);
  const names = { name: `arrived ${payout.id}`, kind: 'payout', number: payout.channel_no, subjectId: payout.id } as const;
  noteFinding(state, { ...found, ...names, currency: payout.currency, amountHere: payout.amount });
}

function takeStranger(state: Compared, { entry, key }: KeyedStranger): void {
  const name = state.payouts.taken.has(key) ? 'duplicate' : 'missing_here';
  countThere(state, name, entry);
  noteFinding(state, findingOf(name, entry, null, 0));
}
