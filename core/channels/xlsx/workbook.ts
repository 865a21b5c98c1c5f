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

/** Far more than a workbook has, and few enough to hold. */
const [mostRelations, mostSheets] = [10_000, 1000];

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
    if (found.size > mostRelations) throw new Error(`it has more than ${mostRelations} relations`);
  };
  await within(part, async () => {
    for await (const tags of readTags(archive.open(part))) for (const tag of tags) take(tag);
  });
  return found;
}

async function readSheets(archive: Archive, part: string, relations: Relations): Promise<Pick<Workbook, 'sheets' | 'is1904'>> {
  const sheets = new Map<string, { name: string; part: string }>();
  let is1904 = false;
  const take = (tag: Tag) => {
    const of = attributesOf(tag);
    const [name, state, relation] = [of('name') ?? '', of('state') ?? 'visible', relations.get(of('id') ?? '')];
    if (relation === undefined) throw new Error(`the sheet ${name} is nowhere`);
    // The rows of one that stands there twice would count twice.
    if (sheets.has(relation.part)) throw new Error(`the sheet ${name} is another one too`);
    // A sheet may be a chart, which has no cells.
    if (state === 'visible' && relation.type === 'worksheet') sheets.set(relation.part, { name, part: relation.part });
    if (sheets.size > mostSheets) throw new Error(`it has more than ${mostSheets} sheets`);
  };
  for await (const tags of readTags(archive.open(part))) {
    for (const tag of tags) {
      if (tag.name === 'workbookPr' && tag.kind !== 'close') is1904 = /^(1|true|on)$/.test(attributesOf(tag)('date1904') ?? '');
      if (tag.name === 'sheet' && tag.kind !== 'close') take(tag);
    }
  }
  return { sheets: [...sheets.values()], is1904 };
}
