import type { Clock } from '../clock.ts';

/** How often each method ended well lately, as this process has seen it. */
export interface RecentSuccess {
  /** An attempt has ended: paid, or refused. */
  note(method: string, isPaid: boolean): void;
  /** The share that was paid, in tenths. A method that nobody tried lately has {@link unknownTenths}. */
  tenthsOf(method: string): number;
}

interface Seen {
  paid: number;
  ended: number;
  at: number;
}

/** What was an hour ago counts half. */
const halfLifeMs = 3_600_000;
/** Eight of ten, and as much as five attempts: one refusal is no reason to hide a method behind the others. */
const [usualShare, usualWeight] = [0.8, 5];
export const unknownTenths = Math.round(usualShare * 10);

/**
 * Kept in memory and by each process for itself: a page of the checkout asks for it, and may cost no query; what a restart
 * forgets is learnt again within some payments. There are as many entries as methods.
 */
export function createRecentSuccess(clock: Pick<Clock, 'now'>): RecentSuccess {
  const seen = new Map<string, Seen>();
  const fade = (method: string): Seen => {
    const now = clock.now().getTime();
    const { paid, ended, at } = seen.get(method) ?? { paid: 0, ended: 0, at: now };
    const left = 0.5 ** (Math.max(0, now - at) / halfLifeMs);
    return { paid: paid * left, ended: ended * left, at: now };
  };
  return {
    note(method, isPaid) {
      const { paid, ended, at } = fade(method);
      seen.set(method, { paid: paid + (isPaid ? 1 : 0), ended: ended + 1, at });
    },
    tenthsOf(method) {
      const { paid, ended } = fade(method);
      return Math.round((10 * (paid + usualShare * usualWeight)) / (ended + usualWeight));
    },
  };
}
