import type { AttemptChanges, AttemptRow, AttemptState } from '../store/tables/attempts.ts';
import type { PaymentChanges, PaymentException, PaymentRow } from '../store/tables/payments.ts';
import type { RefundKind } from '../store/tables/refunds.ts';
import type { Evidence } from './evidence.ts';
import { canMoveAttempt, isFinal, isLive, isPaid } from './states.ts';

/** What to do with money that arrives after the payment was closed or failed. */
export type LatePolicy = 'auto_refund' | 'accept' | 'hold';

export interface Situation {
  readonly now: number;
  readonly payment: PaymentRow;
  readonly attempt: AttemptRow;
  /** Whether any other attempt of the payment may still turn into money. */
  readonly othersLive: boolean;
  /** Whether another attempt was paid without being accepted: too little, and held for an operator. */
  readonly heldElsewhere: boolean;
  /** Whether the caller goes on to another account or method if this attempt ends unpaid. */
  readonly failsOver: boolean;
  /** Whether the shopper may choose again if this attempt ends unpaid. */
  readonly staysOpen: boolean;
  /** Whether we ask because a callback says that there is something to hear. */
  readonly isTold: boolean;
  readonly latePolicy: LatePolicy;
  readonly notFoundIsFinalAfterMs: number;
  /** The attempt can no longer be paid at the vendor: expired there, settling time included. */
  readonly unpayable: boolean;
}

/** The writes that some evidence leads to. Null members: nothing of that kind. */
export interface Plan {
  readonly attempt: AttemptChanges | null;
  readonly payment: PaymentChanges | null;
  readonly refund: { readonly kind: Exclude<RefundKind, 'merchant'>; readonly amount: number } | null;
  readonly event: string | null;
}

/** An outcome that was lost is asked for in the request's wake, not at the next round. */
const firstQueryMs = 1000;

const nothing: Plan = { attempt: null, payment: null, refund: null, event: null };

/** Decides, without touching anything, what evidence about an attempt changes. A repeat of what is known changes nothing. */
export function decide(evidence: Evidence, on: Situation): Plan {
  switch (evidence.kind) {
    case 'paid':
      return isPaid(on.attempt.state) ? nothing : paid(evidence, on);
    case 'paidOther':
      return isPaid(on.attempt.state) ? nothing : paidOther(evidence, on);
    case 'waiting':
      return stopAsking(on) ?? waiting(evidence, on);
    case 'processing':
      return stopAsking(on) ?? processing(evidence, on);
    case 'unknown':
      if (on.attempt.state === 'sending') return { ...nothing, attempt: { state: 'unknown', due_at: on.now + firstQueryMs } };
      return { ...nothing, attempt: askAgain(on) };
    case 'notFound':
      return stopAsking(on) ?? notFound(on);
    case 'mismatch':
      return { ...raise('mismatch', on), attempt: askAgain(on) };
    case 'failed':
      return evidence.repeated ? refusedAgain(evidence, on) : (stopAsking(on) ?? unpaidEnd(evidence, on));
    default:
      return stopAsking(on) ?? unpaidEnd(evidence, on);
  }
}

type Paid = Extract<Evidence, { kind: 'paid' | 'paidOther' }>;
type Ended = Extract<Evidence, { kind: 'closed' | 'failed' | 'notSent' }>;

function paid(evidence: Paid, on: Situation): Plan {
  const late = !isLive(on.attempt.state);
  const attempt: AttemptChanges = {
    state: late ? 'succeeded_late' : 'succeeded',
    channel_no: evidence.channelNo,
    session_no: evidence.sessionNo,
    amount_paid: evidence.amount,
    currency_paid: on.attempt.currency,
    succeeded_at: evidence.at ?? on.now,
    ended_at: on.now,
    due_at: null,
  };
  return { ...paymentAfterMoney(evidence, on), attempt };
}

