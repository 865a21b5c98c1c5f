import type { ClassSum } from './classes.ts';
import type { Expected } from './expected.ts';
import type { Sum } from './read.ts';

interface Total {
  readonly entries: number;
  readonly amount: number;
}

/** Totals by side, kind and currency. */
type Totals = Map<string, Total>;

/** What was loaded of ours, counted apart from the classes and before them. */
export function sumExpected(expected: Expected): ReadonlyMap<string, Total> {
  const totals: Totals = new Map();
  let run = { kind: '', currency: '', entries: 0, amount: 0 };
  const close = () => run.entries > 0 && add(totals, `here ${run.kind} ${run.currency}`, run);
  for (let place = 0; place < expected.count; place += 1) {
    const { kind, currency, amount } = expected.valuesOf(place);
    if (kind !== run.kind || currency !== run.currency) {
      close();
      run = { kind, currency, entries: 0, amount: 0 };
    }
    run.entries += 1;
    run.amount += amount;
  }
  close();
  return totals;
}

/** Throws unless the classes come to both sides' own totals. Else an entry had two classes or none: a bug, and nothing may be written. */
export function proveSums(
  sums: readonly ClassSum[],
  here: ReadonlyMap<string, Total>,
  documents: readonly Sum[],
  arrived: readonly Sum[] = [],
): void {
  const [own, classed]: [Totals, Totals] = [new Map(here), new Map()];
  for (const { kind, currency, lines, gross } of documents) add(own, `there ${kind} ${currency}`, { entries: lines, amount: gross });
  for (const { kind, currency, lines, gross } of arrived) add(own, `here ${kind} ${currency}`, { entries: lines, amount: gross });
  for (const { kind, currency, ...sum } of sums) {
    if (sum.entries_there > 0) add(classed, `there ${kind} ${currency}`, { entries: sum.entries_there, amount: sum.amount_there });
    if (sum.entries_here > 0) add(classed, `here ${kind} ${currency}`, { entries: sum.entries_here, amount: sum.amount_here });
  }
  for (const key of new Set([...own.keys(), ...classed.keys()])) {
    const [one, other] = [own.get(key), classed.get(key)];
    if (one?.entries !== other?.entries || one?.amount !== other?.amount) throw new Error(`the classes do not come to the total of ${key}`);
  }
}

function add(totals: Totals, key: string, { entries, amount }: Total): void {
  const known = totals.get(key) ?? { entries: 0, amount: 0 };
  totals.set(key, { entries: known.entries + entries, amount: known.amount + amount });
}
