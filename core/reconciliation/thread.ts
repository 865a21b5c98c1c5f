import { getPriority, setPriority } from 'node:os';

/**
 * What the thread may have of memory. Garbage grows with it: with 512 MiB a million entries took a fifth more. With 256 it died of
 * the most entries that may disagree (200,000).
 */
export const reconcilingMib = { young: 8, old: 384 } as const;

/** A tenth of what the server's own thread gets where both want the same processor. */
const politeness = 10;

/** Lets requests go first. Only Linux has priorities of threads: elsewhere it would be the whole server's. */
export function letOthersFirst(): void {
  // A server that is politer already may not become less so.
  if (process.platform === 'linux' && getPriority(0) < politeness) setPriority(0, politeness);
}