/** Which of the four meanings money has: the payment's own, a second one, a late one, or too much of it. */
function paymentAfterMoney(evidence: Paid, on: Situation): Omit<Plan, 'attempt'> {
  const { payment } = on;
  if (payment.state === 'success' || payment.state === 'refunded') {
    return { payment: { exception: 'duplicate' }, refund: { kind: 'duplicate', amount: evidence.amount }, event: 'payment.exception' };
  }
  const isLate = payment.state === 'closed' || payment.state === 'failed';
  if (isLate && (on.latePolicy !== 'accept' || evidence.amount < payment.amount)) {
    const refund = on.latePolicy === 'hold' ? null : ({ kind: 'late', amount: evidence.amount } as const);
    return { payment: { exception: 'late' }, refund, event: 'payment.exception' };
  }
  // Held: too little is no success, and too much to close the payment over. An operator decides; other attempts still expire.
  if (evidence.amount < payment.amount) {
    const due = on.othersLive ? {} : { due_at: null };
    return { payment: { exception: 'mismatch', ...due }, refund: null, event: 'payment.exception' };
  }
  const excess = evidence.amount - payment.amount;
  return {
    payment: success(evidence, on, isLate ? 'late' : excess > 0 ? 'excess' : on.heldElsewhere ? 'mismatch' : null),
    refund: excess > 0 ? { kind: 'excess', amount: excess } : null,
    event: 'payment.succeeded',
  };
}

function success(evidence: Paid, on: Situation, exception: PaymentException | null): PaymentChanges {
  return {
    state: 'success',
    closing: 0,
    exception,
    failure: null,
    accepted_attempt_id: on.attempt.id,
    method: on.attempt.method,
    channel: on.attempt.channel,
    amount_paid: on.payment.amount,
    succeeded_at: evidence.at ?? on.now,
    // Other attempts can still be paid by a shopper who has two codes on screen: close them at once.
    due_at: on.othersLive ? on.now : null,
  };
}

/** One answer with another amount proves nothing; the same amount twice, from two queries, does. */
function paidOther(evidence: Extract<Evidence, { kind: 'paidOther' }>, on: Situation): Plan {
  if (on.attempt.amount_paid === evidence.amount && !evidence.onlyTold) return paid(evidence, on);
  // Of an attempt that has ended nobody would ask a second time: it becomes due for that.
  const again = isLive(on.attempt.state) || evidence.onlyTold ? {} : { due_at: on.now + firstQueryMs };
  const remembered: AttemptChanges = { amount_paid: evidence.amount, ...again };
  return { ...raise('mismatch', on), attempt: remembered };
}

/**
 * Of an attempt that has ended nobody asks by himself. Where a callback told that there is news and
 * the answer was lost, it becomes due until one is heard: the news may be money that came late.
 */
function askAgain(on: Situation): AttemptChanges | null {
  const hasEnded = !isLive(on.attempt.state) && !isPaid(on.attempt.state);
  return hasEnded && on.isTold && on.attempt.due_at === null ? { due_at: on.now + firstQueryMs } : null;
}

/** An attempt that has ended is due only to hear a second time of other money; an answer without money ends that. */
function stopAsking(on: Situation): Plan | null {
  const isAsked = !isLive(on.attempt.state) && !isPaid(on.attempt.state) && on.attempt.due_at !== null;
  return isAsked ? { ...nothing, attempt: { due_at: null } } : null;
}

function raise(exception: PaymentException, on: Situation): Plan {
  if (on.payment.exception !== null || isPaid(on.attempt.state)) return nothing;
  return { attempt: null, payment: { exception }, refund: null, event: 'payment.exception' };
}

function waiting(evidence: Extract<Evidence, { kind: 'waiting' }>, on: Situation): Plan {
  const learned: AttemptChanges = { ...namesOf(evidence), not_found_at: null };
  if (!isLive(on.attempt.state)) return nothing;
  if (on.attempt.state === 'closing' && !isGivenBack(evidence, on)) return { ...nothing, attempt: learned };
  const action = evidence.action === null ? undefined : JSON.stringify(evidence.action);
  if (action === undefined && on.payment.action === null) return { ...nothing, attempt: { ...learned, ...stillUnknown(on) } };
  const attempt: AttemptChanges = { ...learned, state: 'waiting' };
  if (on.payment.closing === 1 || isFinal(on.payment.state)) return { ...nothing, attempt };
  return { ...nothing, attempt, payment: { state: 'pending', action } };
}

/**
 * A shopper who chose another method has the old one back where its channel refuses to close it, as long as there is time to pay:
 * he would be kept waiting for an end that comes only with its expiry.
 */
function isGivenBack({ refusesClose }: Extract<Evidence, { kind: 'waiting' }>, { attempt, payment, now, othersLive }: Situation): boolean {
  const isOpen = payment.closing === 0 && !isFinal(payment.state) && payment.action !== null;
  return refusesClose === true && isOpen && !othersLive && now < attempt.expires_at;
}

