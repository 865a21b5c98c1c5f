import type { Clock } from '../clock.ts';
import type { Metrics, PaymentOutcome } from '../metrics.ts';
import type { AttemptRow } from '../store/tables/attempts.ts';
import type { PaymentRow } from '../store/tables/payments.ts';
import type { RecentSuccess } from './recent-success.ts';

/** A payment before and after a transaction that is now durable. */
export interface Committed {
  readonly before: PaymentRow;
  readonly payment: PaymentRow;
  /** Where it is one attempt of the payment that was settled. */
  readonly attempt?: Pick<AttemptRow, 'method' | 'state'>;
}

/** Counts payments that came to their end. Called only when nothing can be rolled back any more. */
export function afterCommit(
  deps: { readonly metrics: Metrics; readonly clock: Clock; readonly recentSuccess: RecentSuccess },
  { before, payment, attempt }: Committed,
): void {
  // Closed and never sent say nothing of the method: the shopper went away, or the vendor did.
  if (attempt?.state === 'succeeded' || attempt?.state === 'failed') deps.recentSuccess.note(attempt.method, attempt.state === 'succeeded');
  const labels = { channel: payment.channel ?? 'none', method: payment.method ?? 'none' };
  // A second success leaves the payment in the state of the first.
  if (payment.exception === 'duplicate' && before.exception !== 'duplicate') deps.metrics.duplicatePayment({ channel: labels.channel });
  if (before.state === payment.state) return;
  const outcome = outcomeOf(payment);
  if (outcome !== null) deps.metrics.payment({ ...labels, outcome }, (deps.clock.now().getTime() - payment.created_at) / 1000);
}

function outcomeOf(payment: PaymentRow): PaymentOutcome | null {
  if (payment.state === 'success') return 'succeeded';
  if (payment.state === 'closed') return 'closed';
  if (payment.state !== 'failed' || payment.failure === null) return null;
  const { code } = JSON.parse(payment.failure) as { code: string };
  if (code === 'risk_rejected') return 'declined_risk';
  return code.startsWith('channel_') ? 'channel_error' : 'declined_customer';
}
