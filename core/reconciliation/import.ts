import type { OpenAccount } from '../channels/accounts.ts';
import type { StatementDocument } from '../contract/statement.ts';
import { changeReconciliation, type ReconciliationRow } from '../store/tables/reconciliations.ts';
import { dropStatementFile } from '../store/tables/statement-files.ts';
import { type Fetched, fetchStatement } from './fetch.ts';
import { holdAccount } from './hold.ts';
import { type KeepDeps, type Kept, keepDocument } from './keep.ts';
import { openReconciliation, type ReconcileDeps, readWholeFiles } from './reconcile.ts';

/** Asks the vendor for a day and keeps what it gives. Only a day whose documents all came whole counts as fetched. */
export async function importFetched(deps: ReconcileDeps, account: OpenAccount, day: string): Promise<Fetched> {
  const { kernel } = deps;
  const row = await openReconciliation(deps, account, day);
  // Those of a fetch that was not finished: the vendor may give the same in other bytes.
  await dropUncounted(deps, row);
  const keep = async (document: StatementDocument) => void (await keepDocument(keepDepsOf(deps), row, document, 'vendor'));
  const fetched = await fetchStatement(kernel.caller, account, day, keep);
  const isThere = fetched.kind === 'ready' || fetched.kind === 'empty';
  if (!isThere) await dropUncounted(deps, row);
  // A day that is done stays so until what came anew was compared.
  else if (row.state !== 'done')
    await kernel.database.transaction((tx) => changeReconciliation(tx, row.id, { state: 'fetched', reason: null, due_at: null }));
  return fetched;
}

/** Drops what a fetch that was not finished had brought. */
async function dropUncounted(deps: ReconcileDeps, row: ReconciliationRow): Promise<void> {
  for (const { id, source, state } of await readWholeFiles(deps, row.id))
    if (source === 'vendor' && state === 'kept') await deps.kernel.database.transaction((tx) => dropStatementFile(tx, id));
}

/** Keeps a document that a person gave. */
export async function importGiven(deps: ReconcileDeps, account: OpenAccount, day: string, document: StatementDocument): Promise<Kept> {
  const row = await openReconciliation(deps, account, day);
  if (row.state === 'waiting' || row.state === 'refused') await dropUncounted(deps, row);
  return keepDocument(keepDepsOf(deps), row, document, 'hand');
}

export const keepDepsOf = ({ kernel, vault }: ReconcileDeps): KeepDeps => ({
  database: kernel.database,
  vault,
  newId: kernel.newId,
  now: () => kernel.clock.now().getTime(),
});

/** What became of a document that came from outside. */
export type Given = Kept & { readonly reconciliation: ReconciliationRow };

/** Keeps a document that comes from outside, for the job that compares. `busy`: a day of the account is being brought in or compared right now. */
export async function giveDocument(
  deps: ReconcileDeps,
  account: OpenAccount,
  day: string,
  document: StatementDocument,
): Promise<Given | { readonly kind: 'busy' }> {
  const leased = await holdAccount(deps, account, async (held) => ({
    ...(await importGiven(held, account, day, document)),
    reconciliation: await openReconciliation(held, account, day),
  }));
  return leased.kind === 'held' ? { kind: 'busy' } : leased.result;
}
