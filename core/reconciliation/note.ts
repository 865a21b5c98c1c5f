import type { Class } from './classes.ts';
import type { Compared } from './compare.ts';
import type { Entry, Finding, Ours } from './match.ts';
import { Refusal } from './refuse.ts';

/** Beyond these a statement is not the day's, or nothing can be learned from looking at them one by one. */
export const mostFindings = 200_000;
/** Of their texts in all. The thread has memory for a few times as much. */
const mostCharacters = 2 ** 26;

export function countThere({ tally }: Compared, name: Class, { line: { kind, gross } }: Entry): void {
  tally.count({ class: name, kind, currency: gross.currency, there: gross.amount, here: null });
}

export function countHere({ tally }: Compared, name: Class, { line: { kind } }: Entry, { currency, amount }: Ours): void {
  tally.count({ class: name, kind, currency, there: null, here: amount });
}

export function noteFinding({ findings, held }: Compared, finding: Finding): void {
  findings.push(finding);
  held.characters += finding.entry?.line.raw.length ?? 0;
  if (held.characters > mostCharacters) throw new Refusal(`the entries that do not agree have more than ${mostCharacters} characters`);
  if (findings.length > mostFindings) throw new Refusal(`more than ${mostFindings} entries do not agree with the day`);
}

export function findingOf(name: Class, entry: Entry, ours: (Ours & { readonly number: string }) | null, timesSeen: number): Finding {
  const { kind, number, channelNo, gross, fee, occurredAt } = entry.line;
  return {
    name: `there ${kind} ${ours?.number ?? number ?? ''} ${channelNo} ${timesSeen}`,
    class: name as Finding['class'],
    kind,
    number: ours?.number ?? number,
    channelNo,
    currency: gross.currency,
    amountHere: ours?.amount ?? null,
    amountThere: gross.amount,
    feeHere: ours?.fee ?? null,
    feeThere: fee?.amount ?? null,
    entry,
    occurredAt: occurredAt.getTime(),
    ...(name === 'timing' ? { state: 'resolved', reason: 'on_two_days' } : { state: 'open', reason: null }),
  };
}
