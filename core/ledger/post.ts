import type { Tx } from '../store/database.ts';
import { insertPostings, type PostingRow, readPostings } from '../store/tables/ledger.ts';
import { type Entry, entryFault, ledgerAccountId } from './entry.ts';

/**
 * Writes entries in the transaction that changes what they tell of. One that was posted already
 * fails the transaction by its key: whoever cannot know uses {@link postEntry}.
 */
export async function postEntries(tx: Tx, entries: readonly Entry[]): Promise<void> {
  for (const entry of entries) {
    const fault = entryFault(entry);
    if (fault !== null) throw new Error(`the ledger entry ${fault}`);
  }
  await insertPostings(tx, entries.flatMap(rowsOf));
}

/**
 * Posts an entry unless its cause has been posted before; then it answers false and writes nothing.
 * Throws where the same cause had other postings. Two at once: one fails by its key and may be repeated.
 */
export async function postEntry(tx: Tx, entry: Entry): Promise<boolean> {
  const known = await readPostings(tx, [entry.id]);
  if (known.length === 0) {
    await postEntries(tx, [entry]);
    return true;
  }
  if (!isSame(known, rowsOf(entry))) throw new Error(`the ledger entry ${entry.id} was posted before, with other postings`);
  return false;
}

function rowsOf({ id, livemode, paymentId, note, at, postings }: Entry): readonly PostingRow[] {
  return postings.map(({ account, amount }, index) => ({
    entry_id: id,
    line: index + 1,
    account_id: ledgerAccountId(account),
    amount,
    currency: account.currency,
    livemode: livemode ? 1 : 0,
    payment_id: paymentId,
    note,
    posted_at: at.getTime(),
  }));
}

function isSame(known: readonly PostingRow[], wanted: readonly PostingRow[]): boolean {
  const written = (rows: readonly PostingRow[]) => JSON.stringify(rows.map(({ account_id, amount }) => [account_id, amount]));
  return written(known) === written(wanted);
}
