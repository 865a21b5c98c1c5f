import type { Entry } from '../../ledger/entry.ts';
import { postEntries } from '../../ledger/post.ts';
import { type Database, type Tx, UniqueError } from '../../store/database.ts';
import { readDiscrepanciesAbout } from '../../store/tables/discrepancies.ts';
import { changePayout, insertPayouts, type PayoutArrival, type PayoutChanges, type PayoutRow } from '../../store/tables/payouts.ts';
import { markUnfinished, type ReconciliationRow, wakeDay, wakeDays } from '../../store/tables/reconciliations.ts';
import { addDays } from '../day.ts';
import { change, type RecordDeps } from '../record.ts';
import type { Arrival } from './match.ts';
import { type KeyedStranger, lookBackDays, type Payouts } from './take.ts';

export type WriteDeps = Pick<RecordDeps, 'newId' | 'now'> & { readonly database: Database };

/** What a comparison changes of payouts. */
interface Changes {
  readonly fresh: readonly PayoutRow[];
  /** A better document of the day does not say them any more. */
  readonly gone: readonly PayoutRow[];
  /** They arrived by an entry of this day that is not there any more, or is another payout. */
  readonly released: readonly PayoutRow[];
  readonly arrived: readonly Arrival<KeyedStranger>[];
}

/** Somebody else compared the other side meanwhile. */
class Stale extends Error {}

/** `written`: how many rows. `day`: the row as it is now. */
export interface WrittenPayouts {
  readonly written: number;
  readonly day: ReconciliationRow;
}

/**
 * Writes what a comparison says of payouts, with the ledger, in one transaction, and has the days of the other side looked at again that may
 * come to something else now; this one too, should it not come to its end: the documents that say so may not count yet. Null: somebody
 * changed what was compared, and it is to be compared again.
 */
export async function writePayouts(deps: WriteDeps, day: ReconciliationRow, payouts: Payouts): Promise<WrittenPayouts | null> {
  const changes = listChanges(day, payouts);
  const { fresh, gone, released, arrived } = changes;
  const written = fresh.length + gone.length + released.length + arrived.length;
  if (written === 0) return { written, day };
  try {
    const marked = await deps.database.transaction(async (tx) => {
      await writeChanges(deps, tx, day, changes);
      return markUnfinished(tx, day);
    });
    return { written, day: marked };
  } catch (error) {
    if (error instanceof Stale || error instanceof UniqueError) return null;
    throw error;
  }
}

function listChanges(day: ReconciliationRow, { own, sent, coming, arrivals }: Payouts): Changes {
  const said = new Set(sent.map(({ entry_key: key }) => key));
  const there = new Set(arrivals.map(({ payout }) => payout.id));
  return {
    fresh: sent.filter(({ entry_key: key }) => !own.has(key)),
    gone: [...own.values()].filter(({ entry_key: key }) => !said.has(key)),
    released: coming.filter(({ id, bank_reconciliation_id: on }) => on === day.id && !there.has(id)),
    arrived: arrivals.filter((one) => one.payout.bank_key !== one.stranger.key),
  };
}

async function writeChanges(deps: WriteDeps, tx: Tx, day: ReconciliationRow, { fresh, gone, released, arrived }: Changes): Promise<void> {
  for (const row of released) await changeOrStop(tx, row, { state: 'awaited', ...nowhere });
  for (const row of gone) await changeOrStop(tx, row, { state: 'withdrawn', entry_key: row.id, ...nowhere });
  // All come free before any arrives: two that change places would have one entry for a moment.
  const awaited: Arrival<KeyedStranger>[] = [];
  for (const one of arrived) awaited.push({ ...one, payout: await setFree(tx, one.payout) });
  for (const { payout, stranger, class: name } of awaited)
    await changeOrStop(tx, payout, { state: name === 'matched' ? 'arrived' : 'differs', ...arrivalBy(day, stranger) });
  await insertPayouts(tx, fresh);
  await postEntries(tx, [...fresh.map((row) => sentEntry(row, deps.now)), ...gone.map((row) => withdrawnEntry(row, deps.now))]);
  await endAwaited(deps, tx, awaited);
  await wake(deps, tx, day, { fresh, gone, released });
}

const nowhere: PayoutArrival = { bank_reconciliation_id: null, bank_key: null, bank_currency: null, bank_amount: null };

const arrivalBy = ({ id }: ReconciliationRow, { key, entry: { line } }: KeyedStranger): PayoutArrival => ({
  bank_reconciliation_id: id,
  bank_key: key,
  bank_currency: line.gross.currency,
  bank_amount: line.gross.amount,
});

async function setFree(tx: Tx, row: PayoutRow): Promise<PayoutRow> {
  if (row.bank_key === null) return row;
  await changeOrStop(tx, row, { state: 'awaited', ...nowhere });
  return { ...row, version: row.version + 1 };
}

async function changeOrStop(tx: Tx, row: PayoutRow, changes: PayoutChanges): Promise<void> {
  if (!(await changePayout(tx, row, changes))) throw new Stale(`the payout ${row.id} was changed meanwhile`);
}

/** The channel owes less by what it paid out, whether or not it has arrived: that is between it and the bank. */
function sentEntry(row: PayoutRow, now: number): Entry {
  return entryOf(row, `payout:${row.id}`, row.amount, now);
}

function withdrawnEntry(row: PayoutRow, now: number): Entry {
  return entryOf(row, `payout_withdrawn:${row.id}`, -row.amount, now);
}

function entryOf({ account_id: ownerId, currency, livemode }: PayoutRow, id: string, amount: number, now: number): Entry {
  const postings = [
    { account: { kind: 'paid_out', ownerId, currency }, amount },
    { account: { kind: 'channel_receivable', ownerId, currency }, amount: -amount },
  ] as const;
  return { id, livemode: livemode === 1, paymentId: null, note: null, at: new Date(now), postings };
}

/** What the channel's days waited for has come. One that had given it up comes to something else. */
async function endAwaited(deps: WriteDeps, tx: Tx, arrived: readonly Arrival[]): Promise<void> {
  const known = await readDiscrepanciesAbout(
    tx,
    arrived.map(({ payout }) => payout.id),
  );
  const changes = { class: 'timing', state: 'resolved', reason: 'agrees_now', resolved_at: deps.now } as const;
  const sentOn = new Set(arrived.map(({ payout }) => payout.reconciliation_id));
  for (const row of known) {
    if (row.state === 'resolved' || !sentOn.has(row.reconciliation_id)) continue;
    if (!(await change(deps, tx, row, changes, 'compared'))) throw new Stale(`the discrepancy ${row.id} was changed meanwhile`);
    if (row.class !== 'timing') await wakeDay(tx, row.reconciliation_id, deps.now);
  }
}

/** Has the days looked at again that may come to something else now: the bank's for what is awaited, and those of either side for what it lost. */
async function wake(
  { now }: WriteDeps,
  tx: Tx,
  day: ReconciliationRow,
  { fresh, gone, released }: Omit<Changes, 'arrived'>,
): Promise<void> {
  for (const { bank_account_id: accountId, paid_on: from } of [...fresh, ...released])
    await wakeDays(tx, { accountId, from, to: addDays(from, lookBackDays), exceptId: day.id }, now);
  for (const row of released) await wakeDay(tx, row.reconciliation_id, now);
  for (const { bank_reconciliation_id: id } of gone) if (id !== null) await wakeDay(tx, id, now);
}
