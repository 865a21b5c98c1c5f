import type { Reader, Row, Tx } from '../database.ts';
import { onlyFrom, payoutMoves } from './moves.ts';
import { insertAll } from './row.ts';

export type PayoutState = 'awaited' | 'arrived' | 'differs' | 'withdrawn';

/** A row of `payouts`, member for member. */
export interface PayoutRow {
  readonly id: string;
  readonly reconciliation_id: string;
  readonly entry_key: string;
  readonly account_id: string;
  readonly bank_account_id: string;
  readonly livemode: number;
  readonly channel_no: string | null;
  readonly currency: string;
  /** As it arrives: above 0. */
  readonly amount: number;
  /** The channel's business day on which it was sent. */
  readonly paid_on: string;
  readonly occurred_at: number;
  readonly state: PayoutState;
  readonly bank_reconciliation_id: string | null;
  /** What names the bank's entry among all that banks have. */
  readonly bank_key: string | null;
  readonly bank_currency: string | null;
  readonly bank_amount: number | null;
  readonly version: number;
  readonly created_at: number;
}

export type PayoutArrival = Pick<PayoutRow, 'bank_reconciliation_id' | 'bank_key' | 'bank_currency' | 'bank_amount'>;
export type PayoutChanges = { readonly state: PayoutState } & Partial<PayoutArrival & Pick<PayoutRow, 'entry_key'>>;

export async function insertPayouts(tx: Tx, rows: readonly PayoutRow[]): Promise<void> {
  if (rows.length > 0) await insertAll(tx, 'payouts', rows as readonly (PayoutRow & Row)[]);
}

/** Those that the documents of a channel's day say. */
export async function readPayoutsOf(reader: Reader, reconciliationId: string): Promise<readonly PayoutRow[]> {
  const sql = "SELECT * FROM payouts WHERE reconciliation_id = ? AND state <> 'withdrawn'";
  return (await reader.all(sql, [reconciliationId])) as unknown as readonly PayoutRow[];
}

interface Beside {
  readonly accountId: string;
  readonly bankAccountId: string;
  /** The channel's day that is being compared. */
  readonly reconciliationId: string;
  readonly from: string;
  readonly to: string;
}

/** Those that other days of a channel's account say, of some days. */
export async function readPayoutsBeside(reader: Reader, beside: Beside): Promise<readonly PayoutRow[]> {
  const { accountId, bankAccountId, reconciliationId, from, to } = beside;
  const sql = `SELECT * FROM payouts WHERE bank_account_id = ? AND state IN ('awaited', 'arrived', 'differs')
    AND account_id = ? AND reconciliation_id <> ? AND paid_on BETWEEN ? AND ?`;
  return (await reader.all(sql, [bankAccountId, accountId, reconciliationId, from, to])) as unknown as readonly PayoutRow[];
}

interface ToBank {
  readonly accountId: string;
  /** The bank's day that is being compared. */
  readonly reconciliationId: string;
  readonly since: string;
}

/** Those to a bank account that are awaited, arrived on a day, or were sent since another. */
export async function readPayoutsTo(reader: Reader, { accountId, reconciliationId, since }: ToBank): Promise<readonly PayoutRow[]> {
  const sql = `SELECT * FROM payouts WHERE bank_account_id = ?
    AND (state = 'awaited' OR bank_reconciliation_id = ? OR (state IN ('arrived', 'differs') AND paid_on >= ?))`;
  return (await reader.all(sql, [accountId, reconciliationId, since])) as unknown as readonly PayoutRow[];
}

/** Writes changes if nobody changed the row since it was read. False: somebody did. */
export async function changePayout(tx: Tx, { id, version }: PayoutRow, changes: PayoutChanges): Promise<boolean> {
  const entries = Object.entries({ ...changes, version: version + 1 });
  const from = onlyFrom(payoutMoves, changes.state);
  const sql = `UPDATE payouts SET ${entries.map(([column]) => `${column} = ?`).join(', ')} WHERE id = ? AND version = ?${from}`;
  return (await tx.run(sql, [...entries.map(([, value]) => value), id, version])) === 1;
}
