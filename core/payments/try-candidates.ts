import type { Candidate } from '../channels/choose.ts';
import type { Outcome } from '../contract/outcome.ts';
import type { AttemptRow } from '../store/tables/attempts.ts';
import type { PaymentRow } from '../store/tables/payments.ts';
import { captureIfApproved } from './capture.ts';
import type { Kernel } from './deps.ts';
import { type Evidence, evidenceOfPay, expectedOf } from './evidence.ts';
import { payRequestOf } from './request.ts';
import { newAttempt } from './rows.ts';
import { type Settled, settle } from './settle.ts';

/**
 * Sends a committed attempt to its channel. The candidates are tried in order; the next one only when the last is proven
 * not to have been sent, or was declined with a code that the channel allows to fail over.
 */
export async function tryCandidates(
  kernel: Kernel,
  payment: PaymentRow,
  first: AttemptRow,
  candidates: readonly Candidate[],
): Promise<PaymentRow> {
  const giveUpAt = kernel.clock.now().getTime() + kernel.timing.payMs;
  let attempt = first;
  for (const [index, candidate] of candidates.entries()) {
    const outcome = await callPay(kernel, payment, attempt, candidate);
    const now = kernel.clock.now();
    const following = candidates[index + 1];
    const failsOver = following !== undefined && mayFailOver(outcome, candidate) && now.getTime() < giveUpAt;
    const next = failsOver ? newAttempt(kernel, payment, following, now) : null;
    const expected = expectedOf(attempt, candidate.account.channel.merchantNo, candidate.account.record.livemode);
    const evidence = evidenceOfPay(outcome, expected);
    const settled = await settle(kernel, { attempt, evidence, cause: 'kernel', next });
    if (settled.next === null) return takeApproved(kernel, candidate, settled, evidence);
    kernel.metrics.failover({ from: attempt.account_id, to: settled.next.account_id, reason: outcome.kind });
    attempt = settled.next;
  }
  throw new Error('a payment was tried without candidates');
}

/** At some vendors a shopper who is known has agreed already when the answer comes. */
async function takeApproved(kernel: Kernel, { account }: Candidate, { payment, attempt }: Settled, said: Evidence): Promise<PaymentRow> {
  const evidence = await captureIfApproved(kernel, account, attempt, said);
  return evidence === said ? payment : (await settle(kernel, { attempt, evidence, cause: 'query' })).payment;
}

async function callPay(kernel: Kernel, payment: PaymentRow, attempt: AttemptRow, candidate: Candidate): Promise<Outcome> {
  const request = payRequestOf(payment, attempt, kernel.publicUrl);
  return kernel.caller.call(candidate.account, 'pay', (call) => candidate.account.channel.pay(request, call));
}

/** The one rule of failover: proven not sent, or declined with a code on the channel's list. Unknown never. */
function mayFailOver(outcome: Outcome, candidate: Candidate): boolean {
  if (outcome.kind === 'notSent') return true;
  return outcome.kind === 'declined' && candidate.account.manifest.failoverCodes.includes(outcome.code);
}
