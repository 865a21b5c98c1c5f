import type { Archive } from './archive.ts';
import { createText, decodeEscapes } from './strings.ts';
import { attributesOf, plain, readTags, type Tag } from './tags.ts';
import { decimalOf, timeOf } from './values.ts';
import type { Workbook } from './workbook.ts';

/** What a sheet's rows are read with. */
export type SheetRules = Pick<Workbook, 'strings' | 'styles' | 'is1904'>;

export interface SheetRow {
  readonly cells: readonly string[];
  /** The row's number in the sheet. */
  readonly line: number;
}

const mostColumns = 1000;
export const mostRows = 2_000_000;
/** All cells of a row together. */
const longestRow = 2 ** 20;

/** Rows with at least one cell that is not empty, some at a time. Throws with the cell where something cannot be read. */
export async function* readRows(archive: Archive, part: string, rules: SheetRules): AsyncIterable<readonly SheetRow[]> {
  const sheet = createSheet(rules);
  for await (const tags of readTags(archive.open(part))) {
    const rows: SheetRow[] = [];
    for (const tag of tags) {
      const row = sheet.see(tag);
      if (row !== null) rows.push(row);
    }
    yield rows;
  }
  if (!sheet.isWhole()) throw new Error('it has no rows: it is another part of a workbook');
}

/** A cell that is being read. */
interface Cell {
  readonly column: number;
  readonly type: string;
  readonly style: string;
  value: string | null;
  isFormula: boolean;
}

/** The row that is being read. */
interface Row {
  readonly line: number;
  readonly cells: string[];
  next: number;
  length: number;
}

function createSheet(rules: SheetRules) {
  const text = createText();
  let [line, isData, wasData] = [0, false, false];
  let row: Row | null = null;
  let cell: Cell | null = null;
  const seeTable = (tag: Tag) => {
    if (wasData && tag.kind !== 'close') throw new Error('it has two tables');
    [isData, wasData] = [tag.kind === 'open', true];
  };
  const seeRow = (tag: Tag): SheetRow | null => {
    const done = tag.kind === 'close' ? row : null;
    if (tag.kind !== 'close' && row !== null) throw new Error(`row ${line} holds another row`);
    if (tag.kind !== 'close') line = lineOf(tag, line);
    row = tag.kind === 'open' ? { line, cells: [], next: 0, length: 0 } : null;
    return done !== null && done.cells.length > 0 ? { cells: done.cells, line } : null;
  };
  const seeCell = (tag: Tag) => {
    if (row === null || (tag.kind !== 'close' && cell !== null)) throw new Error(`a cell stands where none can, near row ${line}`);
    if (tag.kind === 'close' && cell !== null) putCell(row, cell.column, readCell(cell, text.take(), rules, line));
    else cell = openCell(tag, row);
    if (tag.kind !== 'open') cell = null;
  };
  return {
    see(tag: Tag): SheetRow | null {
      if (tag.name === 'sheetData') seeTable(tag);
      if (!isData) return null;
      if (tag.name === 'row') return seeRow(tag);
      if (tag.name === 'c') seeCell(tag);
      else if (cell !== null) seeWithin(cell, text, tag);
      return null;
    },
    isWhole: () => wasData,
  };
}

/** What a cell holds: a value, a formula, or runs of text. */
function seeWithin(cell: Cell, text: Pick<ReturnType<typeof createText>, 'see'>, tag: Tag): void {
  text.see(tag);
  if (tag.name === 'f') cell.isFormula = true;
  if (tag.name === 'v' && tag.kind === 'close') cell.value = decodeEscapes(plain(tag.before));
}

/** Empty cells are there only between others. */
function putCell(row: Row, column: number, value: string): void {
  if (value === '') return;
  while (row.cells.length < column) row.cells.push('');
  row.cells.push(value);
  row.length += value.length;
  if (row.length > longestRow) throw new Error(`row ${row.line} has more than ${longestRow} characters`);
}

/** Rows say their number, or follow the one before. One that goes back would stand where another stands. */
function lineOf(tag: Tag, before: number): number {
  const written = attributesOf(tag)('r');
  const line = written === null ? before + 1 : /^\d{1,9}$/.test(written) ? Number(written) : 0;
  if (line <= before) throw new Error(`row ${written} stands behind row ${before}`);
  if (line > mostRows) throw new Error(`it has more than ${mostRows} rows`);
  return line;
}

/** Columns likewise: `AB7`. */
function openCell(tag: Tag, row: Row): Cell {
  const { line, next } = row;
  const of = attributesOf(tag);
  const written = of('r');
  const place = written === null ? null : /^([A-Z]{1,3})(\d{1,9})$/.exec(written);
  if (written !== null && Number(place?.[2]) !== line) throw new Error(`row ${line} has the cell ${written.slice(0, 20)}`);
  const column = place === null ? next : columnOf(place[1] ?? '');
  if (column < next) throw new Error(`row ${line} has the cell ${written} twice, or behind a later one`);
  if (column >= mostColumns) throw new Error(`row ${line} has more than ${mostColumns} columns`);
  row.next = column + 1;
  return { column, type: of('t') ?? 'n', style: of('s') ?? '0', value: null, isFormula: false };
}

const columnOf = (letters: string) => [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
const nameOf = (column: number): string =>
  (column < 26 ? '' : nameOf(Math.floor(column / 26) - 1)) + String.fromCharCode(65 + (column % 26));

function readCell(cell: Cell, inline: string, rules: SheetRules, line: number): string {
  try {
    return readValue(cell, inline, rules);
  } catch (error) {
    throw new Error(`cell ${nameOf(cell.column)}${line} ${error instanceof Error ? error.message : ''}`);
  }
}

function readValue({ type, style, value, isFormula }: Cell, inline: string, { strings, styles, is1904 }: SheetRules): string {
  // What stands beside a formula is what some program once made of it. Nobody can say from the file whether it is what will be shown.
  if (isFormula) throw new Error('is a formula: save the sheet with values only');
  if (type === 'inlineStr') return inline;
  if (value === null || value.trim() === '') return '';
  if (type === 's')
    return (/^\d{1,7}$/.test(value) ? strings[Number(value)] : undefined) ?? raise('names a text that the workbook has not');
  if (type === 'str') return value;
  if (type === 'b') return value === '1' ? 'TRUE' : 'FALSE';
  if (type === 'd') return value.replace('T', ' ').replace(/(\.\d+)?Z?$/, '');
  if (type !== 'n') return raise('is an error');
  const shown = styles[Number(style)] ?? 'number';
  return shown === 'number' ? decimalOf(value) : timeOf(value, shown, is1904);
}

function raise(what: string): never {
  throw new Error(what);
}
