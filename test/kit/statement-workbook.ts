import { parse } from 'csv-parse/sync';
import type { WriteStatement } from './statement-writers.ts';
import { makeWorkbook, sheetOf } from './workbook.ts';

/** One style for days, beside the usual one. */
const styles = '<cellXfs><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs>';

/**
 * The same statement as somebody has it who opened it in a spreadsheet and saved it: amounts have become binary floats, written with
 * seventeen digits as some programs do, and times days that are counted from 1900.
 */
export function asWorkbook(write: WriteStatement, charset: 'utf-8' | 'gb18030', quote: '"' | false): WriteStatement {
  return (facts, day) => {
    const { name, content } = write(facts, day);
    const rows = parse(new TextDecoder(charset).decode(content), { quote, relax_column_count: true }) as readonly (readonly string[])[];
    const cells = rows.map(
      (row, index) => `<row r="${index + 1}">${row.map((cell) => writeCell(cell.replace(/^`/, '').trim())).join('')}</row>`,
    );
    return { name: name.replace(/csv$/, 'xlsx'), content: makeWorkbook({ sheets: [sheetOf(...cells)], styles }) };
  };
}

function writeCell(text: string): string {
  if (/^-?\d+\.\d+$/.test(text)) return `<c><v>${Number(text).toPrecision(17)}</v></c>`;
  if (/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text)) return `<c s="1"><v>${Date.parse(`${text}Z`) / 86_400_000 + 25_569}</v></c>`;
  return text === '' ? '<c/>' : `<c t="inlineStr"><is><t>${text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</t></is></c>`;
}
