import { posix } from 'node:path';
import type { Archive } from './archive.ts';
import { readStrings } from './strings.ts';
import { readStyles } from './styles.ts';
import { attributesOf, readTags, type Tag } from './tags.ts';
import type { Style } from './values.ts';

export interface Workbook {
  /** The sheets that are shown, in their order. */
  readonly sheets: readonly { readonly name: string; readonly part: string }[];
  readonly strings: readonly string[];
  readonly styles: readonly Style[];
  /** Days may be counted from 1904: old programs on Macintosh did. */
  readonly is1904: boolean;
}

/** Where a part's relations lead, by their ids. */
type Relations = ReadonlyMap<string, { readonly type: string; readonly part: string }>;

/** Reads what a workbook's sheets need to be read. A file that is packed the same way and is something else is refused. */
export async function readWorkbook(archive: Archive): Promise<Workbook> {
  const root = findPart(await readRelations(archive, ''), 'officeDocument');
  if (root === null || !root.endsWith('.xml')) throw new Error('the file is no workbook: save it as .xlsx');
  const relations = await readRelations(archive, root);
  const [strings, styles] = [findPart(relations, 'sharedStrings'), findPart(relations, 'styles')];
  return {
    ...(await within(root, () => readSheets(archive, root, relations))),
    strings: strings === null ? [] : await within(strings, () => readStrings(archive, strings)),
    styles: styles === null ? [] : await within(styles, () => readStyles(archive, styles)),
  };
}

async function within<T>(part: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new Error(`${part} of the workbook cannot be read: ${error instanceof Error ? error.message : ''}`);
  }
}

const findPart = (relations: Relations, type: string) => [...relations.values()].find((one) => one.type === type)?.part ?? null;

/** `xl/workbook.xml` has its relations in `xl/_rels/workbook.xml.rels`. */
async function readRelations(archive: Archive, of: string): Promise<Relations> {
  const part = posix.join(posix.dirname(of), '_rels', `${posix.basename(of)}.rels`);
  if (!archive.has(part)) throw new Error('the file is no workbook: save it as .xlsx');
  const found = new Map<string, { type: string; part: string }>();
  const take = (tag: Tag) => {
    if (tag.name !== 'Relationship' || tag.kind === 'close' || attributesOf(tag)('TargetMode') === 'External') return;
    const target = attributesOf(tag)('Target') ?? '';
    const type = attributesOf(tag)('Type')?.split('/').at(-1) ?? '';
    const path = target.startsWith('/') ? target.slice(1) : posix.join(posix.dirname(of), target);
    found.set(attributesOf(tag)('Id') ?? '', { type, part: path });
  };
  await within(part, async () => {
    for await (const tags of readTags(archive.open(part))) for (const tag of tags) take(tag);
  });
  return found;
}

async function readSheets(archive: Archive, part: string, relations: Relations): Promise<Pick<Workbook, 'sheets' | 'is1904'>> {
  const sheets: { name: string; part: string }[] = [];
  let is1904 = false;
  for await (const tags of readTags(archive.open(part))) {
    for (const tag of tags) {
      if (tag.kind === 'close') continue;
      if (tag.name === 'workbookPr') is1904 = /^(1|true|on)$/.test(attributesOf(tag)('date1904') ?? '');
      const sheet = tag.name === 'sheet' && (attributesOf(tag)('state') ?? 'visible') === 'visible' ? tag : null;
      const relation = sheet === null ? undefined : relations.get(attributesOf(sheet)('id') ?? '');
      // A sheet may be a chart, which has no cells.
      if (sheet !== null && relation?.type === 'worksheet') sheets.push({ name: attributesOf(sheet)('name') ?? '', part: relation.part });
    }
  }
  return { sheets, is1904 };
}
