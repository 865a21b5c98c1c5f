import type { Reader, Row, Tx } from '../database.ts';
import { onlyFrom, reconciliationMoves } from './moves.ts';
import { insert, type Page, readPage, Where } from './row.ts';

export type ReconciliationState = 'waiting' | 'fetched' | 'done' | 'refused';

/** A row of `reconciliations`, member for member. */
export interface ReconciliationRow {
  readonly id: string;
  readonly account_id: string;
  readonly channel: string;
  readonly livemode: number;
  readonly day: string;
  readonly state: ReconciliationState;
  readonly reason: string | null;
  readonly tries: number;
  readonly due_at: number | null;
  readonly entries: number | null;
  readonly totals: string | null;
  readonly created_at: number;
  readonly done_at: number | null;
}

export type ReconciliationChanges = { readonly [K in keyof ReconciliationRow]?: ReconciliationRow[K] };

export async function readReconciliation(reader: Reader, id: string): Promise<ReconciliationRow | null> {
  return ((await reader.get('SELECT * FROM reconciliations WHERE id = ?', [id])) as ReconciliationRow | undefined) ?? null;
}

export async function readReconciliationOf(reader: Reader, accountId: string, day: string): Promise<ReconciliationRow | null> {
  const row = await reader.get('SELECT * FROM reconciliations WHERE account_id = ? AND day = ?', [accountId, day]);
  return (row as ReconciliationRow | undefined) ?? null;
}

export async function insertReconciliation(tx: Tx, row: ReconciliationRow): Promise<void> {
  await insert(tx, 'reconciliations', row as ReconciliationRow & Row);
}

/** Writes the changes, unless the day is in a state from which none leads there: one that is done by now stays as it is. */
export async function changeReconciliation(tx: Tx, id: string, changes: ReconciliationChanges): Promise<void> {
  const columns = Object.keys(changes);
  const from = onlyFrom(reconciliationMoves, changes.state);
  const sql = `UPDATE reconciliations SET ${columns.map((column) => `${column} = ?`).join(', ')} WHERE id = ?${from}`;
  await tx.run(sql, [...(Object.values(changes) as (string | number | null)[]), id]);
}

/** Which of some days of an account have been compared. */
export async function readDoneDays(reader: Reader, accountId: string, days: readonly string[]): Promise<ReadonlySet<string>> {
  if (days.length === 0) return new Set();
  const marks = days.map(() => '?').join(', ');
  const sql = `SELECT day FROM reconciliations WHERE account_id = ? AND day IN (${marks}) AND state = 'done'`;
  return new Set((await reader.all(sql, [accountId, ...days])).map((row) => String(row['day'])));
}

/** What is known of an account's days from one on. */
export async function readReconciliationsFrom(reader: Reader, accountId: string, day: string): Promise<readonly ReconciliationRow[]> {
  const sql = 'SELECT * FROM reconciliations WHERE account_id = ? AND day >= ?';
  return (await reader.all(sql, [accountId, day])) as unknown as readonly ReconciliationRow[];
}

interface WakenDays {
  readonly accountId: string;
  readonly from: string;
  readonly to: string;
  /** The one that is being compared. */
  readonly exceptId: string;
}

/** Has days of an account looked at again, whatever they came to before. */
export async function wakeDays(tx: Tx, days: WakenDays, now: number): Promise<void> {
  const sql = `UPDATE reconciliations SET ${dueNow} WHERE account_id = ? AND day BETWEEN ? AND ? AND id <> ?`;
  await tx.run(sql, [now, now - 1, now, days.accountId, days.from, days.to, days.exceptId]);
}

/** Whoever is comparing the day sees by another time that a look was asked for, even if it was due at this very moment. */
const dueNow = 'due_at = CASE WHEN due_at = ? THEN ? ELSE ? END';

/** Earlier than any time at which a look is asked for. */
const unfinishedAt = 1;

/**
 * Has a day that is being compared looked at again, should that break off from here on. Answers the row as it is then; as it was where somebody
 * asked for another look since it was read.
 */
export async function markUnfinished(tx: Tx, day: ReconciliationRow): Promise<ReconciliationRow> {
  const sql = 'UPDATE reconciliations SET due_at = ? WHERE id = ? AND COALESCE(due_at, 0) = ?';
  return (await tx.run(sql, [unfinishedAt, day.id, day.due_at ?? 0])) === 1 ? { ...day, due_at: unfinishedAt } : day;
}

export async function wakeDay(tx: Tx, id: string, now: number): Promise<void> {
  await tx.run(`UPDATE reconciliations SET ${dueNow} WHERE id = ?`, [now, now - 1, now, id]);
}

/** When a day that was compared is to be looked at next, unless somebody has asked for that meanwhile: the row is asked, not what was read of it. */
export async function dueNext(tx: Tx, { id, due_at: before }: ReconciliationRow, next: number | null): Promise<void> {
  await tx.run('UPDATE reconciliations SET due_at = ? WHERE id = ? AND COALESCE(due_at, 0) = ?', [next, id, before ?? 0]);
}

/** Days that were compared and are to be looked at again by now. */
export async function readDueReconciliations(reader: Reader, accountId: string, now: number): Promise<readonly ReconciliationRow[]> {
  const sql = "SELECT * FROM reconciliations WHERE due_at <= ? AND account_id = ? AND state = 'done' ORDER BY day";
  return (await reader.all(sql, [now, accountId])) as unknown as readonly ReconciliationRow[];
}

/** Those of some accounts, newest first. */
export async function listReconciliations(
  reader: Reader,
  filter: { readonly accountIds: readonly string[]; readonly day?: string | undefined; readonly state?: string | undefined },
  page: Page,
) {
  const { accountIds, day, state } = filter;
  const where = new Where().and(`account_id IN (${['NULL', ...accountIds.map(() => '?')].join(', ')})`, ...accountIds);
  if (day !== undefined) where.and('day = ?', day);
  if (state !== undefined) where.and('state = ?', state);
  return readPage<ReconciliationRow>((sql, params) => reader.all(sql, params), 'reconciliations', where, page);
}

/** When a day of each channel was last compared. */
export async function readLastDone(reader: Reader): Promise<readonly { readonly channel: string; readonly at: number }[]> {
  const sql = "SELECT channel, MAX(done_at) AS at FROM reconciliations WHERE state = 'done' GROUP BY channel";
  return (await reader.all(sql)) as unknown as readonly { channel: string; at: number }[];
}
