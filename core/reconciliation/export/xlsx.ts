import { type Cell, type Cells, decimalText, type Sheet } from './cell.ts';
import { writeZip, type ZipEntry } from './zip.ts';

/** More rows than this no spreadsheet opens: the next sheet goes on, with the columns above it again. */
const mostRows = 1_048_576;
/** A cell holds no more characters. */
const longestText = 32_767;
const chunkLength = 65_536;

const xml = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const packages = 'http://schemas.openxmlformats.org/package/2006';

/**
 * A workbook as ECMA-376 has it, written while its rows are read: it takes no more memory for a million of them. Text is
 * marked as text, so that nothing in it is ever a formula. By hand, because the libraries hold the whole workbook.
 */
export function writeXlsx(sheet: Sheet, rowsPerSheet = mostRows): AsyncIterable<Buffer> {
  return writeZip(parts(sheet, rowsPerSheet));
}

async function* parts(sheet: Sheet, rowsPerSheet: number): AsyncGenerator<ZipEntry> {
  const rows = sheet.rows[Symbol.asyncIterator]();
  const reading = { next: await rows.next() };
  let count = 0;
  do {
    count += 1;
    yield { name: `xl/worksheets/sheet${count}.xml`, content: sheetContent(sheet.columns, rows, reading, rowsPerSheet) };
  } while (reading.next.done !== true);
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  yield text('xl/workbook.xml', workbook(sheet.name, numbers));
  yield text('xl/_rels/workbook.xml.rels', relationships(numbers.map((n) => [`rId${n}`, 'worksheet', `worksheets/sheet${n}.xml`])));
  yield text('_rels/.rels', relationships([['rId1', 'officeDocument', 'xl/workbook.xml']]));
  yield text('[Content_Types].xml', contentTypes(numbers));
}

interface Reading {
  next: IteratorResult<Cells>;
}

async function* sheetContent(
  columns: readonly string[],
  rows: AsyncIterator<Cells>,
  reading: Reading,
  rowsPerSheet: number,
): AsyncGenerator<Buffer> {
  let held = `${xml}<worksheet xmlns="${main}"><sheetData>${writeRow(columns, 1)}`;
  let line = 1;
  while (reading.next.done !== true && line < rowsPerSheet) {
    const cells = reading.next.value;
    if (cells.length !== columns.length) throw new Error(`a row of ${cells.length} cells in a table of ${columns.length} columns`);
    line += 1;
    held += writeRow(cells, line);
    if (held.length >= chunkLength) {
      yield Buffer.from(held, 'utf8');
      held = '';
    }
    reading.next = await rows.next();
  }
  yield Buffer.from(`${held}</sheetData></worksheet>`, 'utf8');
}

function writeRow(cells: Cells, line: number): string {
  return `<row r="${line}">${cells.map((cell, index) => writeCell(cell, `${columnName(index)}${line}`)).join('')}</row>`;
}

/** A, B … Z, AA: places may be left out by the standard, but not every reader knows that. */
function columnName(index: number): string {
  const letter = String.fromCharCode(65 + (index % 26));
  return index < 26 ? letter : columnName(Math.floor(index / 26) - 1) + letter;
}

function writeCell(cell: Cell, place: string): string {
  if (cell === null) return '';
  if (typeof cell !== 'string') return `<c r="${place}"><v>${decimalText(cell)}</v></c>`;
  return `<c r="${place}" t="inlineStr"><is><t xml:space="preserve">${escapeText(cell.slice(0, longestText))}</t></is></c>`;
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
/** Characters that XML cannot carry in any form, halves of pairs among them. */
const impossible = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
const special = /[&<>"]|[^\t\n\r\u0020-\ud7ff\ue000-\ufffd]/;

function escapeText(value: string): string {
  if (!special.test(value)) return value;
  return value.replace(impossible, '\ufffd').replace(/[&<>"]/g, (character) => entities[character] ?? '');
}

function text(name: string, content: string): ZipEntry {
  return { name, content: one(Buffer.from(xml + content, 'utf8')) };
}

async function* one(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

/** A sheet's name has 31 characters at most, and none of these. */
function workbook(name: string, numbers: readonly number[]): string {
  const plain = escapeText(name.replace(/[[\]:*?/\\]/g, ' ').slice(0, 24));
  const sheets = numbers.map((n) => `<sheet name="${plain}${n === 1 ? '' : ` ${n}`}" sheetId="${n}" r:id="rId${n}"/>`);
  return `<workbook xmlns="${main}" xmlns:r="${office}"><sheets>${sheets.join('')}</sheets></workbook>`;
}

function relationships(all: readonly (readonly [id: string, type: string, target: string])[]): string {
  const each = all.map(([id, type, target]) => `<Relationship Id="${id}" Type="${office}/${type}" Target="${target}"/>`);
  return `<Relationships xmlns="${packages}/relationships">${each.join('')}</Relationships>`;
}

function contentTypes(numbers: readonly number[]): string {
  const type = (name: string) => `application/vnd.openxmlformats-officedocument.spreadsheetml.${name}+xml`;
  const sheets = numbers.map((n) => `<Override PartName="/xl/worksheets/sheet${n}.xml" ContentType="${type('worksheet')}"/>`);
  return [
    `<Types xmlns="${packages}/content-types">`,
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>',
    '<Default Extension="xml" ContentType="application/xml"/>',
    `<Override PartName="/xl/workbook.xml" ContentType="${type('sheet.main')}"/>`,
    ...sheets,
    '</Types>',
  ].join('');
}
