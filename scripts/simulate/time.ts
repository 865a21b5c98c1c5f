import type { Clock, Stopwatch } from '../../core/clock.ts';

interface Sleeper {
  readonly at: number;
  readonly order: number;
  /** Polls: wakes early only where there is something to find. */
  readonly idle: boolean;
  wake(): void;
}

/** Time that passes only when everything that could happen at this moment has happened. */
export interface Time {
  /** Since the beginning. */
  elapsedMs(): number;
  /** What the clocks of servers show; they may be set wrong. */
  wallMs(): number;
  /** Sets the clocks of servers forward or back. */
  skew(byMs: number): void;
  sleep(ms: number, options?: { readonly signal?: AbortSignal | undefined; readonly idle?: boolean }): Promise<void>;
  /** Something under way that is not a sleep: no time passes before it is done. */
  busy<T>(work: Promise<T>): Promise<T>;
  /** Lets time pass. `nextDue`: when a poll would next find something, by the servers' clocks. */
  pass(ms: number, nextDue: () => Promise<number | null>): Promise<void>;
}

export function createTime(startMs: number): Time {
  const sleepers = new Set<Sleeper>();
  const state = { elapsed: 0, skew: 0, busy: 0, order: 0 };
  const wallMs = () => startMs + state.elapsed + state.skew;
  const quiet = async () => {
    // A few turns of the loop: some of the kernel's work begins only in the turn after the next.
    for (let calm = 0; calm < 3; calm += 1) {
      await new Promise(setImmediate);
      if (state.busy > 0) calm = -1;
    }
  };
  const earliest = (idle: boolean) => {
    let first: Sleeper | null = null;
    for (const one of sleepers)
      if (one.idle === idle && (first === null || one.at < first.at || (one.at === first.at && one.order < first.order))) first = one;
    return first;
  };
  const wake = (one: Sleeper, at: number) => {
    state.elapsed = Math.max(state.elapsed, at);
    sleepers.delete(one);
    one.wake();
  };
  return {
    elapsedMs: () => state.elapsed,
    wallMs,
    skew: (byMs) => {
      state.skew += byMs;
    },
    sleep: (ms, { signal, idle = false } = {}) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        state.order += 1;
        const one: Sleeper = { at: state.elapsed + Math.max(0, ms), order: state.order, idle, wake: resolve };
        sleepers.add(one);
        const end = () => {
          if (sleepers.delete(one)) resolve();
        };
        signal?.addEventListener('abort', end, { once: true });
      }),
    async busy(work) {
      state.busy += 1;
      try {
        return await work;
      } finally {
        state.busy -= 1;
      }
    },
    async pass(ms, nextDue) {
      const end = state.elapsed + ms;
      for (;;) {
        await quiet();
        const timer = earliest(false);
        const poll = earliest(true);
        const due = poll === null ? null : await nextDue();
        const pollAt = poll === null || due === null ? Number.POSITIVE_INFINITY : Math.max(poll.at, state.elapsed + (due - wallMs()));
        if (Math.min(timer?.at ?? Number.POSITIVE_INFINITY, pollAt) > end) break;
        if (timer !== null && timer.at <= pollAt) wake(timer, timer.at);
        else if (poll !== null) for (const one of [...sleepers].filter(({ idle, at }) => idle && at <= pollAt)) wake(one, pollAt);
      }
      state.elapsed = end;
    },
  };
}

/** The clock of one server. */
export function clockOf(time: Time, gate: () => Promise<void>, idle = false): Clock {
  return {
    now: () => new Date(time.wallMs()),
    async sleep(ms, signal) {
      await time.sleep(ms, { signal, idle });
      await gate();
    },
  };
}

export function stopwatchOf(time: Time): Stopwatch {
  return {
    elapsedMs: time.elapsedMs,
    after(delayMs, act) {
      const ending = new AbortController();
      void time.sleep(delayMs, { signal: ending.signal }).then(() => {
        if (!ending.signal.aborted) act();
      });
      return () => ending.abort();
    },
  };
}
