import type { Money } from '../../../core/contract/money.ts';
import type { CsvRow, StatementDocument, StatementLine } from '../../../core/contract/statement.ts';
import type { AdyenAccount } from './gateway.ts';

/** Columns are found by these names: their order is the merchant's choice, and Adyen has changed the default one. */
const needed = [
  ...['Merchant Account', 'Psp Reference', 'Merchant Reference', 'Creation Date', 'TimeZone', 'Type', 'Modification Reference'],
  ...['Gross Currency', 'Gross Debit (GC)', 'Gross Credit (GC)', 'Net Currency', 'Net Debit (NC)', 'Net Credit (NC)'],
  ...['Commission (NC)', 'Markup (NC)', 'Scheme Fees (NC)', 'Interchange (NC)'],
];
const feeColumns = ['Commission (NC)', 'Markup (NC)', 'Scheme Fees (NC)', 'Interchange (NC)'];
/** An additional column, which has to be switched on: without it a refund is known by Adyen's number alone. */
const refundColumn = 'Modification Merchant Reference';

/** The zones in which accounts write their times. Adyen's names are taken literally: `CET` in June is an hour from UTC. */
const zones: Readonly<Record<string, string>> = {
  ...{ UTC: '+00:00', GMT: '+00:00', WET: '+00:00', BST: '+01:00', CET: '+01:00', CEST: '+02:00', EET: '+02:00', EEST: '+03:00' },
  ...{ EST: '-05:00', EDT: '-04:00', CDT: '-05:00', MST: '-07:00', MDT: '-06:00', PST: '-08:00', PDT: '-07:00', BRT: '-03:00' },
  ...{ SGT: '+08:00', HKT: '+08:00', AWST: '+08:00', JST: '+09:00', AEST: '+10:00', AEDT: '+11:00', NZST: '+12:00', NZDT: '+13:00' },
};

const kinds: Readonly<Record<string, StatementLine['kind']>> = {
  Settled: 'payment',
  Refunded: 'refund',
  RefundedReversed: 'refund',
  Chargeback: 'chargeback',
  SecondChargeback: 'chargeback',
  ChargebackReversed: 'chargeback',
  Fee: 'fee',
  MiscCosts: 'fee',
  InvoiceDeduction: 'fee',
  PaymentCost: 'fee',
  MerchantPayout: 'payout',
};

/** A row by the names of its columns. */
interface Entry {
  readonly get: (column: string) => string;
  readonly row: CsvRow;
}

/**
 * Reads a Settlement details report, as Adyen makes it for each batch. What was settled is paid out or carried over in the
 * same report, so the net amounts come to nothing: a report that lost its end does not.
 */
export async function* readStatement(account: AdyenAccount, { content }: StatementDocument): AsyncIterable<StatementLine> {
  let columns: readonly string[] | null = null;
  const sums = new Map<string, number>();
  for await (const row of account.kit.files.csv(content, { charset: 'utf-8', isQuoted: true })) {
    if (columns === null) {
      columns = readHeader(row);
      continue;
    }
    const line = readEntry(account, entryOf(columns, row));
    const { currency, amount } = line.net ?? line.gross;
    sums.set(currency, (sums.get(currency) ?? 0) + amount);
    yield line;
  }
  if (columns === null || sums.size === 0) throw new Error('the report is empty');
  for (const [currency, sum] of sums)
    if (sum !== 0) throw new Error(`the net amounts in ${currency} leave ${sum}: the report is not whole`);
}

function readHeader({ cells }: CsvRow): readonly string[] {
  const columns = cells.map((cell) => cell.replace(/^\uFEFF/, '').trim());
  const missing = needed.find((name) => !columns.includes(name));
  if (missing !== undefined) throw new Error(`this is no Settlement details report: there is no column ${missing}`);
  return columns;
}

function entryOf(columns: readonly string[], row: CsvRow): Entry {
  if (row.cells.length !== columns.length) throw new Error(`line ${row.line} has ${row.cells.length} of ${columns.length} cells`);
  return { row, get: (column) => row.cells[columns.indexOf(column)]?.trim() ?? '' };
}

function readEntry(account: AdyenAccount, entry: Entry): StatementLine {
  const { get, row } = entry;
  const type = get('Type');
  if (get('Merchant Account') !== account.merchantAccount) throw new Error(`line ${row.line} is of another merchant account`);
  const net = readSides(account, entry, 'Net', 'NC');
  if (net === null) throw new Error(`line ${row.line} has no net amount`);
  const gross = readSides(account, entry, 'Gross', 'GC');
  const fee = readFee(account, entry, net.currency);
  // What a fee or a payout itself is stands in the net columns alone.
  const isSame = gross !== null && gross.currency === net.currency;
  if (isSame && gross.amount - fee.amount !== net.amount) throw new Error(`line ${row.line}: gross, costs and net do not add up`);
  const kind = Object.hasOwn(kinds, type) ? (kinds[type] ?? 'adjustment') : 'adjustment';
  const psp = get('Psp Reference');
  return {
    kind,
    number: numberOf(kind, entry),
    channelNo: (kind === 'payment' ? psp : get('Modification Reference')) || psp || type,
    gross: gross ?? net,
    fee: gross === null ? null : fee,
    net,
    occurredAt: readTime(entry),
    raw: row.raw,
  };
}

function numberOf(kind: StatementLine['kind'], { get }: Entry): string | null {
  if (kind === 'payment') return get('Merchant Reference') || null;
  return kind === 'refund' ? get(refundColumn) || null : null;
}

/** Debit and credit are columns of their own; null where both are empty. */
function readSides(account: AdyenAccount, { get, row }: Entry, side: 'Gross' | 'Net', unit: 'GC' | 'NC'): Money | null {
  const [debit, credit] = [get(`${side} Debit (${unit})`), get(`${side} Credit (${unit})`)];
  if (debit === '' && credit === '') return null;
  if (debit !== '' && credit !== '') throw new Error(`line ${row.line} is a debit and a credit at once`);
  const money = readAmount(account, debit || credit, get(`${side} Currency`), row.line);
  return debit === '' ? money : { ...money, amount: 0 - money.amount };
}

/** Empty where Adyen charged none of the kind. */
function readFee(account: AdyenAccount, { get, row }: Entry, currency: string): Money {
  const amounts = feeColumns.map((name) => (get(name) === '' ? 0 : readAmount(account, get(name), currency, row.line).amount));
  return { amount: amounts.reduce((sum, amount) => sum + amount, 0), currency };
}

/** Adyen leaves out zeros (`7.5`, and `.11` in a report in the tests of a public program), and writes costs that it gives back with a minus. */
function readAmount({ kit }: AdyenAccount, text: string, currency: string, line: number): Money {
  const money = kit.money.fromMajor(text.replace(/^-/, '').replace(/^\./, '0.'), currency);
  if (money === null) throw new Error(`line ${line}: an amount cannot be read`);
  return text.startsWith('-') ? { ...money, amount: 0 - money.amount } : money;
}

function readTime({ get, row }: Entry): Date {
  const zone = zones[get('TimeZone')];
  const text = get('Creation Date');
  const at = zone !== undefined && /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text) ? new Date(`${text.replace(' ', 'T')}${zone}`) : null;
  if (at === null || Number.isNaN(at.getTime())) throw new Error(`line ${row.line}: the time or its zone cannot be read`);
  return at;
}
