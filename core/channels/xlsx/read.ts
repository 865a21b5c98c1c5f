import type { CsvRow } from '../../contract/statement.ts';
import { type Archive, openArchive } from './archive.ts';
import { mostRows, readRows, type SheetRow } from './rows.ts';
import { readWorkbook, type Workbook } from './workbook.ts';

type ReadText = (content: AsyncIterable<Uint8Array>) => AsyncIterable<CsvRow>;

/** The rows of a ZIP file: a workbook, or the one text in it. */
export async function readZip(content: AsyncIterable<Uint8Array>, readText: ReadText): Promise<AsyncIterable<CsvRow>> {
  const archive = await openArchive(content);
  if (isOffice(archive)) return readXlsx(archive);
  const [name, ...others] = archive.names;
  if (name === undefined || others.length > 0)
    throw new Error(`the ZIP file holds ${archive.names.length} files: give the one that is meant`);
  return readText(archive.open(name));
}

/** Documents of either family of office programs, whether or not they are workbooks that can be read. */
const isOffice = ({ has }: Archive) => has('[Content_Types].xml') || has('mimetype');

/**
 * The rows of a workbook (ECMA-376, `.xlsx`), as those of a separated text: numbers as decimals, days and times as people write them.
 * Sheets that are hidden are not read. A further sheet goes on with the table if it begins with the same row; any other that has cells
 * is a reason to refuse the file, because nobody said which one counts.
 */
async function* readXlsx(archive: Archive): AsyncIterable<CsvRow> {
  const workbook = await readWorkbook(archive);
  const table = createTable();
  for (const sheet of workbook.sheets) {
    table.begin(sheet.name);
    for await (const rows of readSheet(archive, workbook, sheet)) yield* table.take(rows);
  }
  if (table.isEmpty()) throw new Error('the workbook has no rows');
}

/** The one table that the sheets make together. */
function createTable() {
  let title: string | null = null;
  let [sheet, isFirst, width, count] = ['', true, 0, 0];
  /** Not so the titles that a further sheet begins with again. */
  const isNew = ({ cells }: SheetRow): boolean => {
    if (!isFirst) return true;
    isFirst = false;
    const text = cells.join('\t');
    if (title !== null && text !== title) throw new Error(`the sheet ${sheet} has another table: keep one sheet`);
    const isRepeated = title !== null;
    title = text;
    return !isRepeated;
  };
  /** Cells behind the last one that has something are not written, and readers tell rows of a table by how many they have. */
  const rowOf = ({ cells, line }: SheetRow): CsvRow => {
    width = Math.max(width, cells.length);
    count += 1;
    if (count > mostRows) throw new Error(`the workbook has more than ${mostRows} rows`);
    return { cells: widen(cells, width), raw: cells.join('\t'), line };
  };
  return {
    begin(name: string): void {
      [sheet, isFirst] = [name, true];
    },
    *take(rows: readonly SheetRow[]): Iterable<CsvRow> {
      for (const row of rows) if (isNew(row)) yield rowOf(row);
    },
    isEmpty: () => title === null,
  };
}

const widen = (cells: readonly string[], width: number) =>
  cells.length === width ? cells : [...cells, ...Array.from({ length: width - cells.length }, () => '')];

async function* readSheet(
  archive: Archive,
  workbook: Workbook,
  { name, part }: Workbook['sheets'][number],
): AsyncIterable<readonly SheetRow[]> {
  try {
    yield* readRows(archive, part, workbook);
  } catch (error) {
    throw new Error(`the sheet ${name} cannot be read: ${error instanceof Error ? error.message : ''}`);
  }
}
