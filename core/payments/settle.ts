import type { Tx } from '../store/database.ts';
import { type AttemptRow, changeAttempt, readAttempts } from '../store/tables/attempts.ts';
import { type Cause, insertTransitions, type Transition } from '../store/tables/history.ts';
import { changePayment, lockPayment, type PaymentChanges, type PaymentRow } from '../store/tables/payments.ts';
import { insertRefund } from '../store/tables/refunds.ts';
import { announcePayment } from './announce.ts';
import { automaticRefund } from './automatic-refund.ts';
import { decide, type Plan, type Situation } from './decide.ts';
import type { Kernel } from './deps.ts';
import type { Evidence } from './evidence.ts';
import { canMoveAttempt, canMovePayment, isLive, isPaid } from './states.ts';

export interface Settling {
  readonly attempt: Pick<AttemptRow, 'id' | 'payment_id' | 'account_id' | 'state'>;
  readonly evidence: Evidence;
  readonly cause: Cause;
  /** The caller goes on to another account or method if this attempt ends unpaid. */
  readonly failsOver?: boolean;
}

export interface Settled {
  readonly payment: PaymentRow;
  readonly attempt: AttemptRow;
  readonly changed: boolean;
  readonly before: PaymentRow;
}

/**
 * Writes what evidence about an attempt means. The only writer of an attempt's result: the answer
 * to `pay`, callbacks, queries and statements all end here. The attempt, its payment, both
 * histories, the outbox row and any automatic refund are one transaction; a repeat writes nothing.
 */
export async function settle(kernel: Kernel, input: Settling): Promise<Settled> {
  const eventId = kernel.newId('evt_');
  const transitionId = kernel.newId('his_');
  const settled = await kernel.database.transaction((tx) => settleInside(kernel, tx, input, eventId, transitionId), {
    table: 'history',
    id: transitionId,
  });
  if (settled.changed) kernel.afterCommit(settled);
  return settled;
}

async function settleInside(kernel: Kernel, tx: Tx, input: Settling, eventId: string, transitionId: string): Promise<Settled> {
  const payment = await lockPayment(tx, input.attempt.payment_id);
  const attempts = payment === null ? [] : await readAttempts(tx, payment.id);
  const attempt = attempts.find((one) => one.id === input.attempt.id);
  if (payment === null || attempt === undefined) throw new Error(`attempt ${input.attempt.id} is not stored`);
  const now = kernel.clock.now().getTime();
  const plan = decide(input.evidence, situation(kernel, now, payment, attempt, attempts, input.failsOver === true));
  const changes = differences(plan, payment, attempt);
  if (changes === null) return { payment, attempt, changed: false, before: payment };
  await write(kernel, tx, { now, payment, attempt, plan: changes, cause: input.cause, eventId, transitionId });
  return {
    payment: apply(payment, { ...changes.payment, ...(changes.event === null ? {} : { sequence: payment.sequence + 1 }) }),
    attempt: apply(attempt, { ...changes.attempt }),
    changed: true,
    before: payment,
  };
}

function situation(
  kernel: Kernel,
  now: number,
  payment: PaymentRow,
  attempt: AttemptRow,
  attempts: readonly AttemptRow[],
  failsOver: boolean,
): Situation {
  const rules = kernel.channels.settleRules(attempt.account_id);
  return {
    now,
    payment,
    attempt,
    failsOver,
    othersLive: attempts.some((other) => other.id !== attempt.id && isLive(other.state)),
    latePolicy: kernel.apps.latePolicy(payment.app_id),
    notFoundIsFinalAfterMs: rules.notFoundIsFinalAfterMs,
    unpayable: now > attempt.expires_at + rules.settlingMs,
  };
}

/** The plan without what is so already; null when nothing is left of it. */
function differences(plan: Plan, payment: PaymentRow, attempt: AttemptRow): Plan | null {
  const changedAttempt = pickChanged(plan.attempt, attempt);
  const changedPayment = pickChanged(plan.payment, payment);
  if (changedAttempt === null && changedPayment === null && plan.refund === null) return null;
  return { ...plan, attempt: changedAttempt, payment: changedPayment };
}

function pickChanged<R extends object, T extends { readonly [K in keyof R]?: R[K] | undefined }>(changes: T | null, row: R): T | null {
  const entries = Object.entries(changes ?? {}).filter(([column, value]) => value !== undefined && row[column as keyof R] !== value);
  return entries.length === 0 ? null : (Object.fromEntries(entries) as T);
}

function apply<R extends object>(row: R, changes: { readonly [K in keyof R]?: R[K] | undefined }): R {
  return { ...row, ...changes } as R;
}

interface Writing {
  readonly now: number;
  readonly payment: PaymentRow;
  readonly attempt: AttemptRow;
  readonly plan: Plan;
  readonly cause: Cause;
  readonly eventId: string;
  readonly transitionId: string;
}

async function write(kernel: Kernel, tx: Tx, on: Writing): Promise<void> {
  const { payment, attempt, plan } = on;
  await insertTransitions(tx, transitions(kernel, on));
  if (plan.attempt !== null && !(await changeAttempt(tx, attempt.id, attempt.state, plan.attempt))) {
    throw new Error(`attempt ${attempt.id} left ${attempt.state} inside a lock`);
  }
  const sequence = plan.event === null ? payment.sequence : payment.sequence + 1;
  const changes: PaymentChanges = { ...plan.payment, ...(plan.event === null ? {} : { sequence }) };
  if (!(await changePayment(tx, payment.id, payment.state, changes)))
    throw new Error(`payment ${payment.id} left ${payment.state} inside a lock`);
  if (plan.refund !== null) await insertRefund(tx, automaticRefund(payment, attempt, plan.refund, on.now));
  if (plan.event === null) return;
  await announcePayment(kernel, tx, { eventId: on.eventId, type: plan.event, payment: apply(payment, changes), now: on.now });
}

/** One history row for each state that changes; the first carries the id that proves the commit. */
function transitions(kernel: Kernel, on: Writing): readonly Transition[] {
  const { attempt, payment, plan, cause, now: at } = on;
  const rows: Transition[] = [];
  const to = plan.attempt?.state;
  if (to !== undefined) {
    if (!canMoveAttempt(attempt.state, to)) throw new Error(`no way for an attempt from ${attempt.state} to ${to}`);
    rows.push({ id: on.transitionId, subjectId: attempt.id, from: attempt.state, to, cause, detail: plan.attempt?.failure ?? null, at });
  }
  const next = plan.payment?.state;
  if (next !== undefined) {
    if (!canMovePayment(payment.state, next)) throw new Error(`no way for a payment from ${payment.state} to ${next}`);
    rows.push({
      id: rows.length === 0 ? on.transitionId : kernel.newId('his_'),
      subjectId: payment.id,
      from: payment.state,
      to: next,
      cause,
      at,
    });
  }
  if (rows.length > 0) return rows;
  const detail = plan.payment?.exception ?? null;
  return [{ id: on.transitionId, subjectId: attempt.id, from: attempt.state, to: attempt.state, cause, detail, at }];
}

/** True when evidence of money about this attempt cannot change anything any more: a repeated callback needs no transaction. */
export function alreadySettled(attempt: Pick<AttemptRow, 'state'>): boolean {
  return isPaid(attempt.state);
}
