import { AsyncLocalStorage } from 'node:async_hooks';

/** Finds work that reaches past its `tx` to the database: on SQLite that waits for ever, on a full pool too. */
export interface Guard {
  /** Runs the work of a transaction. Until it ends, {@link refuse} throws for everything it calls. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Throws when called from inside the work of an open transaction. */
  refuse(): void;
}

/** One for each database. */
export function createGuard(): Guard {
  const inside = new AsyncLocalStorage<{ open: boolean }>();
  return {
    async run(work) {
      // An object and not a flag: whatever the work set going keeps this context after the transaction's end.
      const transaction = { open: true };
      try {
        return await inside.run(transaction, work);
      } finally {
        transaction.open = false;
      }
    },
    refuse() {
      if (inside.getStore()?.open === true) throw new Error('the work of a transaction may use the database only through its tx');
    },
  };
}
