import type { OpenAccount } from '../channels/accounts.ts';
import type { Money } from '../contract/money.ts';
import type { StatementDocument, StatementLine } from '../contract/statement.ts';

/** What the lines of one kind and currency come to. */
export interface Sum {
  readonly kind: StatementLine['kind'];
  readonly currency: string;
  readonly lines: number;
  readonly gross: number;
}

/**
 * The lines of one document, held to what a line must be: a channel's reader is believed about the vendor's form, not about
 * integers. Throws an `Error` for a person who holds the document.
 */
export async function* readStatement({ channel }: OpenAccount, document: StatementDocument): AsyncIterable<StatementLine> {
  if (channel.readStatement === undefined) throw new Error('this channel reads no statements');
  let count = 0;
  for await (const line of channel.readStatement(document)) {
    count += 1;
    const fault = faultOf(line);
    if (fault !== null) throw new Error(`entry ${count} of ${document.name} has ${fault}: a fault of the channel`);
    yield line;
  }
}

function faultOf({ gross, fee, net, channelNo, occurredAt }: StatementLine): string | null {
  if (!isMoney(gross) || (fee !== null && !isMoney(fee)) || (net !== null && !isMoney(net))) return 'an amount that is no integer';
  if (typeof channelNo !== 'string' || channelNo === '') return 'no number of the vendor';
  return Number.isNaN(occurredAt.getTime()) ? 'no time' : null;
}

const isMoney = ({ amount, currency }: Money) => Number.isSafeInteger(amount) && /^[A-Z]{3}$/.test(currency);

/** Sums by kind and currency, exact: a sum beyond the safe integers throws. */
export function addLine(sums: readonly Sum[], { kind, gross }: StatementLine): readonly Sum[] {
  const isSame = (sum: Sum) => sum.kind === kind && sum.currency === gross.currency;
  const known = sums.find(isSame) ?? { kind, currency: gross.currency, lines: 0, gross: 0 };
  const added = { ...known, lines: known.lines + 1, gross: known.gross + gross.amount };
  if (!Number.isSafeInteger(added.gross)) throw new Error('the amounts of the statement cannot be added up');
  return sums.some(isSame) ? sums.map((sum) => (isSame(sum) ? added : sum)) : [...sums, added];
}
