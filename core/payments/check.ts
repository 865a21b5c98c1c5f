import { abilitiesOf } from '../channels/abilities.ts';
import type { OpenAccount } from '../channels/accounts.ts';
import type { Outcome } from '../contract/outcome.ts';
import { type AttemptRow, readAttempt } from '../store/tables/attempts.ts';
import type { Cause } from '../store/tables/history.ts';
import { readPayment } from '../store/tables/payments.ts';
import { captureIfApproved } from './capture.ts';
import type { Kernel } from './deps.ts';
import { type Evidence, evidenceOfQuery, evidenceOfRepeat, expectedOf } from './evidence.ts';
import { attemptRefOf, isNamed, payRequestOf } from './request.ts';
import { type Settled, settle } from './settle.ts';
import { isPaid } from './states.ts';

/**
 * Asks the channel what became of an attempt, and settles by the answer. Of one that has ended
 * unpaid as well: whoever tells us of it may know of money that came late. Null: there is nothing to ask.
 */
export async function check(kernel: Kernel, attemptId: string, cause: Cause): Promise<Settled | null> {
  const attempt = await readAttempt(kernel.database, attemptId);
  if (attempt === null || isPaid(attempt.state)) return null;
  const evidence = (await gather(kernel, attempt)) ?? unheard(attempt, cause);
  return evidence === null ? null : settle(kernel, { attempt, evidence, cause });
}

/**
 * Nothing could be asked of an attempt whose call must be over by now: whoever made it died, or the
 * answer is being written. Left in `sending` it could never be closed.
 */
function unheard(attempt: AttemptRow, cause: Cause): Evidence | null {
  return attempt.state === 'sending' && cause === 'query' ? { kind: 'unknown', reason: 'timeout' } : null;
}

/** What the channel says of an attempt now. Null: it cannot be asked. */
export async function gather(kernel: Kernel, attempt: AttemptRow): Promise<Evidence | null> {
  const account = kernel.channels.accountOf(attempt);
  if (account === undefined) {
    kernel.log.warn('an attempt waits for an account that cannot be opened', { attempt: attempt.id, account: attempt.account_id });
    return null;
  }
  const expected = expectedOf(attempt, account.channel.merchantNo, account.record.livemode);
  const answer = await query(kernel, account, attempt);
  const evidence = answer === null ? null : await captureIfApproved(kernel, account, attempt, evidenceOfQuery(answer, expected));
  if (evidence !== null && evidence.kind !== 'notFound' && evidence.kind !== 'waiting') return evidence;
  const again = await sendAgain(kernel, account, attempt);
  const repeat = again === null ? null : evidenceOfRepeat(again, expected);
  if (repeat === null) return evidence;
  // The channel has it and waits for the shopper, who was never told what to do: a refused repeat does not change that.
  return evidence?.kind === 'waiting' && repeat.kind === 'failed' ? evidence : repeat;
}

async function query(kernel: Kernel, account: OpenAccount, attempt: AttemptRow): Promise<Outcome | null> {
  const { channel, manifest } = account;
  const { query: ability } = abilitiesOf(manifest, attempt.product);
  if (channel.query === undefined || ability === 'none' || (ability === 'by_channel_no' && !isNamed(attempt))) return null;
  return kernel.caller.call(account, 'query', async (call) => channel.query?.(attemptRefOf(attempt), call) as Promise<Outcome>);
}

/**
 * Sends the same attempt again, under the same number and with the same content: what the shopper
 * was to do, or the vendor's number without which it cannot be asked about or closed, is lost with
 * the answer. Only while its outcome is unknown, and only where the manifest says that a repeat
 * cannot make a second payable thing.
 */
async function sendAgain(kernel: Kernel, account: OpenAccount, attempt: AttemptRow): Promise<Outcome | null> {
  const { idempotency } = account.manifest;
  const { query: ability } = abilitiesOf(account.manifest, attempt.product);
  const cannotBeNamed = ability === 'by_channel_no' && !isNamed(attempt);
  const isLost = attempt.state === 'sending' || attempt.state === 'unknown' || (attempt.state === 'closing' && cannotBeNamed);
  if (!isLost) return null;
  const now = kernel.clock.now().getTime();
  const ageMs = now - attempt.created_at;
  // Past its time only to learn by what name it can be closed.
  if (!idempotency.create || (now >= attempt.expires_at && attempt.state !== 'closing')) return null;
  if (idempotency.ttlHours !== undefined && ageMs >= idempotency.ttlHours * 3_600_000) return null;
  const payment = await readPayment(kernel.database, attempt.payment_id);
  if (payment === null || (attempt.state !== 'closing' && (payment.closing === 1 || payment.state === 'success'))) return null;
  const request = payRequestOf(payment, attempt, kernel.publicUrl);
  return kernel.caller.call(account, 'pay', (call) => account.channel.pay(request, call));
}
