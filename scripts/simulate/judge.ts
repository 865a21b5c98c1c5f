import { archiveFinished } from '../../core/payments/archive.ts';
import type { Reader } from '../../core/store/database.ts';
import { findViolations } from '../money/check.ts';
import { openTruth } from '../money/truth.ts';
import { isPayable } from './vendor.ts';
import type { World } from './world.ts';

const dayMs = 86_400_000;

/** The books as they stand between two transactions. What vendors did is not known yet by then. */
export async function checkNow(world: World): Promise<void> {
  for await (const { number, says } of findViolations({ reader: world.database, truth: null })) world.failures.push(`C${number} ${says}`);
}

/** After all faults and all time: everything has come to its end, and to the right one. */
export async function checkEnd(world: World, reader: Reader): Promise<void> {
  if (world.failures.length > 0) return;
  const truth = await openTruth(world.vault.truth);
  for await (const { number, says } of findViolations({ reader, truth })) world.failures.push(`C${number} ${says}`);
  truth.close();
  for (const [what, sql] of unended) for (const row of await reader.all(sql)) world.failures.push(`${what}: ${JSON.stringify(row)}`);
  for (const order of world.vault.orders.values())
    if (isPayable(order, world.time.wallMs())) world.failures.push(`${order.number}: a shopper could still pay it`);
  const received = new Set(world.merchants.flatMap((merchant) => [...merchant.received.keys()]));
  for (const row of await reader.all('SELECT id, type FROM events'))
    if (!received.has(String(row['id']))) world.failures.push(`${row['id']} ${row['type']}: no merchant was told`);
  for (const table of ['payments', 'attempts', 'refunds', 'history', 'events'])
    for (const row of await reader.all(`SELECT * FROM ${table} ORDER BY id`)) world.note(JSON.stringify(row));
  for (const row of await reader.all('SELECT * FROM ledger_postings ORDER BY entry_id, line')) world.note(JSON.stringify(row));
}

/** Years later, what has come to its end is archived, and the same has to hold of it. */
export async function checkArchived(world: World, reader: Reader): Promise<void> {
  if (world.failures.length > 0) return;
  const now = new Date(world.time.wallMs());
  const moved = await archiveFinished({ database: world.database, now, before: new Date(now.getTime() + 1000 * dayMs) });
  for (let one = 0; one < moved; one += 1) world.count('payment archived');
  const truth = await openTruth(world.vault.truth);
  for await (const { number, says } of findViolations({ reader, truth })) world.failures.push(`archived: C${number} ${says}`);
  truth.close();
}

const unended: readonly (readonly [string, string])[] = [
  [
    'a payment that never ends',
    `SELECT id, state, closing FROM payments WHERE state IN ('pending', 'processing')
      AND NOT EXISTS (SELECT 1 FROM attempts WHERE payment_id = payments.id AND state IN ('succeeded', 'succeeded_late'))`,
  ],
  [
    'an attempt that never ends',
    "SELECT id, state, account_id FROM attempts WHERE state IN ('sending', 'waiting', 'processing', 'unknown', 'closing')",
  ],
  [
    'a refund that never ends',
    "SELECT id, state, kind, number FROM refunds WHERE state IN ('created', 'sending', 'unknown', 'processing') AND exception IS NULL",
  ],
  ['a notification that never arrives', "SELECT id, state, tries FROM deliveries WHERE state <> 'delivered'"],
];
