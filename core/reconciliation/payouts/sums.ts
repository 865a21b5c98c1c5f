import type { Money } from '../../contract/money.ts';
import type { StatementLine } from '../../contract/statement.ts';
import type { ReadDocument } from '../compare.ts';
import type { Sum } from '../read.ts';
import type { Payouts } from './take.ts';

/** The documents' totals with payouts among payouts: a bank lists them as it lists any transfer. */
export function reclassDocuments(documents: ReadonlyMap<string, ReadDocument>, { arrivals }: Payouts): ReadonlyMap<string, ReadDocument> {
  const reclassed = new Map(documents);
  for (const { stranger } of arrivals) {
    const { fileId, line } = stranger.entry;
    const document = reclassed.get(fileId);
    if (document === undefined) throw new Error(`there is no document ${fileId}`);
    const sums = addTo(addTo(document.sums, line.kind, line.gross, -1), 'payout', line.gross, 1);
    reclassed.set(fileId, { ...document, sums });
  }
  return reclassed;
}

/** What arrived, as the channels said that they sent it. */
export function sumArrived({ arrivals }: Payouts): readonly Sum[] {
  return arrivals.reduce<readonly Sum[]>((sums, { payout }) => addTo(sums, 'payout', payout, 1), []);
}

function addTo(sums: readonly Sum[], kind: StatementLine['kind'], { amount, currency }: Money, times: 1 | -1): readonly Sum[] {
  const known = sums.find((one) => one.kind === kind && one.currency === currency) ?? { kind, currency, lines: 0, gross: 0 };
  const sum = { ...known, lines: known.lines + times, gross: known.gross + times * amount };
  return [...sums.filter((one) => one !== known), ...(sum.lines === 0 ? [] : [sum])];
}
