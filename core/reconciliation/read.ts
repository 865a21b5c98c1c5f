import type { OpenAccount } from '../channels/accounts.ts';
import type { Money } from '../contract/money.ts';
import type { StatementDocument, StatementLine } from '../contract/statement.ts';
import { Refusal } from './refuse.ts';

/** What the lines of one kind and currency come to. */
export interface Sum {
  readonly kind: StatementLine['kind'];
  readonly currency: string;
  readonly lines: number;
  readonly gross: number;
}

/** More is no entry of a statement. Those that do not agree are held until the end, each with its text. */
const longestEntry = 16_384;
/** Handing on each alone takes as long as comparing it. */
const linesAtOnce = 100;

/**
 * The lines of one document, some at a time, held to what a line must be: a channel's reader is believed about the vendor's form, not about
 * integers. Throws an `Error` for a person who holds the document.
 */
export async function* readStatement({ channel }: OpenAccount, document: StatementDocument): AsyncIterable<readonly StatementLine[]> {
  if (channel.readStatement === undefined) throw new Error('this channel reads no statements');
  let count = 0;
  let lines: StatementLine[] = [];
  for await (const line of channel.readStatement(document)) {
    count += 1;
    const fault = faultOf(line);
    if (fault !== null) throw new Error(`entry ${count} of ${document.name} has ${fault}`);
    if (lines.push(line) < linesAtOnce) continue;
    yield lines;
    lines = [];
  }
  if (lines.length > 0) yield lines;
}

function faultOf({ gross, fee, net, channelNo, occurredAt, raw }: StatementLine): string | null {
  if (raw.length > longestEntry) return `more than ${longestEntry} characters`;
  if (!isMoney(gross) || (fee !== null && !isMoney(fee)) || (net !== null && !isMoney(net))) return 'an amount that is no integer';
  if (typeof channelNo !== 'string' || channelNo === '') return 'no number of the vendor';
  return Number.isNaN(occurredAt.getTime()) ? 'no time' : null;
}

const isMoney = ({ amount, currency }: Money) => Number.isSafeInteger(amount) && /^[A-Z]{3}$/.test(currency);

/** Sums by kind and currency, exact: a sum beyond the safe integers is a refusal. */
export interface Sums {
  add(line: StatementLine): void;
  list(): readonly Sum[];
}

export function createSums(): Sums {
  const sums: { -readonly [K in keyof Sum]: Sum[K] }[] = [];
  return {
    add({ kind, gross: { amount, currency } }) {
      const known = sums.find((one) => one.kind === kind && one.currency === currency);
      const sum = known ?? { kind, currency, lines: 0, gross: 0 };
      if (known === undefined) sums.push(sum);
      sum.lines += 1;
      sum.gross += amount;
      if (!Number.isSafeInteger(sum.gross))
        throw new Refusal('the amounts of the statement cannot be added up: they are beyond what any account holds');
    },
    list: () => sums.map((sum) => ({ ...sum })),
  };
}
