import { type Database, UniqueError } from '../store/database.ts';
import { addToBalance, type PostingRow, readPostings, readTail, type Sum, takeFromTail } from '../store/tables/ledger.ts';
import { parseLedgerAccountId } from './entry.ts';

/** Entries that one transaction counts. More would take longer and gain little. */
const atOnce = 500;

/**
 * Counts entries into the balances of their accounts, and answers how many. Nobody waits for it: a balance is right at any
 * time, only a little more work to read. Of servers that count the same entries at once, one does and the others answer 0.
 */
export async function foldTail(database: Database, now: Date): Promise<number> {
  const ids = await readTail(database, atOnce);
  if (ids.length === 0) return 0;
  try {
    return await database.transaction(async (tx) => {
      // First, because it shows whether they are still there to be counted.
      if (!(await takeFromTail(tx, ids))) throw new CountedByOthers();
      const postings = await readPostings(tx, ids);
      for (const sum of sumsOf(postings, now)) await addToBalance(tx, sum);
      return ids.length;
    });
  } catch (error) {
    // The key: two servers began the same account at once, with different entries.
    if (error instanceof CountedByOthers || error instanceof UniqueError) return 0;
    throw error;
  }
}

class CountedByOthers extends Error {}

/** In the order of their ids, so that two servers never wait for one another in a ring. */
function sumsOf(rows: readonly PostingRow[], now: Date): readonly Sum[] {
  const byAccount = [...Map.groupBy(rows, ({ account_id: id }) => id)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return byAccount.map(([id, own]) => {
    const account = parseLedgerAccountId(id);
    const [first] = own;
    if (account === null || first === undefined) throw new Error(`${id} is no account of the ledger`);
    return {
      id,
      kind: account.kind,
      owner_id: account.ownerId,
      currency: account.currency,
      livemode: first.livemode,
      balance: own.reduce((total, { amount }) => total + amount, 0),
      postings: own.length,
      updated_at: now.getTime(),
    };
  });
}
