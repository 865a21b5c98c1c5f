import type { Database } from '../../core/store/database.ts';
import type { Time } from './time.ts';

/** Where a server dies, as seen from a transaction. */
export const deaths = ['before_commit', 'inside', 'after_commit'] as const;
export type Death = (typeof deaths)[number];

/** The life of one server process. What it waits for when it is dead never comes. */
export interface Life {
  isDead: boolean;
  pausedUntil: number;
  /** How many more transactions it lives through, and how it ends in the next one. */
  fuse: { transactions: number; readonly death: Death } | null;
}

/** A promise of its own for each that waits: one for all would keep every dead server in memory, through those who wait for it. */
const never = () => new Promise<never>(() => undefined);

/** Everything that a server hears of passes here: a dead one hears nothing, a stopped one hears it later. */
export async function gate(life: Life, time: Time): Promise<void> {
  while (!life.isDead && time.elapsedMs() < life.pausedUntil) await time.sleep(life.pausedUntil - time.elapsedMs());
  if (life.isDead) await never();
}

class Killed extends Error {}

/** The database as a mortal server sees it. Of a transaction in which it dies, it never hears. */
export function mortal(database: Database, life: Life, time: Time, onDeath: () => void): Database {
  const dies = (at: Death): boolean => {
    if (life.isDead || life.fuse === null || life.fuse.transactions > 0 || life.fuse.death !== at) return life.isDead;
    life.isDead = true;
    onDeath();
    return true;
  };
  return {
    engine: database.engine,
    get: (sql, params) => gate(life, time).then(() => database.get(sql, params)),
    all: (sql, params) => gate(life, time).then(() => database.all(sql, params)),
    ping: () => database.ping(),
    close: async () => undefined,
    async transaction(work, proof) {
      await gate(life, time);
      if (life.fuse !== null) life.fuse.transactions -= 1;
      if (dies('before_commit')) return never();
      const inside: typeof work = async (tx) => {
        const result = await work(tx);
        if (dies('inside')) throw new Killed();
        return result;
      };
      const committing = time.busy(database.transaction(inside, proof));
      const result = await committing.catch((error: unknown) => {
        if (error instanceof Killed) return never();
        throw error;
      });
      dies('after_commit');
      await gate(life, time);
      return result;
    },
  };
}
