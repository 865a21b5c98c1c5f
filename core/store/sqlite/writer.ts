import { setTimeout as wait } from 'node:timers/promises';
import { explain, isBusy } from './errors.ts';

/** Another process that writes the same file for longer than this is a fault. */
const giveUpAfterMs = 15_000;
const longestPauseMs = 10;

/**
 * The right to write one file, within this process. SQLite has one writer; two connections of one
 * process that wait for each other inside SQLite would block the event loop that has to free them.
 */
export interface WriterLock {
  /** Resolves, in the order of asking, with the function that gives the right back. */
  take(): Promise<() => void>;
}

export function createWriterLock(): WriterLock {
  let last: Promise<void> = Promise.resolve();
  return {
    async take() {
      const before = last;
      const { promise, resolve } = Promise.withResolvers<void>();
      last = promise;
      await before;
      return resolve;
    },
  };
}

/** Repeats an action while another process holds the file. The pauses are short and random, so that nobody starves. */
export async function retryWhileBusy<T>(action: () => T): Promise<T> {
  const deadline = performance.now() + giveUpAfterMs;
  for (;;) {
    try {
      return action();
    } catch (error) {
      if (!isBusy(error)) throw error;
      if (performance.now() > deadline) throw explain(error);
    }
    await wait(1 + Math.random() * longestPauseMs);
  }
}
