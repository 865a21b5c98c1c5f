/** Chance that is the same for the same key, however often it is asked. */
export interface Chance {
  /** From 0, below 1. */
  next(): number;
  /** From 0, below the limit. */
  below(limit: number): number;
  /** Whether something happens that does so in one of so many cases. */
  oneIn(cases: number): boolean;
  pick<T>(list: readonly T[]): T;
  /** By weights. */
  weigh<T extends string>(weights: Readonly<Record<T, number>>): T;
  bytes(count: number): Uint8Array;
}

/** mulberry32 (public domain), begun with a hash of the key. */
export function createChance(key: string): Chance {
  let state = hashText(key);
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    next,
    below,
    oneIn: (cases) => next() * cases < 1,
    pick: (list) => list[below(list.length)] as (typeof list)[number],
    weigh: (weights) => weigh(weights, next()),
    bytes: (count) => Uint8Array.from({ length: count }, () => below(256)),
  };
}

function weigh<T extends string>(weights: Readonly<Record<T, number>>, at: number): T {
  const entries = Object.entries(weights) as [T, number][];
  let rest = at * entries.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [name, weight] of entries) {
    rest -= weight;
    if (rest < 0) return name;
  }
  return (entries.at(-1) as [T, number])[0];
}

/** FNV-1a: neighbouring keys give numbers far apart. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash;
}
