import type { Money } from '../../../core/contract/money.ts';
import type { CsvRow, StatementDocument, StatementLine } from '../../../core/contract/statement.ts';
import type { CheckoutAccount } from './gateway.ts';

/** Columns are found by these names: a report has more of them, and has got more over time. */
const needed = [
  ...['Processing Channel ID', 'Type', 'Payment ID', 'Reference', 'Processed On UTC', 'Action ID'],
  ...['Holding Currency', 'Gross In Holding Currency', 'Deduction In Holding Currency', 'Net In Holding Currency'],
  ...['Processing Currency', 'Gross In Processing Currency'],
];

const kinds: Readonly<Record<string, StatementLine['kind']>> = { charge: 'payment', refund: 'refund', chargeback: 'chargeback' };

/** A row by the names of its columns. */
interface Entry {
  readonly get: (column: string) => string;
  readonly row: CsvRow;
}

/**
 * Reads a Settlement Breakdown Report, of which there is one for each settlement of the entity. Other channels' rows are left
 * out, and so are rows that are costs alone: they have fractions of the smallest unit, which no line can say.
 */
export async function* readStatement(account: CheckoutAccount, { content }: StatementDocument): AsyncIterable<StatementLine> {
  let columns: readonly string[] | null = null;
  let rows = 0;
  for await (const row of account.kit.files.csv(content, { charset: 'utf-8', isQuoted: true })) {
    if (columns === null) {
      columns = readHeader(row);
      continue;
    }
    rows += 1;
    const entry = entryOf(columns, row);
    checkSum(entry);
    if (entry.get('Processing Channel ID') !== account.processingChannelId) continue;
    const line = readEntry(account, entry);
    if (line !== null) yield line;
  }
  if (rows === 0) throw new Error('the report is empty');
}

function readHeader({ cells }: CsvRow): readonly string[] {
  const columns = cells.map((cell) => cell.replace(/^\uFEFF/, '').trim());
  const missing = needed.find((name) => !columns.includes(name));
  if (missing !== undefined) throw new Error(`this is no Settlement Breakdown Report: there is no column ${missing}`);
  return columns;
}

function entryOf(columns: readonly string[], row: CsvRow): Entry {
  if (row.cells.length !== columns.length) throw new Error(`line ${row.line} has ${row.cells.length} of ${columns.length} cells`);
  return { row, get: (column) => row.cells[columns.indexOf(column)]?.trim() ?? '' };
}

/** What each part was rounded to is smaller than this: a hundredth of the large unit, in units of 10⁻¹⁰. */
const hundredth = 100_000_000n;

/** Deductions are negative where they were kept. */
function checkSum(entry: Entry): void {
  const [gross, deduction, net] = ['Gross', 'Deduction', 'Net'].map((name) => readScaled(entry, `${name} In Holding Currency`));
  const rest = (gross ?? 0n) + (deduction ?? 0n) - (net ?? 0n);
  if (rest >= hundredth || rest <= -hundredth) throw new Error(`line ${entry.row.line}: gross, deduction and net do not add up`);
}

/** A decimal in units of 10⁻¹⁰: the report has more decimals than money has. */
function readScaled({ get, row }: Entry, column: string): bigint {
  const parts = /^(-?)(\d{1,15})(?:\.(\d{1,10}))?$/.exec(get(column));
  if (parts === null) throw new Error(`line ${row.line}: ${column} cannot be read`);
  const [, sign, whole = '', fraction = ''] = parts;
  const scaled = BigInt(whole + fraction.padEnd(10, '0'));
  return sign === '-' ? -scaled : scaled;
}

function readEntry(account: CheckoutAccount, entry: Entry): StatementLine | null {
  const { get, row } = entry;
  if (readScaled(entry, 'Gross In Processing Currency') === 0n) return null;
  const gross = readMoney(account, entry, 'Gross In Processing Currency', 'Processing Currency');
  if (gross === null) throw new Error(`line ${row.line}: the amount has more decimals than ${get('Processing Currency')}`);
  const kind = kinds[get('Type').toLowerCase()] ?? 'adjustment';
  const channelNo = kind === 'payment' ? get('Payment ID') : get('Action ID') || get('Payment ID');
  if (channelNo === '') throw new Error(`line ${row.line} names nothing`);
  const deduction = readMoney(account, entry, 'Deduction In Holding Currency', 'Holding Currency');
  return {
    kind,
    // Whether a refund's reference is its own or the payment's is not documented; its action is what it is known by.
    number: kind === 'payment' ? get('Reference') || null : null,
    channelNo,
    gross: kind === 'refund' ? { ...gross, amount: 0 - Math.abs(gross.amount) } : gross,
    // Null where it has fractions of the smallest unit.
    fee: deduction && { ...deduction, amount: 0 - deduction.amount },
    net: readMoney(account, entry, 'Net In Holding Currency', 'Holding Currency'),
    occurredAt: readTime(entry),
    raw: row.raw,
  };
}

/** Null where the amount is no whole number of the smallest unit. */
function readMoney({ kit }: CheckoutAccount, entry: Entry, column: string, currency: string): Money | null {
  readScaled(entry, column);
  const text = entry.get(column);
  const short = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  const money = kit.money.fromMajor(short.replace('-', ''), entry.get(currency));
  return money && short.startsWith('-') ? { ...money, amount: 0 - money.amount } : money;
}

function readTime({ get, row }: Entry): Date {
  const text = get('Processed On UTC');
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?$/.test(text) ? new Date(`${text.replace(/Z$/, '')}Z`) : null;
  if (at === null || Number.isNaN(at.getTime())) throw new Error(`line ${row.line}: the time cannot be read`);
  return at;
}
