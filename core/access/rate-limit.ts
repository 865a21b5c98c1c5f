import type { App } from './records.ts';

/** Refused for now. */
export interface RateRefusal {
  readonly kind: 'refused';
  readonly code: 'rate_limited';
  readonly retryAfterSec: number;
}

/** Takes one request out of an app's allowance; null when it may pass. */
export type RateLimit = (app: Pick<App, 'id' | 'ratePerSecond'>) => RateRefusal | null;

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

/** Up to this many seconds of an app's rate may come at once. */
const burstSec = 2;

/**
 * A token bucket for each app, in this process. A library's limiter counts in fixed windows, which
 * lets twice the rate through at their seam, and reads the system clock, which tests cannot turn.
 */
export function createRateLimit(now: () => Date): RateLimit {
  const buckets = new Map<string, Bucket>();
  return (app) => {
    const size = app.ratePerSecond * burstSec;
    const nowMs = now().getTime();
    const bucket = buckets.get(app.id) ?? { tokens: size, filledAtMs: nowMs };
    buckets.set(app.id, bucket);
    refill(bucket, { size, ratePerSecond: app.ratePerSecond, nowMs });
    if (bucket.tokens < 1) return { kind: 'refused', code: 'rate_limited', retryAfterSec: secondsToOne(bucket, app.ratePerSecond) };
    bucket.tokens -= 1;
    return null;
  };
}

/** A clock set back must not take away what was there, so only time that went forward counts. */
function refill(bucket: Bucket, input: { size: number; ratePerSecond: number; nowMs: number }): void {
  const passedMs = Math.max(0, input.nowMs - bucket.filledAtMs);
  bucket.tokens = Math.min(input.size, bucket.tokens + (passedMs * input.ratePerSecond) / 1000);
  bucket.filledAtMs = input.nowMs;
}

function secondsToOne(bucket: Bucket, ratePerSecond: number): number {
  return Math.max(1, Math.ceil((1 - bucket.tokens) / ratePerSecond));
}
