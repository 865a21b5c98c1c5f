import type { Reader, Row, Tx } from '../database.ts';
import { type Change, changeRows } from './change.ts';
import { attemptMoves } from './moves.ts';
import { insertAll } from './row.ts';

export type AttemptState =
  | 'sending'
  | 'waiting'
  | 'processing'
  | 'unknown'
  | 'closing'
  | 'succeeded'
  | 'succeeded_late'
  | 'failed'
  | 'not_sent'
  | 'closed';

/** A row of `attempts`, member for member. */
export interface AttemptRow {
  readonly id: string;
  readonly payment_id: string;
  readonly number: string;
  readonly account_id: string;
  readonly account_version: number;
  readonly channel: string;
  readonly method: string;
  readonly product: string;
  readonly state: AttemptState;
  readonly amount: number;
  readonly currency: string;
  readonly amount_paid: number;
  readonly currency_paid: string | null;
  readonly channel_no: string | null;
  readonly session_no: string | null;
  readonly failure: string | null;
  readonly not_found_at: number | null;
  readonly acted: number;
  /** When the money was first asked for, committed before the call; null where that is not ours to do, or not done. */
  readonly capture_at: number | null;
  readonly version: number;
  readonly checks: number;
  readonly due_at: number | null;
  readonly checked_at: number | null;
  readonly expires_at: number;
  readonly created_at: number;
  readonly succeeded_at: number | null;
  readonly ended_at: number | null;
  /** What the channel will keep by the terms of its account as they were; null where none are known. */
  readonly fee_expected: number | null;
}

export type AttemptChanges = { readonly [K in keyof AttemptRow]?: AttemptRow[K] | undefined };

export async function insertAttempts(tx: Tx, rows: readonly AttemptRow[]): Promise<void> {
  await insertAll(tx, 'attempts', rows as readonly (AttemptRow & Row)[]);
}

export async function readAttempt(reader: Reader, id: string): Promise<AttemptRow | null> {
  return ((await reader.get('SELECT * FROM attempts WHERE id = ?', [id])) as AttemptRow | undefined) ?? null;
}

export async function readAttemptByNumber(reader: Reader, number: string): Promise<AttemptRow | null> {
  return ((await reader.get('SELECT * FROM attempts WHERE number = ?', [number])) as AttemptRow | undefined) ?? null;
}

export async function readAttemptByChannelNo(reader: Reader, accountId: string, channelNo: string): Promise<AttemptRow | null> {
  const row = await reader.get('SELECT * FROM attempts WHERE account_id = ? AND channel_no = ?', [accountId, channelNo]);
  return (row as AttemptRow | undefined) ?? null;
}

export async function readAttemptBySessionNo(reader: Reader, accountId: string, sessionNo: string): Promise<AttemptRow | null> {
  const row = await reader.get('SELECT * FROM attempts WHERE account_id = ? AND session_no = ?', [accountId, sessionNo]);
  return (row as AttemptRow | undefined) ?? null;
}

/** A transaction of a vendor, as an account names it. */
export type ChannelNo = Pick<AttemptRow, 'account_id'> & { readonly channel_no: string };

/** The attempts that some transactions of vendors have paid. */
export async function readPaidBy(reader: Reader, numbers: readonly ChannelNo[]): Promise<readonly (ChannelNo & { readonly id: string })[]> {
  if (numbers.length === 0) return [];
  // Not as pairs in a list: that is written differently for SQLite, and MySQL finds either form by the index.
  const each = numbers.map(() => '(account_id = ? AND channel_no = ?)').join(' OR ');
  const sql = `SELECT id, account_id, channel_no FROM attempts WHERE (${each}) AND state IN ('succeeded', 'succeeded_late')`;
  const values = numbers.flatMap(({ account_id, channel_no }) => [account_id, channel_no]);
  return (await reader.all(sql, values)) as unknown as readonly (ChannelNo & { id: string })[];
}

/** All attempts of some payments, oldest first. */
export async function readAttemptsOf(reader: Reader, paymentIds: readonly string[]): Promise<readonly AttemptRow[]> {
  const marks = paymentIds.map(() => '?').join(', ');
  const rows = await reader.all(`SELECT * FROM attempts WHERE payment_id IN (${marks}) ORDER BY id`, paymentIds);
  return rows as unknown as readonly AttemptRow[];
}

/** All attempts of a payment, oldest first. */
export async function readAttempts(reader: Reader, paymentId: string): Promise<readonly AttemptRow[]> {
  return readAttemptsOf(reader, [paymentId]);
}

/** Writes the changes if the attempt is still in the state they were decided for. False: it is not, and nothing was written. */
export async function changeAttempt(tx: Tx, id: string, from: AttemptState, changes: AttemptChanges): Promise<boolean> {
  return changeAttempts(tx, [{ id, from, changes }]);
}

/** The same for several. False: one of them is not, and the transaction must not be committed. */
export async function changeAttempts(
  tx: Tx,
  rows: readonly (Change<AttemptState> & { readonly changes: AttemptChanges })[],
): Promise<boolean> {
  return changeRows(tx, { table: 'attempts', moves: attemptMoves, countsUp: true }, rows);
}
