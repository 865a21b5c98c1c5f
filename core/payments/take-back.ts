import { takenBackEntry } from '../ledger/entries.ts';
import { postEntries } from '../ledger/post.ts';
import type { AttemptRow } from '../store/tables/attempts.ts';
import { takenBackDetail as detail, insertTransitions } from '../store/tables/history.ts';
import { changePayment, lockPayment, type PaymentRow } from '../store/tables/payments.ts';
import { announcePayment } from './announce.ts';
import type { Kernel } from './deps.ts';

/**
 * Notes that the vendor takes back a success it had told: the capture failed, the money was returned.
 * The states stay, for nothing leaves a success and goods may have left as well; the payment becomes
 * a `mismatch`, which is told to the merchant and which a person has to look at. A repeat writes nothing.
 */
export async function noteTakenBack(kernel: Kernel, attempt: AttemptRow): Promise<void> {
  const id = kernel.newId('his_');
  const payment = await kernel.database.transaction(
    async (tx) => {
      const before = await lockPayment(tx, attempt.payment_id);
      const known = await tx.get('SELECT id FROM history WHERE subject_id = ? AND detail = ? LIMIT 1', [attempt.id, detail]);
      if (before === null || known !== undefined) return null;
      const now = kernel.clock.now().getTime();
      const changes = { exception: 'mismatch', sequence: before.sequence + 1 } as const;
      if (!(await changePayment(tx, before.id, before.state, changes))) throw new Error(`payment ${before.id} changed inside a lock`);
      const { id: subjectId, state } = attempt;
      await insertTransitions(tx, [{ id, subjectId, from: state, to: state, cause: 'callback', detail, at: now }]);
      await postEntries(tx, [takenBackEntry(before, attempt, now)]);
      const after: PaymentRow = { ...before, ...changes };
      await announcePayment(kernel, tx, { eventId: kernel.newId('evt_'), type: 'payment.exception', payment: after, now });
      return after;
    },
    { table: 'history', id },
  );
  if (payment === null) return;
  kernel.metrics.callbackMismatch({ channel: attempt.channel, field: 'state' });
  kernel.log.error('a channel takes back a payment that it had told as paid', { payment: payment.id, attempt: attempt.id });
}
