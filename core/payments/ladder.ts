import type { AttemptState } from '../store/tables/attempts.ts';

const unsettledSec = [5, 10, 30, 60, 300, 900, 1800, 3600];
const waitingSec = [15, 30, 60, 120, 300, 600, 1800, 3600];

/** How long until an attempt or refund is asked about again: soon when its outcome is unknown, seldom while the shopper only has to act. */
export function nextCheckMs(state: AttemptState | 'refund', checks: number): number {
  const steps = state === 'waiting' ? waitingSec : unsettledSec;
  const step = steps[Math.min(checks, steps.length - 1)] as number;
  return step * 1000;
}
