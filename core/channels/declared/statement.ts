import type { StatementLine } from '../../contract/channel.ts';
import type { Call } from '../../contract/kit.ts';
import type { Money } from '../../contract/money.ts';
import { readCsv } from './csv.ts';
import { configValues, type Opened } from './opened.ts';
import type { StatementRule } from './schema.ts';
import { prepare, toWire } from './send.ts';
import { readTime } from './times.ts';

/** What the templates of a statement may name, beside `config.…`. */
export const statementNames: readonly string[] = ['nonce', 'now', 'day', 'dayDigits'];

/**
 * The lines of one business day. Throws what the operator has to know when there is no statement, or a line
 * that cannot be read: half a statement compared would look like missing payments.
 */
export async function* statement(opened: Opened, rule: StatementRule, day: string, call: Call): AsyncIterable<StatementLine> {
  const values = { ...configValues(opened.config), nonce: call.nonce(), now: call.now(), day, dayDigits: day.replaceAll('-', '') };
  const answer = await call.http(toWire(opened, rule, await prepare(opened, rule, values)));
  if (answer.kind !== 'answered') throw new Error(`the statement was not received: ${answer.reason}`);
  if (answer.status !== 200) throw new Error(`the statement was refused with HTTP ${answer.status}`);
  const text = new TextDecoder(rule.charset).decode(answer.body);
  if (rule.noneWhen !== undefined && text.includes(rule.noneWhen)) return;
  const rows = readCsv(text, rule.separator);
  const names = Object.values(rule.columns).filter((name) => name !== undefined);
  const head = rows.findIndex(({ cells }) => names.every((name) => cells.includes(name)));
  if (head < 0) throw new Error(`the statement has no line with the columns ${names.join(', ')}`);
  const titles = rows[head]?.cells ?? [];
  for (const { cells, raw, line } of rows.slice(head + 1)) {
    // Totals and notes at the end have fewer cells than a payment; one with more has a separator nobody quoted.
    if (cells.length < titles.length) continue;
    const read =
      cells.length > titles.length
        ? null
        : readLine(opened, rule, Object.fromEntries(titles.map((title, at) => [title, cells[at] ?? ''])), raw);
    if (read === null) throw new Error(`line ${line} of the statement cannot be read`);
    if (read !== 'skipped') yield read;
  }
}

type Cells = Readonly<Record<string, string>>;

function readLine(opened: Opened, rule: StatementRule, cells: Cells, raw: string): StatementLine | 'skipped' | null {
  const { columns, kinds } = rule;
  const word = cells[columns.kind] ?? '';
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
