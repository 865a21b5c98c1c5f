import type { Kernel } from '../payments/deps.ts';
import type { Tx } from '../store/database.ts';
import type { ReconciliationRow } from '../store/tables/reconciliations.ts';
import { viewReconciliation } from './view.ts';

/**
 * Tells what a day came to: once in each app that may see it, which is what `listSeenAccounts` says. It goes to the endpoints alone:
 * who gave an address for the news of payments need not expect anything else there.
 */
export async function announceReconciliation(
  kernel: Pick<Kernel, 'announce' | 'newId'>,
  tx: Tx,
  event: { readonly type: 'reconciliation.done' | 'reconciliation.refused'; readonly row: ReconciliationRow; readonly now: number },
): Promise<void> {
  const { type, row, now } = event;
  const last = await tx.get('SELECT MAX(sequence) AS sequence FROM events WHERE subject_id = ?', [row.id]);
  const sequence = Number(last?.['sequence'] ?? 0) + 1;
  const apps = await readAppsThatSee(tx, row);
  const told = { notifyUrl: null, endpointsOnly: true, type, subjectId: row.id, sequence, data: viewReconciliation(row), now } as const;
  if (apps.length > 0)
    await kernel.announce(
      tx,
      apps.map((appId) => ({ ...told, eventId: kernel.newId('evt_'), appId })),
    );
}

async function readAppsThatSee(tx: Tx, { account_id, livemode }: ReconciliationRow): Promise<readonly string[]> {
  const account = await tx.get('SELECT merchant_id FROM channel_accounts WHERE id = ?', [account_id]);
  const owner = account?.['merchant_id'] ?? null;
  const merchants = owner === null ? (await tx.all('SELECT id FROM merchants LIMIT 2')).map(({ id }) => id) : [owner];
  if (merchants.length !== 1) return [];
  const apps = await tx.all('SELECT id FROM apps WHERE merchant_id = ? AND livemode = ? ORDER BY id', [String(merchants[0]), livemode]);
  return apps.map(({ id }) => String(id));
}
