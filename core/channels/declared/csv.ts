/** One row, its cells without quotes and the marks that vendors put before them, and the text it was made of. */
export interface Row {
  readonly cells: readonly string[];
  readonly raw: string;
  /** Counted from 1. */
  readonly line: number;
}

/**
 * Rows of a vendor's statement. A cell does not go over lines: no vendor's does, and one quote that is left open
 * would otherwise swallow the rest of a day.
 */
export function readCsv(text: string, separator: string): readonly Row[] {
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((raw, at) => ({ raw, cells: splitRow(raw, separator).map(clean), line: at + 1 }))
    .filter(({ raw }) => raw.trim() !== '');
}

function splitRow(row: string, separator: string): readonly string[] {
  const cells: string[] = [];
  let cell = '';
  let isQuoted = false;
  for (const letter of row) {
    if (letter === '"') isQuoted = !isQuoted;
    if (letter === separator && !isQuoted) {
      cells.push(cell);
      cell = '';
    } else cell += letter;
  }
  return [...cells, cell];
}

/** A back-tick before or a tab behind a cell keeps spreadsheets from making a number of it. */
const clean = (cell: string) =>
  cell
    .trim()
    .replace(/^"(.*)"$/s, '$1')
    .replaceAll('""', '"')
    .replace(/^`/, '')
    .trim();
