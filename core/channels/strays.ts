import { AsyncLocalStorage } from 'node:async_hooks';

/** Who is told when something goes wrong outside every call that could have caught it. */
type Blame = (error: unknown) => void;

/** As the events of the process are, it is one for the whole process: which channel's code the present moment descends from. */
const running = new AsyncLocalStorage<Blame>();

/** Runs a channel's code, so that whatever it leaves behind (timers, promises nobody waits for) still has its name. */
export function runBlamed<T>(blame: Blame, work: () => T): T {
  return running.run(blame, work);
}

/** Ways to end this process. `reallyExit` is what `exit` comes to, and can be called without it. */
const endings = ['exit', 'abort', 'kill', 'reallyExit'] as const;

/** Makes what would end the process an exception where a channel's code asks for it: its bug, and told under its name. */
export function containExits(): void {
  const ways = process as unknown as Record<(typeof endings)[number], (...given: unknown[]) => unknown>;
  for (const name of endings) {
    const end = ways[name].bind(process);
    ways[name] = (...given) => {
      if (running.getStore() !== undefined) throw new Error(`a channel may not call process.${name}`);
      return end(...given);
    };
  }
}

/**
 * Keeps code that runs from here on from adding to the built-in prototypes: one member more turns up in everybody's loops, and the
 * server answered nothing but errors. Not frozen: a program may give its own objects a member that a prototype has.
 */
export function sealPrototypes(): void {
  for (const { prototype } of builtIn) Object.preventExtensions(prototype);
}

const builtIn = [
  Object,
  Array,
  Function,
  String,
  Number,
  Boolean,
  Symbol,
  BigInt,
  Promise,
  RegExp,
  Date,
  Error,
  Map,
  Set,
  WeakMap,
  WeakSet,
  Buffer,
];

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
