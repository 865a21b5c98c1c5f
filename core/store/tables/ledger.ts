import type { Reader, Row, Tx } from '../database.ts';
import { insert, insertAll } from './row.ts';

/** A row of `ledger_postings`, member for member. */
export interface PostingRow {
  readonly entry_id: string;
  readonly line: number;
  readonly account_id: string;
  readonly amount: number;
  readonly currency: string;
  readonly livemode: number;
  readonly payment_id: string | null;
  readonly note: string | null;
  readonly posted_at: number;
}

/** Writes the postings of new entries and, in `ledger_tail`, that no balance counts them yet: one statement each. */
export async function insertPostings(tx: Tx, rows: readonly PostingRow[]): Promise<void> {
  if (rows.length === 0) return;
  await insertAll(tx, 'ledger_postings', rows as readonly (PostingRow & Row)[]);
  const entryIds = [...new Set(rows.map(({ entry_id: id }) => id))];
  await insertAll(
    tx,
    'ledger_tail',
    entryIds.map((id) => ({ entry_id: id })),
  );
}

/** The postings of some entries, in the order of their lines. */
export async function readPostings(reader: Reader, entryIds: readonly string[]): Promise<readonly PostingRow[]> {
  const marks = entryIds.map(() => '?').join(', ');
  const sql = `SELECT * FROM ledger_postings WHERE entry_id IN (${marks}) ORDER BY entry_id, line`;
  return (await reader.all(sql, entryIds)) as unknown as readonly PostingRow[];
}

export interface BalanceRow {
  readonly folded: number | null;
  readonly later: number | null;
}

/** The postings that no balance counts yet. */
const later = 'ledger_tail JOIN ledger_postings ON ledger_postings.entry_id = ledger_tail.entry_id';

/** What an account's balance is made of. One statement: in two, a posting could be counted by both, or by neither. */
export async function readBalance(reader: Reader, accountId: string): Promise<BalanceRow> {
  // CONCAT keeps the index of the account out: what was ever posted to it is many times what is in the tail.
  const sql = `SELECT (SELECT balance FROM ledger_accounts WHERE id = ?) AS folded,
    (SELECT SUM(ledger_postings.amount) FROM ${later} WHERE CONCAT(ledger_postings.account_id, '') = ?) AS later`;
  return (await reader.get(sql, [accountId, accountId])) as unknown as BalanceRow;
}

export interface AccountBalance {
  readonly account_id: string;
  readonly livemode: number;
  readonly balance: number;
}

/** Every account that anything was posted to, or those of some owners, with all that is committed. */
export async function listBalances(reader: Reader, ownerIds: readonly string[] | null): Promise<readonly AccountBalance[]> {
  // Postings name owners only inside of their accounts' ids.
  const where = ownerIds === null ? '' : `WHERE ${ownerIds.map(() => 'INSTR(account_id, ?) > 0').join(' OR ') || '1 = 0'}`;
  const sql = `SELECT account_id, livemode, SUM(amount) AS balance FROM (
      SELECT id AS account_id, livemode, balance AS amount FROM ledger_accounts
      UNION ALL SELECT account_id, livemode, amount FROM ${later}
    ) AS parts ${where} GROUP BY account_id, livemode ORDER BY account_id`;
  const owners = (ownerIds ?? []).map((id) => `:${id}:`);
  return (await reader.all(sql, owners)) as unknown as readonly AccountBalance[];
}

/** The postings of a payment, as they were written. */
export async function readPostingsOf(reader: Reader, paymentId: string): Promise<readonly PostingRow[]> {
  const sql = 'SELECT * FROM ledger_postings WHERE payment_id = ? ORDER BY posted_at, entry_id, line';
  return (await reader.all(sql, [paymentId])) as unknown as readonly PostingRow[];
}

/** A scrape must not read further: a tail of this length says enough. */
const mostCounted = 1_000_000;

/** How many entries no balance counts yet. */
export async function countTail(reader: Reader): Promise<number> {
  const row = await reader.get(`SELECT COUNT(*) AS entries FROM (SELECT entry_id FROM ledger_tail LIMIT ${mostCounted}) AS tail`);
  return Number(row?.['entries'] ?? 0);
}

/** Entries that no balance counts yet, up to so many. */
export async function readTail(reader: Reader, most: number): Promise<readonly string[]> {
  return (await reader.all(`SELECT entry_id FROM ledger_tail ORDER BY entry_id LIMIT ${most}`)).map((row) => String(row['entry_id']));
}

/** Takes entries out of the tail. False: somebody else took some of them, and the transaction must not be committed. */
export async function takeFromTail(tx: Tx, entryIds: readonly string[]): Promise<boolean> {
  const marks = entryIds.map(() => '?').join(', ');
  return (await tx.run(`DELETE FROM ledger_tail WHERE entry_id IN (${marks})`, entryIds)) === entryIds.length;
}

/** What some postings add to an account. */
export interface Sum {
  readonly id: string;
  readonly kind: string;
  readonly owner_id: string;
  readonly currency: string;
  readonly livemode: number;
  readonly balance: number;
  readonly postings: number;
  readonly updated_at: number;
}

/** Adds to a balance, and begins the account's row with the first. */
export async function addToBalance(tx: Tx, sum: Sum): Promise<void> {
  const sql = 'UPDATE ledger_accounts SET balance = balance + ?, postings = postings + ?, updated_at = ? WHERE id = ?';
  if ((await tx.run(sql, [sum.balance, sum.postings, sum.updated_at, sum.id])) === 0) await insert(tx, 'ledger_accounts', { ...sum });
}

/** How far the books of before the ledger have been posted. There is none where all of them are. */
export interface Backlog {
  readonly id: string;
  /** The last payment that was looked at. */
  readonly done_to: string;
}

export async function readBacklog(reader: Reader): Promise<Backlog | null> {
  return ((await reader.get("SELECT id, done_to FROM ledger_backlog WHERE id = 'payments'")) as Backlog | undefined) ?? null;
}

/** Begins again with the first payment. */
export async function beginBacklog(tx: Tx): Promise<void> {
  await tx.run('DELETE FROM ledger_backlog');
  await insert(tx, 'ledger_backlog', { id: 'payments', done_to: '' });
}

/** False: somebody else has moved on, and nothing was written. */
export async function moveBacklog(tx: Tx, { id, done_to: from }: Backlog, to: string): Promise<boolean> {
  return (await tx.run('UPDATE ledger_backlog SET done_to = ? WHERE id = ? AND done_to = ?', [to, id, from])) === 1;
}

export async function endBacklog(tx: Tx, { id, done_to: from }: Backlog): Promise<void> {
  await tx.run('DELETE FROM ledger_backlog WHERE id = ? AND done_to = ?', [id, from]);
}

/** The next payments for which any money came, by their ids. */
export async function readPaidPayments(reader: Reader, after: string, most: number): Promise<readonly string[]> {
  const sql = `SELECT id FROM payments WHERE id > ? AND EXISTS (SELECT 1 FROM attempts
    WHERE attempts.payment_id = payments.id AND attempts.state IN ('succeeded', 'succeeded_late')) ORDER BY id LIMIT ${most}`;
  return (await reader.all(sql, [after])).map((row) => String(row['id']));
}

/** The entries of some payments. */
export async function readEntryIdsOf(reader: Reader, paymentIds: readonly string[]): Promise<ReadonlySet<string>> {
  const marks = paymentIds.map(() => '?').join(', ');
  const rows = await reader.all(`SELECT entry_id FROM ledger_postings WHERE payment_id IN (${marks})`, paymentIds);
  return new Set(rows.map((row) => String(row['entry_id'])));
}
