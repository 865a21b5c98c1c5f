import type { Reader } from '../store/database.ts';
import { readBalance } from '../store/tables/ledger.ts';
import { type LedgerAccount, ledgerAccountId } from './entry.ts';

/** What an account stands at, every committed posting counted. 0 for one that nothing was posted to. */
export async function balanceOf(reader: Reader, account: LedgerAccount): Promise<number> {
  const { folded, later } = await readBalance(reader, ledgerAccountId(account));
  return (folded ?? 0) + (later ?? 0);
}
