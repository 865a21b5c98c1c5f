import type { Tx } from '../store/database.ts';
import { type AttemptRow, changeAttempt, insertAttempts, isChannelNoPaid, readAttempts } from '../store/tables/attempts.ts';
import { type Cause, insertTransitions, type Transition } from '../store/tables/history.ts';
import { changePayment, lockPayment, type PaymentChanges, type PaymentRow } from '../store/tables/payments.ts';
import { insertRefund } from '../store/tables/refunds.ts';
import { announcePayment } from './announce.ts';
import { automaticRefund } from './automatic-refund.ts';
import { decide, type Plan, type Situation } from './decide.ts';
import type { Kernel } from './deps.ts';
import { doubt, type Evidence } from './evidence.ts';
import { canMoveAttempt, canMovePayment, isLive, isPaid } from './states.ts';

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
 */
export async function settle(kernel: Kernel, input: Settling): Promise<Settled> {
  const transitionId = kernel.newId('his_');
  const settled = await kernel.database.transaction((tx) => settleInside(kernel, tx, input, transitionId), {
    table: 'history',
    id: transitionId,
  });
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

async function settleInside(kernel: Kernel, tx: Tx, input: Settling, transitionId: string): Promise<Settled> {
  const payment = await lockPayment(tx, input.attempt.payment_id);
  const attempts = payment === null ? [] : await readAttempts(tx, payment.id);
  const attempt = attempts.find((one) => one.id === input.attempt.id);
  if (payment === null || attempt === undefined) throw new Error(`attempt ${input.attempt.id} is not stored`);
  const now = kernel.clock.now().getTime();
  const on = situation(kernel, now, payment, attempt, attempts, input);
  const plan = decide(await trusted(tx, input, attempt), on);
  const changes = differences(plan, payment, attempt);
  if (changes === null) return { payment, attempt, changed: false, before: payment, next: null };
  const next = on.failsOver && isUnpaidEnd(changes.attempt?.state) ? (input.next ?? null) : null;
  await write(kernel, tx, { now, payment, attempt, plan: changes, next, cause: input.cause, note: input.note ?? null, transitionId });
  return {
    next,
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
  { next = null, cause }: Settling,
): Situation {
  const rules = kernel.channels.settleRules(attempt.account_id);
  const others = attempts.filter((other) => other.id !== attempt.id);
  const isOpen = (payment.state === 'pending' || payment.state === 'processing') && payment.closing === 0;
  const heldElsewhere = payment.accepted_attempt_id === null && others.some((other) => isPaid(other.state));
  const othersLive = others.some((other) => isLive(other.state));
  return {
    now,
    payment,
    attempt,
    failsOver: next !== null && isOpen && !othersLive && !heldElsewhere,
    isTold: cause === 'callback',
    othersLive,
    heldElsewhere,
    latePolicy: kernel.apps.latePolicy(payment.app_id),
    notFoundIsFinalAfterMs: rules.notFoundIsFinalAfterMs,
    unpayable: now > attempt.expires_at + rules.settlingMs,
  };
}

/** What the evidence is worth against what is stored, which only shows inside the lock. */
async function trusted(tx: Tx, { evidence, cause }: Settling, attempt: AttemptRow): Promise<Evidence> {
  if (cause === 'kernel' && attempt.checks > 0) return doubt(evidence);
  if (evidence.kind !== 'paid' && evidence.kind !== 'paidOther') return evidence;
  // One transaction of the vendor pays one attempt.
  const isTaken = await isChannelNoPaid(tx, attempt, evidence.channelNo);
  return isTaken ? { kind: 'mismatch', what: 'channel_no' } : evidence;
}

function isUnpaidEnd(state: AttemptRow['state'] | undefined): boolean {
  return state === 'not_sent' || state === 'failed' || state === 'closed';
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
  readonly next: AttemptRow | null;
  readonly cause: Cause;
  readonly note: string | null;
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
  if (on.next !== null) await insertAttempts(tx, [on.next]);
  if (plan.event === null) return;
  // Its id is made inside the lock: ids of one payment's events then sort like their sequence, and none becomes visible long after.
  await announcePayment(kernel, tx, { eventId: kernel.newId('evt_'), type: plan.event, payment: apply(payment, changes), now: on.now });
}

/** One history row for each state that changes; the first carries the id that proves the commit. */
function transitions(kernel: Kernel, on: Writing): readonly Transition[] {
  const { attempt, payment, plan, cause, now: at } = on;
  const rows: Transition[] = [];
  const { next: follows } = on;
  const refund = plan.refund === null ? null : automaticRefund(payment, attempt, plan.refund, at);
  const to = plan.attempt?.state;
  if (to !== undefined) {
    if (!canMoveAttempt(attempt.state, to)) throw new Error(`no way for an attempt from ${attempt.state} to ${to}`);
    rows.push({ id: on.transitionId, subjectId: attempt.id, from: attempt.state, to, cause, detail: plan.attempt?.failure ?? on.note, at });
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
  if (follows !== null) rows.push({ id: kernel.newId('his_'), subjectId: follows.id, from: null, to: follows.state, cause, at });
  if (refund !== null) rows.push({ id: kernel.newId('his_'), subjectId: refund.id, from: null, to: refund.state, cause, at });
  if (rows.length > 0) return rows;
  const detail = on.note ?? plan.payment?.exception ?? null;
  return [{ id: on.transitionId, subjectId: attempt.id, from: attempt.state, to: attempt.state, cause, detail, at }];
}

/** True when evidence of money about this attempt cannot change anything any more: a repeated callback needs no transaction. */
export function alreadySettled(attempt: Pick<AttemptRow, 'state'>): boolean {
  return isPaid(attempt.state);
}
