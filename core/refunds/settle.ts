import type { Kernel } from '../payments/deps.ts';
import type { Tx } from '../store/database.ts';
import { type Cause, insertTransitions } from '../store/tables/history.ts';
import { bookRefund, lockPayment, type PaymentRow, readPayment, releaseRefund } from '../store/tables/payments.ts';
import { changeRefund, type RefundChanges, type RefundRow, type RefundState, readRefund } from '../store/tables/refunds.ts';
import { announceRefund } from './announce.ts';
import type { RefundEvidence } from './evidence.ts';
import { canMoveRefund } from './states.ts';

export interface SettlingRefund {
  readonly refund: Pick<RefundRow, 'id' | 'payment_id'>;
  readonly evidence: RefundEvidence;
  readonly cause: Cause;
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
  kernel.afterCommit({ before: null, payment: settled.payment });
  return settled.refund;
}

async function settleInside(
  kernel: Kernel,
  tx: Tx,
  input: SettlingRefund,
  transitionId: string,
): Promise<{ refund: RefundRow; payment: PaymentRow }> {
  const payment = await lockPayment(tx, input.refund.payment_id);
  const refund = await readRefund(tx, input.refund.id);
  if (payment === null || refund === null) throw new Error(`refund ${input.refund.id} is not stored`);
  const now = kernel.clock.now().getTime();
  const changes = decideRefund(input.evidence, refund, now);
  if (changes === null) return { refund, payment };
  const to = changes.state ?? refund.state;
  const told = to !== refund.state && announced[to] !== undefined;
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
      detail: changes.failure ?? changes.exception ?? null,
      at: now,
    },
  ]);
  if (refund.kind === 'merchant') await book(kernel, tx, payment, refund, to, input.cause, now);
  const after = { ...refund, ...written } as RefundRow;
  if (told) await announceRefund(kernel, tx, { type: announced[to] as string, refund: after, now });
  return { refund: after, payment: (await readPayment(tx, payment.id)) ?? payment };
}

const announced: Partial<Record<RefundState, string>> = {
  processing: 'refund.processing',
  succeeded: 'refund.succeeded',
  failed: 'refund.failed',
};

/** What evidence changes on a refund; null for nothing new. Only a success, or an end that the vendor guarantees, releases its money. */
export function decideRefund(evidence: RefundEvidence, refund: RefundRow, now: number): RefundChanges | null {
  const to = (state: RefundState, changes: RefundChanges): RefundChanges | null =>
    canMoveRefund(refund.state, state) ? { ...changes, state } : null;
  switch (evidence.kind) {
    case 'succeeded':
      return to('succeeded', {
        channel_no: evidence.channelNo,
        exception: null,
        succeeded_at: evidence.at ?? now,
        ended_at: now,
        due_at: null,
      });
    case 'processing':
      return to('processing', { channel_no: evidence.channelNo ?? undefined });
    case 'abnormal':
      return abnormal(refund, evidence.channelNo);
    case 'failed': {
      const failure = JSON.stringify({ code: evidence.code, advice: evidence.advice, vendor: evidence.vendor });
      return to('failed', { failure, exception: null, ended_at: now, due_at: null });
    }
    case 'notSent':
      return refund.state === 'sending' ? { state: 'created' } : null;
    case 'unknown':
      return refund.state === 'sending' ? { state: 'unknown', due_at: now + 1000 } : null;
    default:
      return null;
  }
}

/** The vendor cannot finish it by itself: its money stays set aside, and an operator decides. */
function abnormal(refund: RefundRow, channelNo: string | null): RefundChanges | null {
  if (refund.state === 'succeeded' || refund.state === 'failed' || refund.exception === 'abnormal') return null;
  return { state: 'processing', exception: 'abnormal', channel_no: channelNo ?? undefined };
}

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
