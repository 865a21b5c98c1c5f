import type { Changed } from '../../core/access/admin/change.ts';

type Maybe<T> = T | undefined | null | false;

/** Looks again and again until there is a value. */
export async function eventually<T>(look: () => Maybe<T> | Promise<Maybe<T>>, describe: () => unknown = () => 'nothing'): Promise<T> {
  const until = Date.now() + 8000;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== null && found !== false) return found;
    if (Date.now() > until) throw new Error(`it did not happen; there was ${String(await describe())}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The result of a change that must not be refused. */
export function must<T>(changed: Changed<T>): T {
  if (changed.kind === 'faults') throw new Error(changed.faults.join('\n'));
  return changed;
}
