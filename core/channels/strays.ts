import { AsyncLocalStorage } from 'node:async_hooks';

/** Who is told when something goes wrong outside every call that could have caught it. */
type Blame = (error: unknown) => void;

/** As the events of the process are, it is one for the whole process: which channel's code the present moment descends from. */
const running = new AsyncLocalStorage<Blame>();

/** Runs a channel's code, so that whatever it leaves behind (timers, promises nobody waits for) still has its name. */
export function runBlamed<T>(blame: Blame, work: () => T): T {
  return running.run(blame, work);
}

/**
 * Keeps the process up when a channel's leftovers throw or reject. What is the kernel's own still ends it: a state that
 * nobody foresaw is left by a restart, which is safe at any moment, and not by going on.
 */
export function containStrays(die: (error: unknown) => never): void {
  const contain = (error: unknown) => {
    const blame = running.getStore();
    if (blame === undefined) die(error);
    else blame(error);
  };
  process.on('uncaughtException', contain);
  process.on('unhandledRejection', contain);
}
