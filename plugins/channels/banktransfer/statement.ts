import type { Kit } from '../../../core/contract/kit.ts';
import type { Money } from '../../../core/contract/money.ts';
import type { CsvRow, StatementDocument, StatementLine } from '../../../core/contract/statement.ts';
import type { Config } from './index.ts';

/** What has to be known of a bank's statement; null where the account does not say it. */
interface Rule {
  readonly day: string;
  readonly number: string;
  readonly credit: string;
  readonly debit: string | null;
  readonly currency: string;
  readonly decimalSign: string;
}

/** A row by the titles of its columns. */
type Cells = (title: string) => string;

/** The columns of the table, once its titles have come. */
interface Table {
  readonly titles: readonly string[];
  readonly rule: Rule;
}

/**
 * The transfers on a statement, which every bank writes in columns of its own: a text or a workbook. Banks know the transfers by their
 * own numbers alone. The table begins with the titles, and what has neither day, number nor amount is a note.
 */
export async function* readStatement(config: Config, kit: Kit, { content }: StatementDocument): AsyncIterable<StatementLine> {
  const rule = readRule(config);
  const form = { charset: config.statement_charset ?? 'utf-8', separator: config.statement_separator ?? ',', isQuoted: true } as const;
  let table: Table | null = null;
  for await (const row of kit.files.csv(content, form)) {
    const cells = row.cells.map((cell) => cell.trim());
    if (table !== null) yield* readRow(kit, table, cells, row);
    else if (columnsOf(rule).every((title) => cells.includes(title))) table = { titles: checkTitles(cells, rule), rule };
  }
  if (table === null) throw new Error(`the statement has no line with the columns ${columnsOf(rule).join(', ')}`);
}

const columnsOf = ({ day, number, credit, debit }: Rule) => [day, number, credit, ...(debit === null ? [] : [debit])];

/** Two columns of one title are two amounts, of which one would be taken. */
function checkTitles(titles: readonly string[], rule: Rule): readonly string[] {
  const twice = columnsOf(rule).find((title) => titles.indexOf(title) !== titles.lastIndexOf(title));
  if (twice !== undefined) throw new Error(`the statement has the column ${twice} twice`);
  return titles;
}

function readRule(config: Config): Rule {
  const { statement_day: day, statement_number: number, statement_amount: credit, statement_debit: debit = null } = config;
  if (day === undefined || number === undefined || credit === undefined)
    throw new Error('the account does not say which columns its statements have: statement_day, statement_number, statement_amount');
  return { day, number, credit, debit, currency: config.currency, decimalSign: config.statement_decimal_sign ?? '.' };
}

function* readRow(kit: Kit, { titles, rule }: Table, cells: readonly string[], { line, raw }: CsvRow): Iterable<StatementLine> {
  const get: Cells = (title) => cells[titles.indexOf(title)] ?? '';
  if (columnsOf(rule).every((title) => get(title) === '')) return;
  if (cells.length > titles.length) throw new Error(`line ${line} has more cells than there are titles`);
  const [occurredAt, channelNo, gross] = [readDay(get(rule.day)), get(rule.number), readGross(kit, rule, get)];
  if (occurredAt === null) throw new Error(`line ${line}: the day is none, or one that could be another`);
  if (channelNo === '') throw new Error(`line ${line} has no number of the bank`);
  if (gross === null) throw new Error(`line ${line}: the amount cannot be read`);
  yield { kind: gross.amount < 0 ? 'refund' : 'payment', number: null, channelNo, gross, fee: null, net: null, occurredAt, raw };
}

/** Some banks write debits with a minus, and some into a column of their own, which is empty or zero in the others. */
function readGross(kit: Kit, rule: Rule, get: Cells): Money | null {
  const credit = readSigned(kit, rule, get(rule.credit));
  if (rule.debit === null) return credit;
  const debit = readSigned(kit, rule, get(rule.debit));
  const isCredit = credit !== null && credit.amount !== 0;
  const isDebit = debit !== null && debit.amount !== 0;
  const isUnread = (money: Money | null, title: string) => money === null && get(title) !== '';
  if (isCredit === isDebit || isUnread(credit, rule.credit) || isUnread(debit, rule.debit)) return null;
  return debit !== null && isDebit ? { ...debit, amount: 0 - Math.abs(debit.amount) } : credit;
}

/**
 * Thousands may be grouped where the text has decimals too. `1,234` alone is refused: it is another amount in another country, and
 * nobody would see which was meant.
 */
function readSigned(kit: Kit, { currency, decimalSign }: Rule, written: string): Money | null {
  const text = decimalSign === ',' ? written.replace(/[.,]/g, (sign) => (sign === ',' ? '.' : ',')) : written;
  const parts = /^([+-]?)(\d+|\d{1,3}(?:,\d{3})+(?=\.))(\.\d+)?$/.exec(text);
  if (parts === null) return null;
  const [, sign, whole = '', fraction = ''] = parts;
  // Programs that save sheets write 5.50 as 5.5 and some 5.5000; what is more than the currency has stays and is refused.
  const money = kit.money.fromMajor(`${whole.replaceAll(',', '')}${fraction.replace(/\.?0+$/, '')}`, currency);
  return money !== null && sign === '-' ? { ...money, amount: 0 - money.amount } : money;
}

/** Months and days stand apart by how many digits the year has; `01/02/2026` is two days, and none here. */
const dayPatterns = [
  /^(?<y>\d{4})-(?<m>\d\d?)-(?<d>\d\d?)(?:[ T].*)?$/,
  /^(?<y>\d{4})\/(?<m>\d\d?)\/(?<d>\d\d?)(?: .*)?$/,
  /^(?<y>\d{4})(?<m>\d\d)(?<d>\d\d)(?: .*)?$/,
  /^(?<y>\d{4})年(?<m>\d\d?)月(?<d>\d\d?)日(?: .*)?$/,
  /^(?<d>\d\d)\.(?<m>\d\d)\.(?<y>\d{4})(?: .*)?$/,
];

/** A bank books by days, in a zone that it does not tell: the day's noon stands for it, and its hour for nothing. */
function readDay(text: string): Date | null {
  const groups = dayPatterns.map((pattern) => pattern.exec(text)?.groups).find((found) => found !== undefined);
  const day = `${groups?.['y']}-${groups?.['m']?.padStart(2, '0')}-${groups?.['d']?.padStart(2, '0')}`;
  const at = new Date(`${day}T12:00:00Z`);
  // The 30th of February would be the 2nd of March.
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(day) ? at : null;
}
