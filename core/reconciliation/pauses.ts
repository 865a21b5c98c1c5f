/** What was tried and is still there, and when it is to be tried again. */
export interface Pauses {
  /** Whether any of these is to be tried now. What is not among them is forgotten. */
  isDue(names: readonly string[]): boolean;
  /** Notes that these were tried just now. What succeeded will not be named again. */
  tried(names: readonly string[]): void;
}

const minuteMs = 60_000;
const longestPauseMs = 60 * minuteMs;

/** What cannot be done is tried again after 1, 2, 4 … 60 minutes: a document whose comparison ends in a fault keeps a processor busy each time. */
export function createPauses(nowMs: () => number): Pauses {
  const known = new Map<string, { readonly tries: number; readonly until: number }>();
  return {
    isDue(names) {
      for (const name of [...known.keys()]) if (!names.includes(name)) known.delete(name);
      return names.some((name) => (known.get(name)?.until ?? 0) <= nowMs());
    },
    tried(names) {
      for (const name of names) {
        const tries = known.get(name)?.tries ?? 0;
        known.set(name, { tries: tries + 1, until: nowMs() + Math.min(2 ** tries * minuteMs, longestPauseMs) });
      }
    },
  };
}
