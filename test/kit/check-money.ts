import type { Reader } from '../../core/store/database.ts';
import { findViolations } from '../../scripts/money/check.ts';
import { openTruth, type TruthEntry } from '../../scripts/money/truth.ts';

export type { TruthEntry } from '../../scripts/money/truth.ts';

/** Everything that does not hold of the books, in words; empty when all does. What `npm run check:money` prints. */
export async function checkMoney(reader: Reader, entries: readonly TruthEntry[] | null = null): Promise<readonly string[]> {
  const truth = entries === null ? null : await openTruth(entries);
  const said: string[] = [];
  for await (const { says } of findViolations({ reader, truth })) said.push(says);
  truth?.close();
  return said;
}
