import type { AttemptState } from '../store/tables/attempts.ts';
import type { PaymentState } from '../store/tables/payments.ts';

/**
 * The life of an attempt. `sending`: committed, the channel is being called. `waiting`: the
 * shopper has to act. `processing`: the shopper acted. `unknown`: the answer was lost. `closing`:
 * the channel was asked to make it unpayable. Money that arrives after an end is `succeeded_late`;
 * nothing leaves a success.
 */
export const attemptMoves: Readonly<Record<AttemptState, readonly AttemptState[]>> = {
  sending: ['waiting', 'processing', 'unknown', 'succeeded', 'failed', 'not_sent', 'closed'],
  waiting: ['processing', 'succeeded', 'failed', 'closing', 'closed'],
  processing: ['waiting', 'succeeded', 'failed', 'closing', 'closed'],
  unknown: ['waiting', 'processing', 'succeeded', 'failed', 'not_sent', 'closing', 'closed'],
  closing: ['closed', 'succeeded', 'failed'],
  closed: ['succeeded_late'],
  failed: ['succeeded_late'],
  not_sent: ['succeeded_late'],
  succeeded: [],
  succeeded_late: [],
};

/**
 * The public life of a payment. `pending`: nothing moved, the shopper has to act. `processing`:
 * the shopper acted, or the outcome is unknown, or a close waits for the channel. A closed or
 * failed payment becomes a success only under the app's late policy `accept`.
 */
export const paymentMoves: Readonly<Record<PaymentState, readonly PaymentState[]>> = {
  pending: ['processing', 'success', 'failed', 'closed'],
  processing: ['pending', 'success', 'failed', 'closed'],
  success: ['refunded'],
  failed: ['success'],
  refunded: [],
  closed: ['success'],
};

/** Attempts that may still turn into money without being late. */
export const liveAttemptStates: readonly AttemptState[] = ['sending', 'waiting', 'processing', 'unknown', 'closing'];

export function isLive(state: AttemptState): boolean {
  return liveAttemptStates.includes(state);
}

export function isPaid(state: AttemptState): boolean {
  return state === 'succeeded' || state === 'succeeded_late';
}

export function canMoveAttempt(from: AttemptState, to: AttemptState): boolean {
  return attemptMoves[from].includes(to);
}

export function canMovePayment(from: PaymentState, to: PaymentState): boolean {
  return paymentMoves[from].includes(to);
}
