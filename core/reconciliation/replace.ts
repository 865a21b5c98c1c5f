import type { OpenAccount } from '../channels/accounts.ts';
import type { StatementDocument } from '../contract/statement.ts';
import { readStatementFiles } from '../store/tables/statement-files.ts';
import { type Fetched, fetchStatement } from './fetch.ts';
import { keepDepsOf } from './import.ts';
import { type Kept, keepDocument } from './keep.ts';
import { openReconciliation, type ReconcileDeps, type Reconciled, readWholeFiles, reconcileDay } from './reconcile.ts';

/** What takes the place of a day's documents: a file that a person gave, or null for what the vendor gives now. */
export interface Replacing {
  readonly account: OpenAccount;
  readonly day: string;
  readonly document: StatementDocument | null;
  readonly onProgress: (entries: number) => void;
}

/**
 * Compares a day that is done with better documents. Those of before are kept and count no more; they go on to count where the better
 * ones are refused, do not come whole, are the same, or say that nothing happened.
 */
export async function replaceDocuments(
  deps: ReconcileDeps,
  replacing: Replacing,
): Promise<Reconciled | Exclude<Fetched, { kind: 'ready' | 'empty' }>> {
  const { account, day, document, onProgress } = replacing;
  const row = await openReconciliation(deps, account, day);
  await readWholeFiles(deps, row.id);
  const replacement = new Map<string, Kept['kind']>();
  const keep = async (one: StatementDocument) => {
    const { kind, sha256 } = await keepDocument(keepDepsOf(deps), row, one, document === null ? 'vendor' : 'hand', 'replacing');
    replacement.set(sha256, kind);
  };
  if (document !== null) await keep(document);
  const fetched = document === null ? await fetchStatement(deps.kernel.caller, account, day, keep) : ({ kind: 'ready' } as const);
  if (fetched.kind !== 'ready' && fetched.kind !== 'empty') {
    await readWholeFiles(deps, row.id);
    return fetched;
  }
  const hasNew = (await readStatementFiles(deps.kernel.database, row.id)).some(({ state }) => state === 'replacing');
  return reconcileDay(deps, { account, day, onProgress, ...(hasNew && { replacement }) });
}
