import { type Entry, type LedgerAccount, type LedgerKind, parseLedgerAccountId } from '../ledger/entry.ts';
import { postEntry } from '../ledger/post.ts';
import type { Reader, Tx } from '../store/database.ts';
import { type DiscrepancyAction, type DiscrepancyRow, readDiscrepancyActions } from '../store/tables/discrepancies.ts';
import { readPostings } from '../store/tables/ledger.ts';
import { readPayment } from '../store/tables/payments.ts';

/** Why the ledger is put right. It says which account stands against what the channel owes. */
export const adjustReasons = ['fee_differs', 'chargeback', 'vendor_correction', 'unexplained'] as const;
export type AdjustReason = (typeof adjustReasons)[number];

export interface Adjustment {
  readonly reason: AdjustReason;
  /** By how much more the channel owes than the ledger says; below 0 by how much less. */
  readonly amount: number;
  readonly currency: string;
  /** Who bears it where the discrepancy is about no payment of ours. */
  readonly appId: string;
}

/** By how much more the channel owes by its statement than by us; 0 where no entry of the ledger may say so. */
function owedMore({ class: name, kind, state, amount_here, amount_there, fee_here, fee_there }: DiscrepancyRow): number {
  // What is waited for may yet come; two currencies have no difference; what is not booked is booked by `settle` alone, and only once.
  if (state !== 'open' || name === 'currency_differs' || name === 'status_differs') return 0;
  // What a payout took from the channel is posted as it was sent.
  if (kind === 'payout') return 0;
  if (name === 'fee_differs') return (fee_here ?? 0) - (fee_there ?? 0);
  return (amount_there ?? 0) - (name === 'duplicate' ? 0 : (amount_here ?? 0));
}

/** Whether it is in the direction of the discrepancy, and no more than that. */
export function canAdjust(row: DiscrepancyRow, { amount, currency }: Adjustment): boolean {
  const most = owedMore(row);
  if (currency !== row.currency) return false;
  return most > 0 ? amount > 0 && amount <= most : amount < 0 && amount >= most;
}

/** Posts it under the action that ends the discrepancy, in the same transaction. */
export async function postAdjustment(tx: Tx, row: DiscrepancyRow, adjustment: Adjustment, told: DiscrepancyAction): Promise<void> {
  const { amount, currency, reason } = adjustment;
  const receivable: LedgerAccount = { kind: 'channel_receivable', ownerId: row.account_id, currency };
  const postings = [
    { account: receivable, amount },
    { account: against(row, adjustment), amount: -amount },
  ];
  await postEntry(tx, { ...(await about(tx, row, told, reason)), id: adjustedId(told.id), postings });
}

/** Takes back the adjustment that ended a discrepancy, where one did and it was not taken back before. */
export async function reverseAdjustment(tx: Tx, row: DiscrepancyRow, told: DiscrepancyAction): Promise<void> {
  const actions = await readDiscrepancyActions(tx, row.id);
  for (const ended of actions.filter(({ action, to_state: to }) => action === 'adjust' && to === 'resolved')) {
    const id = `adjustment_reversed:${ended.id}`;
    if ((await readPostings(tx, [id])).length > 0) continue;
    const posted = await readPostings(tx, [adjustedId(ended.id)]);
    const postings = posted.map((one) => ({ account: accountOf(one.account_id), amount: -one.amount }));
    await postEntry(tx, { ...(await about(tx, row, told, told.action)), id, postings });
  }
}

const adjustedId = (actionId: string) => `adjusted:${actionId}`;

/** What a fee or a stranger's money stands in is the channel account's; what somebody gains or loses is an app's. */
function against({ account_id, app_id }: DiscrepancyRow, { reason, currency, appId }: Adjustment): LedgerAccount {
  const [kind, whose] = sides[reason];
  return { kind, ownerId: whose === 'account' ? account_id : (app_id ?? appId), currency };
}

const sides: Readonly<Record<AdjustReason, readonly [LedgerKind, 'account' | 'app']>> = {
  fee_differs: ['fees_actual', 'account'],
  chargeback: ['taken_back', 'app'],
  vendor_correction: ['adjustments', 'app'],
  unexplained: ['statement_suspense', 'account'],
};

async function about(reader: Reader, row: DiscrepancyRow, told: DiscrepancyAction, why: string): Promise<Omit<Entry, 'id' | 'postings'>> {
  const payment = row.payment_id === null ? null : await readPayment(reader, row.payment_id);
  // An entry of a payment has its currency: what a stranger's line says of another stands by itself.
  const paymentId = payment?.currency === row.currency ? payment.id : null;
  const note = `${why} of ${row.id} by ${told.actor}`;
  return { livemode: row.livemode === 1, paymentId, note, at: new Date(told.created_at) };
}

function accountOf(id: string): LedgerAccount {
  const account = parseLedgerAccountId(id);
  if (account === null) throw new Error(`${id} is no account of the ledger`);
  return account;
}
