/** What a run measured. Times of requests in milliseconds, CPU in microseconds for each operation. */
export interface Measured {
  readonly operations: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly worstMs: number;
  /** By the name of the process. */
  readonly cpuUs: Readonly<Record<string, number>>;
}

/** Sums up durations. `elapsedMs` is the time in which they all happened. */
export function sumUp(durationsMs: readonly number[], elapsedMs: number, cpuSpentMs: Readonly<Record<string, number>>): Measured {
  const sorted = Float64Array.from(durationsMs).sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  const operations = durationsMs.length;
  const perOperation = Object.entries(cpuSpentMs).map(([name, spent]) => [name, (spent * 1000) / Math.max(1, operations)]);
  return {
    operations,
    perSecond: (operations * 1000) / elapsedMs,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    worstMs: at(1),
    cpuUs: Object.fromEntries(perOperation) as Record<string, number>,
  };
}

/** The one in the middle by rate. */
export function middle(runs: readonly Measured[]): Measured {
  const sorted = runs.toSorted((a, b) => a.perSecond - b.perSecond);
  const found = sorted[Math.floor(sorted.length / 2)];
  if (found === undefined) throw new Error('nothing was measured');
  return found;
}
