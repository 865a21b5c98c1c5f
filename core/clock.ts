/** The time as the kernel sees it. It arrives as an argument, so that tests can replay a night in a moment. */
export interface Clock {
  now(): Date;
  /** Resolves after the time has passed, or as soon as the signal aborts. It never rejects and never keeps the process alive. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}

/** Measures durations, which no correction of the clock touches. An argument too, for the same reason. */
export interface Stopwatch {
  elapsedMs(): number;
  /** Does something after the time has passed, unless the function that it answers is called before. */
  after(delayMs: number, act: () => void): () => void;
}

/** The stopwatch of the machine. */
export const systemStopwatch: Stopwatch = {
  elapsedMs: () => performance.now(),
  after: (delayMs, act) => {
    const timer = setTimeout(act, delayMs);
    return () => clearTimeout(timer);
  },
};

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => new Date(),
  sleep: (durationMs, signal) =>
    new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      // The global timer and not that of node:timers/promises, because fake timers replace the global one.
      const timer = setTimeout(wake, durationMs);
      timer.unref();
      signal?.addEventListener('abort', wake, { once: true });
      if (signal?.aborted) wake();
    }),
};