/** The channel waits for a shopper who was never told what to do: nobody can act, so it is not pending, and is asked and sent again. */
function stillUnknown(on: Situation): AttemptChanges {
  return on.attempt.state === 'sending' ? { state: 'unknown', due_at: on.now + firstQueryMs } : {};
}

function processing(evidence: Extract<Evidence, { kind: 'processing' }>, on: Situation): Plan {
  if (!canMoveAttempt(on.attempt.state, 'processing')) return nothing;
  const attempt: AttemptChanges = { state: 'processing', ...namesOf(evidence), not_found_at: null, acted: 1 };
  if (on.payment.state !== 'pending') return { ...nothing, attempt };
  return { attempt, payment: { state: 'processing' }, refund: null, event: 'payment.processing' };
}

/** Names are learned and never forgotten: an answer without one takes none away. */
function namesOf({ channelNo, sessionNo }: { readonly channelNo: string | null; readonly sessionNo?: string }): AttemptChanges {
  return { channel_no: channelNo ?? undefined, session_no: sessionNo };
}

/** Said once it is only remembered. Said twice, far enough apart, and of a number that can no longer be paid, it is an end. */
function notFound(on: Situation): Plan {
  const { attempt, now } = on;
  if (!isLive(attempt.state)) return nothing;
  if (attempt.not_found_at === null) return { ...nothing, attempt: { not_found_at: now } };
  if (now - attempt.not_found_at < on.notFoundIsFinalAfterMs || !on.unpayable) return nothing;
  const neverCame = attempt.state === 'sending' || attempt.state === 'unknown';
  return unpaidEnd(neverCame ? { kind: 'notSent', reason: 'not_found' } : { kind: 'closed' }, on);
}

/** Like "not found": that a repeat was refused counts when it is said twice, far enough apart for the first send to have shown itself. */
function refusedAgain(evidence: Ended, on: Situation): Plan {
  const { attempt, now } = on;
  if (!isLive(attempt.state)) return nothing;
  if (attempt.not_found_at === null) return { ...nothing, attempt: { not_found_at: now } };
  return now - attempt.not_found_at < on.notFoundIsFinalAfterMs ? nothing : unpaidEnd(evidence, on);
}

const endStates: Readonly<Record<Ended['kind'], AttemptState>> = { closed: 'closed', failed: 'failed', notSent: 'not_sent' };

function unpaidEnd(evidence: Ended, on: Situation): Plan {
  // A channel that declines while we close has ended the attempt just as well.
  const to = on.attempt.state === 'closing' && evidence.kind === 'notSent' ? 'closed' : endStates[evidence.kind];
  if (!canMoveAttempt(on.attempt.state, to)) return nothing;
  const failure = evidence.kind === 'failed' ? failureOf(evidence) : null;
  const attempt: AttemptChanges = { state: to, failure, ended_at: on.now, due_at: null };
  // Money that is held must not be closed over.
  if (on.othersLive || on.failsOver || on.heldElsewhere || isFinal(on.payment.state)) return { ...nothing, attempt };
  return { attempt, refund: null, ...paymentAfterEnd(evidence, on) };
}

function paymentAfterEnd(evidence: Ended, on: Situation): Pick<Plan, 'payment' | 'event'> {
  const { payment, now } = on;
  if (on.staysOpen) {
    const failure = evidence.kind === 'closed' ? null : failureOf(evidence);
    return { payment: { state: 'pending', action: null, failure }, event: null };
  }
  const ending = { closing: 0, action: null, closed_at: now, due_at: null } as const;
  if (payment.closing === 1 || evidence.kind === 'closed') {
    const reason = payment.close_reason ?? 'channel';
    return { payment: { ...ending, state: 'closed', close_reason: reason }, event: 'payment.closed' };
  }
  return { payment: { ...ending, closed_at: null, state: 'failed', failure: failureOf(evidence) }, event: 'payment.failed' };
}

function failureOf(evidence: Ended): string {
  if (evidence.kind === 'failed') return JSON.stringify({ code: evidence.code, advice: evidence.advice, vendor: evidence.vendor });
  return JSON.stringify({ code: 'channel_unavailable', advice: 'retry_other_method', vendor: null });
}
