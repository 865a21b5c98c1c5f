import type { Reader, Row, Tx } from '../database.ts';
import { insertAll } from './row.ts';

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

/** Writes postings and, in `ledger_tail`, that no balance counts them yet: one statement each. */
export async function insertPostings(tx: Tx, rows: readonly PostingRow[]): Promise<void> {
  if (rows.length === 0) return;
  await insertAll(tx, 'ledger_postings', rows as readonly (PostingRow & Row)[]);
  const tail = rows.map(({ entry_id, line, account_id, amount, livemode }) => ({ entry_id, line, account_id, amount, livemode }));
  await insertAll(tx, 'ledger_tail', tail);
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

/** What an account's balance is made of. One statement: in two, a posting could be counted by both, or by neither. */
export async function readBalance(reader: Reader, accountId: string): Promise<BalanceRow> {
  const sql = `SELECT (SELECT balance FROM ledger_accounts WHERE id = ?) AS folded,
    (SELECT SUM(amount) FROM ledger_tail WHERE account_id = ?) AS later`;
  return (await reader.get(sql, [accountId, accountId])) as unknown as BalanceRow;
}
