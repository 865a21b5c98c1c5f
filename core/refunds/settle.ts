import { refundFailedEntry, refundSucceededEntry } from '../ledger/entries.ts';
import type { Entry } from '../ledger/entry.ts';
import { postEntries } from '../ledger/post.ts';
import type { Kernel } from '../payments/deps.ts';
import type { Tx } from '../store/database.ts';
import { readAttempt } from '../store/tables/attempts.ts';
import { type Cause, insertTransitions } from '../store/tables/history.ts';
import { bookRefund, lockPayment, type PaymentRow, readPayment, releaseRefund } from '../store/tables/payments.ts';
import { changeRefund, type RefundRow, type RefundState, readRefund } from '../store/tables/refunds.ts';
import { announceRefund } from './announce.ts';
import { decideRefund } from './decide.ts';
import { doubtRefund, type RefundEvidence } from './evidence.ts';
import { isOpenRefund } from './states.ts';

export interface SettlingRefund {
  readonly refund: Pick<RefundRow, 'id' | 'payment_id'>;
  readonly evidence: RefundEvidence;
  readonly cause: Cause;
  /** Who says so and why, for the history. */
  readonly note?: string;
  /** Of the answer to a first send: how often the refund had been attended to when it was sent. */
  readonly checks?: number;
}

/**
 * Writes what evidence about a refund means: the refund, the payment's counters, the history and
 * the outbox row in one transaction. The only writer of a refund's result; a repeat writes nothing.
 */
export async function settleRefund(kernel: Kernel, input: SettlingRefund): Promise<RefundRow> {
  const transitionId = kernel.newId('his_');
  const settled = await kernel.database.transaction((tx) => settleInside(kernel, tx, input, transitionId), {
    table: 'history',
    id: transitionId,
  });
  if (settled.endedOn !== null) kernel.metrics.refund({ channel: settled.endedOn, result: settled.refund.state });
  const { id, state, exception } = settled.refund;
  if (settled.takenBackOn !== null) noteTakenBack(kernel, settled.takenBackOn, settled.refund);
  if (input.evidence.kind === 'unknown' && input.evidence.reason === 'unusable_name')
    kernel.log.error('a channel gave a refund a name that cannot be kept: 1 to 255 visible ASCII characters are allowed', { refund: id });
  kernel.log.debug('refund settled', {
    refund: id,
    payment: input.refund.payment_id,
    cause: input.cause,
    evidence: input.evidence.kind,
    state,
    exception,
  });
  return settled.refund;
}

interface SettledRefund {
  readonly refund: RefundRow;
  readonly payment: PaymentRow;
  /** The channel on which the refund has now come to its end; null when it has not, or had before. */
  readonly endedOn: string | null;
  /** The channel that now says the opposite of how the refund had ended. */
  readonly takenBackOn: string | null;
}

/** The state stays, the books with it; a person has to compare them with the vendor's. */
function noteTakenBack({ metrics, log }: Kernel, channel: string, { id, state, payment_id: payment }: RefundRow): void {
  metrics.callbackMismatch({ channel, field: 'state' });
  log.error('a channel takes back how a refund had ended', { refund: id, payment, state });
}

async function settleInside(kernel: Kernel, tx: Tx, input: SettlingRefund, transitionId: string): Promise<SettledRefund> {
  const payment = await lockPayment(tx, input.refund.payment_id);
  const refund = await readRefund(tx, input.refund.id);
  if (payment === null || refund === null) throw new Error(`refund ${input.refund.id} is not stored`);
  const now = kernel.clock.now().getTime();
  const evidence = input.checks === undefined || input.checks === refund.checks ? input.evidence : doubtRefund(input.evidence);
  const attempt = await readAttempt(tx, refund.attempt_id);
  // Where the attempt is gone, the usual rules hold.
  const { notFoundIsFinalAfterMs } = kernel.channels.settleRules(attempt?.account_id ?? '');
  const changes = decideRefund(evidence, { refund, now, notFoundIsFinalAfterMs });
  if (changes === null) return { refund, payment, endedOn: null, takenBackOn: null };
  const to = changes.state ?? refund.state;
  const isTakenBack = !isOpenRefund(refund.state) && changes.exception === 'abnormal';
  const type = isTakenBack ? 'refund.exception' : to === refund.state ? undefined : announced[to];
  const told = type !== undefined;
  const written = { ...changes, ...(told ? { sequence: refund.sequence + 1 } : {}) };
  if (!(await changeRefund(tx, refund.id, refund.state, written)))
    throw new Error(`refund ${refund.id} left ${refund.state} inside a lock`);
  await insertTransitions(tx, [
    {
      id: transitionId,
      subjectId: refund.id,
      from: refund.state,
      to,
      cause: input.cause,
      detail: changes.failure ?? input.note ?? changes.exception ?? null,
      at: now,
    },
  ]);
  if (refund.kind === 'merchant' && to !== refund.state) await book(kernel, tx, payment, refund, to, input.cause, now);
  if (to !== refund.state) await postEntries(tx, entriesOf(payment, refund, to, attempt?.account_id ?? 'none', now));
  const after = { ...refund, ...written } as RefundRow;
  if (told) await announceRefund(kernel, tx, { type, refund: after, now });
  const endedOn = isOpenRefund(refund.state) && !isOpenRefund(after.state) ? (attempt?.channel ?? 'none') : null;
  const takenBackOn = isTakenBack ? (attempt?.channel ?? 'none') : null;
  return { refund: after, payment: (await readPayment(tx, payment.id)) ?? payment, endedOn, takenBackOn };
}

/** Only an end moves money: what is under way was set aside when the refund was made. */
function entriesOf(payment: PaymentRow, refund: RefundRow, to: RefundState, channelAccountId: string, now: number): readonly Entry[] {
  if (to === 'succeeded') return [refundSucceededEntry(payment, refund, channelAccountId, now)];
  return to === 'failed' ? [refundFailedEntry(payment, refund, now)] : [];
}

const announced: Partial<Record<RefundState, string>> = {
  processing: 'refund.processing',
  succeeded: 'refund.succeeded',
  failed: 'refund.failed',
};

async function book(
  kernel: Kernel,
  tx: Tx,
  payment: PaymentRow,
  refund: RefundRow,
  to: RefundState,
  cause: Cause,
  now: number,
): Promise<void> {
  if (to === 'failed' && !(await releaseRefund(tx, payment.id, refund.amount)))
    throw new Error(`nothing is reserved for refund ${refund.id}`);
  if (to !== 'succeeded') return;
  if (!(await bookRefund(tx, payment.id, refund.amount))) throw new Error(`nothing is reserved for refund ${refund.id}`);
  const isWhole = payment.amount_refunded + refund.amount === payment.amount_paid;
  if (!isWhole) return;
  const transition = { subjectId: payment.id, from: payment.state, to: 'refunded', cause, at: now };
  await insertTransitions(tx, [{ id: kernel.newId('his_'), ...transition }]);
}
