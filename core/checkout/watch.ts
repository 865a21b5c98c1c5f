import type { Clock } from '../clock.ts';
import type { Reader } from '../store/database.ts';
import { type PaymentRow, readPaymentVersions } from '../store/tables/payments.ts';

/** Calls `onChange` whenever the row is written to after it was read. Answers a function that ends this. */
export type Watch = (payment: Pick<PaymentRow, 'id' | 'version'>, onChange: () => void) => () => void;

interface WatchDeps {
  readonly database: Reader;
  readonly clock: Pick<Clock, 'sleep'>;
  /** How often the rows are looked at. */
  readonly pollMs: number;
  readonly onError: (error: unknown) => void;
}

interface Watched {
  version: number;
  readonly listeners: Set<() => void>;
}

/**
 * Watches payments by one query for all of them together. What settles a payment may be another server, so what this
 * one knows by itself is not enough; a query for each open page would be a load that strangers choose.
 */
export function createWatch({ database, clock, pollMs, onError }: WatchDeps): Watch {
  const watched = new Map<string, Watched>();
  let isRunning = false;

  const look = async (): Promise<void> => {
    for (const { id, version } of await readPaymentVersions(database, [...watched.keys()])) {
      const one = watched.get(id);
      if (one === undefined || one.version >= version) continue;
      one.version = version;
      for (const listener of one.listeners) listener();
    }
  };
  const run = async (): Promise<void> => {
    if (isRunning) return;
    isRunning = true;
    while (watched.size > 0) {
      await look().catch(onError);
      await clock.sleep(pollMs);
    }
    isRunning = false;
  };

  return ({ id, version }, onChange) => {
    const one = watched.get(id) ?? { version, listeners: new Set() };
    // Of two that read it at different times the earlier counts: to be told once too often does no harm.
    one.version = Math.min(one.version, version);
    one.listeners.add(onChange);
    watched.set(id, one);
    void run();
    return () => {
      one.listeners.delete(onChange);
      if (one.listeners.size === 0 && watched.get(id) === one) watched.delete(id);
    };
  };
}
