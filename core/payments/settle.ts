import type { AttemptRow } from '../store/tables/attempts.ts';
import type { Cause } from '../store/tables/history.ts';
import type { PaymentRow } from '../store/tables/payments.ts';
import type { Kernel } from './deps.ts';
import type { Evidence } from './evidence.ts';
import { isPaid } from './states.ts';

export interface Settling {
  readonly attempt: Pick<AttemptRow, 'id' | 'payment_id' | 'account_id' | 'state'>;
  readonly evidence: Evidence;
  readonly cause: Cause;
  /** Who says so and why, for the history. */
  readonly note?: string;
  /** The attempt on another account or method that follows if this one ends unpaid. Committed in the same transaction. */
  readonly next?: AttemptRow | null;
}

export interface Settled {
  readonly payment: PaymentRow;
  readonly attempt: AttemptRow;
  readonly changed: boolean;
  readonly before: PaymentRow;
  /** The next attempt, now stored and to be sent; null when there must be none. */
  readonly next: AttemptRow | null;
}

/**
 * Writes what evidence about an attempt means. The only writer of an attempt's result: the answer
 * to `pay`, callbacks, queries and statements all end here. The attempt, its payment, both
 * histories, the outbox row and any automatic refund are one transaction; a repeat writes nothing.
 * So is the attempt that follows on a failover: a crash leaves either this one, or that one due.
 * Those that come at the same time share a transaction (`settle-together.ts`).
 */
export async function settle(kernel: Kernel, input: Settling): Promise<Settled> {
  const settled = await kernel.settleTogether(input);
  if (settled.changed) kernel.afterCommit(settled);
  kernel.log.debug('settled', describeDecision(input, settled));
  noteUnusableName(kernel, input.attempt, input.evidence);
  return settled;
}

/** Nothing that such an answer says is believed, so somebody has to mend the channel. */
export function noteUnusableName({ log }: Kernel, { id, account_id: account }: Settling['attempt'], evidence: Evidence): void {
  if (evidence.kind !== 'unknown' || evidence.reason !== 'unusable_name') return;
  log.error('a channel gave a name that cannot be kept: 1 to 255 visible ASCII characters are allowed', { attempt: id, account });
}

/** What was learned and what it changed, without anything that a shopper or a vendor wrote. */
function describeDecision({ evidence, cause }: Settling, { payment, attempt, before, changed, next }: Settled) {
  return {
    payment: payment.id,
    attempt: attempt.id,
    cause,
    evidence: evidence.kind,
    changed,
    payment_from: before.state,
    payment_to: payment.state,
    attempt_to: attempt.state,
    exception: payment.exception,
    next_attempt: next?.id ?? null,
  };
}

/** True when evidence of money about this attempt cannot change anything any more: a repeated callback needs no transaction. */
export function alreadySettled(attempt: Pick<AttemptRow, 'state'>): boolean {
  return isPaid(attempt.state);
}
