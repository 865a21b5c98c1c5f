import type { AttemptState } from '../store/tables/attempts.ts';
import { attemptMoves, paymentMoves } from '../store/tables/moves.ts';
import type { PaymentState } from '../store/tables/payments.ts';

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

/** Whether nobody can pay it any more. Money that comes all the same is late, and a success may be refunded. */
export function isFinal(state: PaymentState): boolean {
  return state === 'success' || state === 'refunded' || state === 'failed' || state === 'closed';
}
