/** Few sizes, so that few texts of SQL are prepared. */
const sizes = [64, 8, 1] as const;

/** Cuts a list into pieces of 64, 8 and 1. */
export function inChunks<T>(items: readonly T[]): readonly (readonly T[])[] {
  const chunks: (readonly T[])[] = [];
  let from = 0;
  for (const size of sizes) {
    for (; items.length - from >= size; from += size) chunks.push(items.slice(from, from + size));
  }
  return chunks;
}

/** `?, ?, ?` */
export function marks(count: number): string {
  return Array.from({ length: count }, () => '?').join(', ');
}
