import type { Call } from '../../contract/kit.ts';
import type { Money } from '../../contract/money.ts';
import type { StatementDocument, StatementLine, StatementOutcome } from '../../contract/statement.ts';
import { configValues, type Opened } from './opened.ts';
import type { StatementRule } from './schema.ts';
import { prepare, toWire } from './send.ts';
import { readTime } from './times.ts';

/** What the templates of a statement may name, beside `config.…`. */
export const statementNames: readonly string[] = ['nonce', 'now', 'day', 'dayDigits'];

/** Asks for one business day. What comes is one document, in the form that the definition describes. */
export async function fetchStatement(opened: Opened, rule: StatementRule, day: string, call: Call): Promise<StatementOutcome> {
  const values = { ...configValues(opened.config), nonce: call.nonce(), now: call.now(), day, dayDigits: day.replaceAll('-', '') };
  const answer = await call.download(toWire(opened, rule, await prepare(opened, rule, values)));
  if (answer.kind !== 'answered') return answer;
  const { status, content } = answer;
  if (status === 200) return { kind: 'ready', documents: only({ name: `${day}.csv`, content }) };
  return status >= 400 && status < 500 ? { kind: 'rejected', reason: 'validation' } : { kind: 'unknown', reason: 'server_error' };
}

async function* only(document: StatementDocument): AsyncIterable<StatementDocument> {
  yield document;
}

/** Throws what the operator has to know about a document that is none, or a line that cannot be read. */
export async function* readStatement(opened: Opened, rule: StatementRule, { content }: StatementDocument): AsyncIterable<StatementLine> {
  const names = Object.values(rule.columns).filter((name) => name !== undefined);
  let titles: readonly string[] | null = null;
  const form = { charset: rule.charset === 'gbk' ? 'gb18030' : rule.charset, separator: rule.separator, isQuoted: true } as const;
  for await (const { cells: written, raw, line } of opened.kit.files.csv(content, form)) {
    if (rule.noneWhen !== undefined && raw.includes(rule.noneWhen)) return;
    const cells = written.map(clean);
    if (titles === null) {
      if (names.every((name) => cells.includes(name))) titles = cells;
      continue;
    }
    // Totals and notes at the end have fewer cells than a payment; one with more has a separator nobody quoted.
    if (cells.length < titles.length) continue;
    const named = Object.fromEntries(titles.map((title, at) => [title, cells[at] ?? '']));
    const read = cells.length > titles.length ? null : readLine(opened, rule, named, raw);
    if (read === null) throw new Error(`line ${line} of the statement cannot be read`);
    if (read !== 'skipped') yield read;
  }
  if (titles === null) throw new Error(`the statement has no line with the columns ${names.join(', ')}`);
}

/** A back-tick before or a tab behind a cell keeps spreadsheets from making a number of it. */
const clean = (cell: string) => cell.trim().replace(/^`/, '').trim();

type Cells = Readonly<Record<string, string>>;

function readLine(opened: Opened, rule: StatementRule, cells: Cells, raw: string): StatementLine | 'skipped' | null {
  const { columns, kinds } = rule;
  const word = cells[columns.kind] ?? '';
  // Totals and notes of a workbook have as many cells as its payments.
  if ([columns.channelNo, columns.gross, columns.occurredAt].every((name) => (cells[name] ?? '') === '')) return 'skipped';
  const kind = Object.hasOwn(kinds, word) ? kinds[word] : undefined;
  if (kind === 'skipped') return 'skipped';
  const isOutgoing = rule.outgoing.includes(word);
  const gross = readMoney(opened, rule, cells[columns.gross], isOutgoing);
  const fee = columns.fee === undefined ? null : readMoney(opened, rule, cells[columns.fee], false);
  const occurredAt = readTime(cells[columns.occurredAt] ?? '', rule.occurredAtFormat, opened.definition.zone);
  const channelNo = cells[columns.channelNo] ?? '';
  if (kind === undefined || gross === null || (columns.fee !== undefined && fee === null)) return null;
  if (occurredAt === undefined || channelNo === '') return null;
  const number = columns.number === undefined ? '' : (cells[columns.number] ?? '');
  return { kind, number: number === '' ? null : number, channelNo, gross, fee, net: null, occurredAt, raw };
}

/** An amount with its sign; one that is written without and means money that went out becomes negative. */
function readMoney({ kit }: Opened, rule: StatementRule, text: string | undefined, isOutgoing: boolean): Money | null {
  const isNegative = text?.startsWith('-') === true;
  const digits = isNegative ? text.slice(1) : text;
  const read =
    rule.notation === 'minor' ? kit.money.fromMinor(digits, rule.constantCurrency) : kit.money.fromMajor(digits, rule.constantCurrency);
  const isMinus = isNegative || isOutgoing;
  return read !== null && isMinus && read.amount !== 0 ? { ...read, amount: -read.amount } : read;
}
