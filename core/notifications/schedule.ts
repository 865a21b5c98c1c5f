const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** 1, 2, 4 … 512 seconds: exact, since merchants are promised these instants. */
const fastMs = Array.from({ length: 10 }, (_, step) => 2 ** step * second);

/** The fast phase alone would lose whatever happens during an outage of 17 minutes. */
const slowMs = [15 * minute, 30 * minute, hour, 3 * hour, 6 * hour, 12 * hour, 24 * hour];

/** How many tries a notification gets: the first, and one after each delay. */
export const maxTries = 1 + fastMs.length + slowMs.length;

/** No merchant may put a notification off for longer. */
const longestRetryAfterMs = 24 * hour;

/**
 * How long to wait after this many failed tries; null when there is nothing more to try. `random`
 * is from 0 to 1 and spreads the slow tail by a tenth, so that what failed together does not come
 * back together.
 */
export function delayAfter(failures: number, retryAfterMs: number | null, random: number): number | null {
  const fast = fastMs[failures - 1];
  const slow = slowMs[failures - 1 - fastMs.length];
  const planned = fast ?? (slow === undefined ? null : Math.round(slow * (0.9 + 0.2 * random)));
  if (planned === null || retryAfterMs === null) return planned;
  return Math.max(planned, Math.min(retryAfterMs, longestRetryAfterMs));
}

/** The `Retry-After` header, as seconds or as a date (RFC 9110, 10.2.3); null when it is neither. */
export function readRetryAfter(header: string | null, now: Date): number | null {
  if (header === null) return null;
  if (/^\d{1,9}$/.test(header)) return Number(header) * second;
  const at = /GMT$/.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(at) ? null : Math.max(0, at - now.getTime());
}
