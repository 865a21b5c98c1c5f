import type { Clock } from '../clock.ts';

/** A sleep that can be ended. Waking costs next to nothing, however often it is done. */
export interface Waker {
  /** Forgets earlier calls: those from here on end the next sleep, or keep it from beginning. */
  arm(): void;
  wake(): void;
  /** Ends a wait for a free place. */
  freed(): void;
  sleep(durationMs: number): Promise<void>;
  sleepUntilFreed(): Promise<void>;
}

/** Long enough to need no bound, and no timer is kept for what always ends by a wake. */
const longMs = 60_000;

export function createWaker(clock: Pick<Clock, 'sleep'>): Waker {
  let woken = false;
  let isFull = false;
  let ending: AbortController | null = null;
  const end = () => {
    ending?.abort();
    ending = null;
  };
  const sleepFor = async (durationMs: number) => {
    ending = new AbortController();
    await clock.sleep(durationMs, ending.signal);
    ending = null;
  };
  return {
    arm() {
      woken = false;
    },
    wake() {
      if (woken) return;
      woken = true;
      if (!isFull) end();
    },
    freed() {
      if (isFull) end();
    },
    async sleep(durationMs) {
      if (!woken && durationMs > 0) await sleepFor(durationMs);
    },
    async sleepUntilFreed() {
      isFull = true;
      await sleepFor(longMs);
      isFull = false;
    },
  };
}
