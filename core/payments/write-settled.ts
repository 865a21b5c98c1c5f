import { paidEntry, refundCreatedEntry } from '../ledger/entries.ts';
import type { Entry } from '../ledger/entry.ts';
import { postEntries } from '../ledger/post.ts';
import type { Tx } from '../store/database.ts';
import { type AttemptChanges, type AttemptRow, changeAttempts, insertAttempts } from '../store/tables/attempts.ts';
import { type Cause, insertTransitions, type Transition } from '../store/tables/history.ts';
import { changePayments, type PaymentChanges, type PaymentRow } from '../store/tables/payments.ts';
import { insertRefund } from '../store/tables/refunds.ts';
import { paymentAnnouncement } from './announce.ts';
import { automaticRefund } from './automatic-refund.ts';
import type { Plan } from './decide.ts';
import type { Kernel } from './deps.ts';
import { canMoveAttempt, canMovePayment, isPaid } from './states.ts';

/** What one settled attempt changes. */
export interface Step {
  readonly payment: PaymentRow;
  readonly attempt: AttemptRow;
  /** Without anything that is so already. */
  readonly plan: Plan;
  /** The attempt on another account or method that follows. */
  readonly next: AttemptRow | null;
  readonly cause: Cause;
  readonly note: string | null;
}

interface Writing {
  readonly steps: readonly Step[];
  readonly now: number;
  /** The id of the first transition. */
  readonly proofId: string;
}

/** Writes steps of different payments, one statement for each kind of change. Whatever was changed by others meanwhile ends the transaction. */
export async function writeSteps(
  kernel: Pick<Kernel, 'newId' | 'announce' | 'publicUrl'>,
  tx: Tx,
  { steps, now, proofId }: Writing,
): Promise<void> {
  if (steps.length === 0) return;
  const [first, ...more] = steps.flatMap((step) => transitionsOf(kernel.newId, step, now));
  await insertTransitions(tx, first === undefined ? [] : [{ ...first, id: proofId }, ...more]);
  const attempts = steps.flatMap(({ attempt, plan }) => changeOf<AttemptChanges, AttemptRow>(attempt, plan.attempt));
  if (!(await changeAttempts(tx, attempts))) throw new Error(`attempts left their states inside a lock: ${idsOf(attempts)}`);
  const payments = steps.flatMap(({ payment, plan }) => changeOf<PaymentChanges, PaymentRow>(payment, withSequence(payment, plan)));
  if (!(await changePayments(tx, payments))) throw new Error(`payments left their states inside a lock: ${idsOf(payments)}`);
  for (const { payment, attempt, plan } of steps) {
    if (plan.refund !== null) await insertRefund(tx, automaticRefund(payment, attempt, plan.refund, now));
  }
  await postEntries(
    tx,
    steps.flatMap((step) => entriesOf(step, now)),
  );
  const following = steps.flatMap(({ next }) => next ?? []);
  if (following.length > 0) await insertAttempts(tx, following);
  await announceSteps(kernel, tx, steps, now);
}

/** A payment's events are numbered: the number grows with each. */
const withSequence = (payment: PaymentRow, { payment: changes, event }: Plan): PaymentChanges => ({
  ...changes,
  ...(event === null ? {} : { sequence: payment.sequence + 1 }),
});

const changeOf = <C extends object, R extends { readonly id: string; readonly state: string }>(row: R, changes: C | null) =>
  changes === null || Object.keys(changes).length === 0 ? [] : [{ id: row.id, from: row.state as R['state'], changes }];

const idsOf = (changes: readonly { readonly id: string }[]) => changes.map(({ id }) => id).join(', ');

async function announceSteps(
  kernel: Pick<Kernel, 'newId' | 'announce' | 'publicUrl'>,
  tx: Tx,
  steps: readonly Step[],
  now: number,
): Promise<void> {
  // Ids are made inside the lock: ids of one payment's events then sort like their sequence, and none becomes visible long after.
  const events = steps.flatMap(({ payment, plan }) =>
    plan.event === null
      ? []
      : [
          paymentAnnouncement(kernel, {
            eventId: kernel.newId('evt_'),
            type: plan.event,
            payment: apply(payment, withSequence(payment, plan)),
            now,
          }),
        ],
  );
  if (events.length > 0) await kernel.announce(tx, events);
}

/** A row with changes made to it. */
export function apply<R extends object>(row: R, changes: { readonly [K in keyof R]?: R[K] | undefined }): R {
  return { ...row, ...changes } as R;
}

/** What the ledger learns of a step: money that arrived, and what of it is to go back by itself. */
function entriesOf({ payment, attempt, plan }: Step, now: number): readonly Entry[] {
  const entries: Entry[] = [];
  const to = plan.attempt?.state;
  if (to !== undefined && isPaid(to)) {
    const accepted = plan.payment?.accepted_attempt_id === attempt.id ? payment.amount : 0;
    entries.push(paidEntry(payment, apply(attempt, { ...plan.attempt }), accepted, now));
  }
  if (plan.refund !== null) entries.push(refundCreatedEntry(payment, automaticRefund(payment, attempt, plan.refund, now), now));
  return entries;
}

/** One history row for each state that changes. */
function transitionsOf(newId: Kernel['newId'], on: Step, at: number): readonly Transition[] {
  const { attempt, payment, plan, cause } = on;
  const rows: Transition[] = [];
  const { next: follows } = on;
  const refund = plan.refund === null ? null : automaticRefund(payment, attempt, plan.refund, at);
  const to = plan.attempt?.state;
  if (to !== undefined) {
    if (!canMoveAttempt(attempt.state, to)) throw new Error(`no way for an attempt from ${attempt.state} to ${to}`);
    rows.push({ id: newId('his_'), subjectId: attempt.id, from: attempt.state, to, cause, detail: plan.attempt?.failure ?? on.note, at });
  }
  const next = plan.payment?.state;
  if (next !== undefined) {
    if (!canMovePayment(payment.state, next)) throw new Error(`no way for a payment from ${payment.state} to ${next}`);
    rows.push({
      id: newId('his_'),
      subjectId: payment.id,
      from: payment.state,
      to: next,
      cause,
      at,
    });
  }
  if (follows !== null) rows.push({ id: newId('his_'), subjectId: follows.id, from: null, to: follows.state, cause, at });
  if (refund !== null) rows.push({ id: newId('his_'), subjectId: refund.id, from: null, to: refund.state, cause, at });
  if (rows.length > 0) return rows;
  const detail = on.note ?? plan.payment?.exception ?? null;
  return [{ id: newId('his_'), subjectId: attempt.id, from: attempt.state, to: attempt.state, cause, detail, at }];
}
