import type { AttemptState } from './attempts.ts';
import type { PaymentState } from './payments.ts';
import type { PayoutState } from './payouts.ts';
import type { ReconciliationState } from './reconciliations.ts';
import type { RefundState } from './refunds.ts';
import type { StatementFileState } from './statement-files.ts';

/**
 * The life of an attempt. `sending`: committed, the channel is being called. `waiting`: the
 * shopper has to act. `processing`: the shopper acted. `unknown`: the answer was lost. `closing`:
 * the channel was asked to make it unpayable; it waits again where the channel refuses. Money that arrives after an end is `succeeded_late`;
 * nothing leaves a success.
 */
export const attemptMoves: Readonly<Record<AttemptState, readonly AttemptState[]>> = {
  sending: ['waiting', 'processing', 'unknown', 'succeeded', 'failed', 'not_sent', 'closed'],
  waiting: ['processing', 'succeeded', 'failed', 'closing', 'closed'],
  processing: ['waiting', 'succeeded', 'failed', 'closing', 'closed'],
  unknown: ['waiting', 'processing', 'succeeded', 'failed', 'not_sent', 'closing', 'closed'],
  closing: ['waiting', 'closed', 'succeeded', 'failed'],
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

/**
 * The life of a refund. `created`: its money is set aside, nothing was sent. `sending`: committed,
 * the channel is being called. `unknown`: the answer was lost; the same number is asked about, or
 * sent again. `processing`: the channel took it. A refund that provably was not sent goes back to
 * `created`. Nothing leaves `succeeded` and `failed`.
 */
export const refundMoves: Readonly<Record<RefundState, readonly RefundState[]>> = {
  created: ['sending', 'failed'],
  sending: ['created', 'unknown', 'processing', 'succeeded', 'failed'],
  unknown: ['processing', 'succeeded', 'failed'],
  processing: ['succeeded', 'failed'],
  succeeded: [],
  failed: [],
};

/**
 * The day of an account. `waiting`: for its statement. `refused`: what came was no statement of the day; the next may be. A day
 * that was compared is compared again as often as one likes, and is `done` for ever.
 */
export const reconciliationMoves: Readonly<Record<ReconciliationState, readonly ReconciliationState[]>> = {
  waiting: ['fetched', 'done', 'refused'],
  fetched: ['done', 'refused'],
  refused: ['fetched', 'done'],
  done: [],
};

/**
 * A document of a day. `receiving`: it may still break off. `replacing`: whole, to take the place of others once it was compared. What was
 * compared is never dropped, since what was booked by it must stay to be read; `superseded`, it counts no more until it comes again in the place
 * of others.
 */
export const statementFileMoves: Readonly<Record<StatementFileState, readonly StatementFileState[]>> = {
  receiving: ['kept', 'replacing'],
  kept: ['compared'],
  replacing: ['compared', 'superseded'],
  compared: ['superseded'],
  superseded: ['replacing'],
};

/**
 * A payout of a channel. `awaited`: its bank's statements do not have it yet, or not any more. `differs`: they name it with another amount.
 * `withdrawn`: a better document of the channel's day does not say it; should another say it again, that is a new one.
 */
export const payoutMoves: Readonly<Record<PayoutState, readonly PayoutState[]>> = {
  awaited: ['arrived', 'differs', 'withdrawn'],
  arrived: ['awaited', 'withdrawn'],
  differs: ['awaited', 'withdrawn'],
  withdrawn: [],
};

/**
 * The end of a WHERE that lets a row have a state only from one that leads to it, or from itself: whatever a caller believes,
 * the database takes no step that is not in the tables above.
 */
export function onlyFrom<State extends string>(moves: Readonly<Record<State, readonly State[]>>, to: State | undefined): string {
  if (to === undefined) return '';
  const from = (Object.keys(moves) as State[]).filter((state) => state === to || moves[state].includes(to));
  return ` AND state IN (${from.map((state) => `'${state}'`).join(', ')})`;
}
