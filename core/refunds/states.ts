import type { RefundState } from '../store/tables/refunds.ts';

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

export function canMoveRefund(from: RefundState, to: RefundState): boolean {
  return refundMoves[from].includes(to);
}

export function isOpenRefund(state: RefundState): boolean {
  return refundMoves[state].length > 0;
}
