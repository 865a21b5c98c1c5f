import type { OpenAccount } from '../channels/accounts.ts';
import type { CallbackItem } from '../contract/channel.ts';
import { firstId, timeOfNumber } from '../ids.ts';
import type { Kernel } from './deps.ts';

/** Commits, answers that bring a vendor's name, and replicas are later than a callback by seconds; clocks differ by less. */
const appearsWithinMs = 5 * 60_000;

/**
 * Whether what a genuine callback names may yet become known here: its number is ours and young, or
 * it has only the vendor's names and a young attempt or refund of this account still waits for its
 * own. Anything else is another system's, and never will be.
 */
export async function mayAppear(kernel: Kernel, account: OpenAccount, item: CallbackItem): Promise<boolean> {
  const now = kernel.clock.now().getTime();
  const number = item.number ?? (item.of === 'refund' ? item.attemptNumber : undefined);
  if (number === undefined) return hasUnnamed(kernel, account, now);
  const madeAt = timeOfNumber(number);
  return madeAt !== null && Math.abs(now - madeAt.getTime()) < appearsWithinMs;
}

/** By the time in the ids, for there is no index by account and age. */
async function hasUnnamed({ database }: Kernel, { id }: OpenAccount, now: number): Promise<boolean> {
  const from = new Date(Math.max(0, now - appearsWithinMs));
  const attempts = `SELECT id FROM attempts WHERE id >= ? AND account_id = ? AND channel_no IS NULL AND session_no IS NULL
    AND state IN ('sending', 'unknown') LIMIT 1`;
  if ((await database.get(attempts, [firstId('att_', from), id])) !== undefined) return true;
  const refunds = `SELECT refunds.id FROM refunds JOIN attempts ON attempts.id = refunds.attempt_id
    WHERE refunds.id >= ? AND attempts.account_id = ? AND refunds.channel_no IS NULL AND refunds.state IN ('sending', 'unknown') LIMIT 1`;
  return (await database.get(refunds, [firstId('rfd_', from), id])) !== undefined;
}
