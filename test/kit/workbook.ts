import { strToU8, type Zippable, zipSync } from 'fflate';

const relation = (id: string, type: string, target: string) => `<Relationship Id="${id}" Type="http://x/${type}" Target="${target}"/>`;

export const sheetOf = (...rows: readonly string[]) => `<worksheet><sheetData>${rows.join('')}</sheetData></worksheet>`;

/** A row of texts. */
export const rowOf = (line: number, ...texts: readonly string[]) =>
  `<row r="${line}">${texts.map((text) => `<c t="inlineStr"><is><t>${text}</t></is></c>`).join('')}</row>`;

export interface WorkbookParts {
  /** The XML of the sheets, in their order. */
  readonly sheets: readonly string[];
  /** Attributes of the sheets' entries, such as `state="hidden"`. */
  readonly states?: readonly string[];
  readonly strings?: string;
  readonly styles?: string;
  readonly workbookPr?: string;
  /** Instead of parts, or beside them. */
  readonly more?: Readonly<Record<string, string>>;
}

/** A workbook as other programs pack it, by another library than ours. */
export function makeWorkbook({ sheets, states = [], strings = '', styles = '', workbookPr = '', more = {} }: WorkbookParts): Buffer {
  const entries = sheets.map(
    (_, index) => `<sheet name="S${index + 1}" sheetId="${index + 1}" r:id="rId${index + 1}" ${states[index] ?? ''}/>`,
  );
  const relations = sheets.map((_, index) => relation(`rId${index + 1}`, 'worksheet', `worksheets/sheet${index + 1}.xml`));
  const shared = [relation('rIdA', 'sharedStrings', 'sharedStrings.xml'), relation('rIdB', 'styles', '/xl/styles.xml')];
  const texts: Record<string, string> = {
    '[Content_Types].xml': '<Types/>',
    '_rels/.rels': `<Relationships>${relation('rId1', 'officeDocument', 'xl/workbook.xml')}</Relationships>`,
    'xl/workbook.xml': `<?xml version="1.0" encoding="UTF-8"?>\n<workbook>${workbookPr}<sheets>${entries.join('')}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `<Relationships>${[...relations, ...shared].join('')}</Relationships>`,
    'xl/sharedStrings.xml': `<sst>${strings}</sst>`,
    'xl/styles.xml': `<styleSheet>${styles}</styleSheet>`,
    ...Object.fromEntries(sheets.map((sheet, index) => [`xl/worksheets/sheet${index + 1}.xml`, sheet])),
    ...more,
  };
  const zippable: Zippable = Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, strToU8(text)]));
  return Buffer.from(zipSync(zippable));
}

/** Content that arrives in pieces, as a network gives it. */
export async function* inPieces(bytes: Uint8Array, size = 1000): AsyncIterable<Uint8Array> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}
