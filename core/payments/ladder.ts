import type { AttemptState } from '../store/tables/attempts.ts';

const unsettledSec = [5, 10, 30, 60, 300, 900, 1800, 3600];
const waitingSec = [15, 30, 60, 120, 300, 600, 1800, 3600];

/** How long until a close that the channel has not confirmed is tried again: a sixtieth of the payment's age, within bounds. */
export function closeRetryMs(ageMs: number): number {
  return Math.min(600_000, Math.max(10_000, Math.floor(ageMs / 60)));
}

/** How long until an attempt or refund is asked about again: soon when its outcome is unknown, seldom while the shopper only has to act. */
export function nextCheckMs(state: AttemptState | 'refund', checks: number): number {
  const steps = state === 'waiting' ? waitingSec : unsettledSec;
  const step = steps[Math.min(checks, steps.length - 1)] as number;
  return step * 1000;
}
