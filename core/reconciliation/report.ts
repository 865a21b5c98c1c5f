import { toMajor } from '../money.ts';
import { time } from '../payments/view.ts';
import type { Reader } from '../store/database.ts';
import { type DiscrepancyRow, readDiscrepanciesOf } from '../store/tables/discrepancies.ts';
import type { ReconciliationRow } from '../store/tables/reconciliations.ts';
import type { ClassSum } from './classes.ts';
import type { Cell, Cells, Sheet } from './export/cell.ts';
import { writeCsv, writeTxt } from './export/separated.ts';
import { writeXlsx } from './export/xlsx.ts';

export const reportFormats = ['csv', 'txt', 'xlsx'] as const;
export type ReportFormat = (typeof reportFormats)[number];

export const reportTypes: Readonly<Record<ReportFormat, string>> = {
  csv: 'text/csv; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
};

const writers = { csv: writeCsv, txt: writeTxt, xlsx: writeXlsx } as const;

const sumColumns = [
  'day',
  'channel',
  'account',
  'class',
  'kind',
  'currency',
  'entries_there',
  'amount_there',
  'entries_here',
  'amount_here',
];
const columns = [
  ...['day', 'channel', 'account', 'id', 'class', 'kind', 'number', 'channel_no', 'currency', 'amount_here', 'amount_there'],
  ...['fee_here', 'fee_there', 'state', 'reason', 'owner', 'payment', 'occurred_at', 'resolved_at'],
];

/** `classes`: what the day comes to. `discrepancies`: one row for each thing that does not agree, or did not. */
export type ReportContent = 'classes' | 'discrepancies';

/** A day as a file for finance people and their programs; amounts in major units. Written while it is read: it takes no more memory for more rows. */
export function writeReport(reader: Reader, day: ReconciliationRow, content: ReportContent, format: ReportFormat): AsyncIterable<Buffer> {
  const name = `${day.day} ${day.channel}`;
  const sheet: Sheet =
    content === 'classes' ? { name, columns: sumColumns, rows: sumRows(day) } : { name, columns, rows: discrepancyRows(reader, day) };
  return writers[format](sheet);
}

async function* sumRows(day: ReconciliationRow): AsyncGenerator<Cells> {
  for (const sum of JSON.parse(day.totals ?? '[]') as readonly ClassSum[]) {
    const { class: name, kind, currency } = sum;
    yield [
      ...[day.day, day.channel, day.account_id, name, kind, currency],
      ...[count(sum.entries_there), money(sum.amount_there, currency), count(sum.entries_here), money(sum.amount_here, currency)],
    ];
  }
}

const rowsAtOnce = 1000;

async function* discrepancyRows(reader: Reader, { id }: ReconciliationRow): AsyncGenerator<Cells> {
  let after = '';
  for (;;) {
    const rows = await readDiscrepanciesOf(reader, id, after, rowsAtOnce);
    for (const row of rows) yield cellsOf(row);
    const last = rows.at(-1);
    if (last === undefined || rows.length < rowsAtOnce) return;
    after = last.entry_key;
  }
}

function cellsOf(row: DiscrepancyRow): Cells {
  const of = (amount: number | null) => money(amount, row.currency);
  const at = (instant: number | null) => (instant === null ? null : time(instant));
  return [
    ...[row.day, row.channel, row.account_id, row.id, row.class, row.kind, row.number, row.channel_no, row.currency],
    ...[of(row.amount_here), of(row.amount_there), of(row.fee_here), of(row.fee_there)],
    ...[row.state, row.reason, row.owner, row.payment_id, at(row.occurred_at), at(row.resolved_at)],
  ];
}

function money(amount: number | null, currency: string): Cell {
  return amount === null ? null : { decimal: toMajor({ amount, currency }) };
}

const count = (number: number): Cell => ({ decimal: String(number) });
