import { abilitiesOf } from '../channels/abilities.ts';
import type { OpenAccount } from '../channels/accounts.ts';
import type { Outcome } from '../contract/outcome.ts';
import type { Tx } from '../store/database.ts';
import { type AttemptRow, changeAttempt, readAttempts } from '../store/tables/attempts.ts';
import { insertTransitions } from '../store/tables/history.ts';
import { lockPayment } from '../store/tables/payments.ts';
import type { Kernel } from './deps.ts';
import { type Evidence, evidenceOfQuery, expectedOf, isApproved } from './evidence.ts';
import { attemptRefOf } from './request.ts';
import { noteUnusableName } from './settle.ts';
import { isLive } from './states.ts';

/**
 * Takes the money of an attempt that the shopper has approved, and answers what is known then.
 *
 * That it was asked for is committed before the call, under the payment's lock and only while nothing
 * else has happened to the payment. A close takes the same lock: after it no capture begins, so an
 * approved attempt whose money was never asked for is closed for good by our not asking. A capture
 * whose answer is lost is asked for again, under the same number, when the channel still says approved.
 */
export async function captureIfApproved(kernel: Kernel, account: OpenAccount, attempt: AttemptRow, said: Evidence): Promise<Evidence> {
  if (!isApproved(said)) return said;
  const ability = abilitiesOf(account.manifest, attempt.product).capture;
  if (account.channel.capture === undefined || ability === 'none' || !(await beginCapture(kernel, attempt))) return said;
  // The answer that told of the approval may be the first to name it.
  const known = { ...attempt, channel_no: said.channelNo ?? attempt.channel_no, session_no: said.sessionNo ?? attempt.session_no };
  const outcome = await kernel.caller.call(
    account,
    'capture',
    async (call) => account.channel.capture?.(attemptRefOf(known), call) as Promise<Outcome>,
  );
  const evidence = evidenceOfQuery(outcome, expectedOf(attempt, account.channel.merchantNo, account.record.livemode));
  // The channel has just said that the shopper agreed: that the answer was lost, or the money could not be asked for, changes nothing in that.
  if (evidence.kind !== 'unknown') return evidence;
  noteUnusableName(kernel, attempt, evidence);
  return said;
}

async function beginCapture(kernel: Kernel, { id, payment_id: paymentId }: AttemptRow): Promise<boolean> {
  const transitionId = kernel.newId('his_');
  const begin = async (tx: Tx) => {
    const payment = await lockPayment(tx, paymentId);
    const attempts = await readAttempts(tx, paymentId);
    const attempt = attempts.find((one) => one.id === id);
    if (payment === null || attempt === undefined) return false;
    const isOpen = (payment.state === 'pending' || payment.state === 'processing') && payment.closing === 0;
    const mayMove = attempt.state === 'waiting' || attempt.state === 'processing' || attempt.state === 'unknown';
    // Two approvals of one payment: the second waits for what becomes of the first.
    const isAskedElsewhere = attempts.some((other) => other.id !== id && other.capture_at !== null && isLive(other.state));
    const at = kernel.clock.now().getTime();
    // Past its time the payment is about to be closed, even where a server that was away has not come to it yet.
    const isOver = at >= attempt.expires_at;
    if (!isOpen || isOver || payment.accepted_attempt_id !== null || !mayMove || isAskedElsewhere) return false;
    if (attempt.capture_at !== null) return true;
    const transition = { subjectId: id, from: attempt.state, to: attempt.state, cause: 'kernel', detail: 'capture', at } as const;
    await insertTransitions(tx, [{ id: transitionId, ...transition }]);
    return changeAttempt(tx, id, attempt.state, { capture_at: at });
  };
  return kernel.database.transaction(begin, { table: 'history', id: transitionId });
}
