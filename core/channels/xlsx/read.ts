import type { CsvRow } from '../../contract/statement.ts';
import { type Archive, openArchive } from './archive.ts';
import { readRows, type SheetRow } from './rows.ts';
import { readWorkbook, type Workbook } from './workbook.ts';

/**
 * The rows of a workbook (ECMA-376, `.xlsx`), as those of a separated text: numbers as decimals, days and times as people write them.
 * Sheets that are hidden are not read. A further sheet goes on with the table if it begins with the same row; any other that has cells
 * is a reason to refuse the file, because nobody said which one counts.
 */
export async function* readXlsx(content: AsyncIterable<Uint8Array>): AsyncIterable<CsvRow> {
  const archive = await openArchive(content);
  const workbook = await readWorkbook(archive);
  let title: string | null = null;
  let width = 0;
  for (const sheet of workbook.sheets) {
    let isFirst = true;
    for await (const { cells, line } of readSheet(archive, workbook, sheet)) {
      const text = cells.join('\t');
      const isRepeated = isFirst && text === title;
      if (isFirst && title !== null && !isRepeated) throw new Error(`the sheet ${sheet.name} has another table: keep one sheet`);
      title ??= text;
      isFirst = false;
      width = Math.max(width, cells.length);
      // Cells behind the last one that has something are not written. Readers tell rows of a table by how many cells they have.
      if (!isRepeated) yield { cells: widen(cells, width), raw: text, line };
    }
  }
  if (title === null) throw new Error('the workbook has no rows');
}

const widen = (cells: readonly string[], width: number) =>
  cells.length === width ? cells : [...cells, ...Array.from({ length: width - cells.length }, () => '')];

async function* readSheet(archive: Archive, workbook: Workbook, { name, part }: Workbook['sheets'][number]): AsyncIterable<SheetRow> {
  try {
    yield* readRows(archive, part, workbook);
  } catch (error) {
    throw new Error(`the sheet ${name} cannot be read: ${error instanceof Error ? error.message : ''}`);
  }
}
