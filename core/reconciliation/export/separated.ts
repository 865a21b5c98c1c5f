import { type Cell, type Cells, decimalText, type Sheet, withoutFormula } from './cell.ts';

/** How many characters are gathered before they are handed on. */
const chunkLength = 65_536;

/** CSV as RFC 4180 has it, with the mark by which Excel knows UTF-8. */
export function writeCsv(sheet: Sheet): AsyncIterable<Buffer> {
  return write(sheet, { start: '\ufeff', separator: ',', writeText: quote });
}

/** Text with tabs between the cells. A cell holds no tab and no line break: they become spaces. */
export function writeTxt(sheet: Sheet): AsyncIterable<Buffer> {
  return write(sheet, { start: '', separator: '\t', writeText: (text) => withoutFormula(text.replace(/[\t\r\n]+/g, ' ')) });
}

interface Form {
  readonly start: string;
  readonly separator: string;
  readonly writeText: (text: string) => string;
}

async function* write({ columns, rows }: Sheet, { start, separator, writeText }: Form): AsyncIterable<Buffer> {
  const line = (cells: Cells) => `${cells.map((cell) => writeCell(cell, writeText)).join(separator)}\r\n`;
  let held = start + line(columns);
  for await (const cells of rows) {
    if (cells.length !== columns.length) throw new Error(`a row of ${cells.length} cells in a table of ${columns.length} columns`);
    held += line(cells);
    if (held.length < chunkLength) continue;
    yield Buffer.from(held, 'utf8');
    held = '';
  }
  yield Buffer.from(held, 'utf8');
}

function writeCell(cell: Cell, writeText: Form['writeText']): string {
  if (cell === null) return '';
  return typeof cell === 'string' ? writeText(cell) : decimalText(cell);
}

function quote(text: string): string {
  const safe = withoutFormula(text);
  return /[",\r\n]/.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe;
}
