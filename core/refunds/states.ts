import { refundMoves } from '../store/tables/moves.ts';
import type { RefundState } from '../store/tables/refunds.ts';

export function canMoveRefund(from: RefundState, to: RefundState): boolean {
  return refundMoves[from].includes(to);
}

export function isOpenRefund(state: RefundState): boolean {
  return refundMoves[state].length > 0;
}
