import type { Archive } from './archive.ts';
import { attributesOf, readTags } from './tags.ts';
import type { Style } from './values.ts';

/** More than any spreadsheet program takes. */
const mostStyles = 65_536;

/** How cells with each number of style show what is in them: only what is a day or a time has to be known. */
export async function readStyles(archive: Archive, part: string): Promise<readonly Style[]> {
  const formats = new Map<string, Style>();
  const styles: Style[] = [];
  let isCells = false;
  for await (const tags of readTags(archive.open(part))) {
    for (const tag of tags) {
      if (tag.name === 'cellXfs') isCells = tag.kind === 'open';
      if (tag.kind === 'close') continue;
      if (tag.name === 'numFmt') formats.set(attributesOf(tag)('numFmtId') ?? '', styleOfCode(attributesOf(tag)('formatCode') ?? ''));
      if (tag.name === 'xf' && isCells) styles.push(styleOf(attributesOf(tag)('numFmtId') ?? '0', formats));
      if (styles.length > mostStyles || formats.size > mostStyles) throw new Error(`it has more than ${mostStyles} styles`);
    }
  }
  return styles;
}

function styleOf(id: string, formats: ReadonlyMap<string, Style>): Style {
  return formats.get(id) ?? (/^\d{1,3}$/.test(id) ? styleOfId(Number(id)) : 'number');
}

/** The formats that every program knows (ECMA-376, 18.8.30), with those of Chinese, Japanese and Korean ones. */
function styleOfId(id: number): Style {
  if (id === 22) return 'date_time';
  if ((id >= 18 && id <= 21) || (id >= 45 && id <= 47) || (id >= 32 && id <= 35) || id === 55 || id === 56) return 'time';
  return (id >= 14 && id <= 17) || (id >= 27 && id <= 36) || (id >= 50 && id <= 58) ? 'date' : 'number';
}

/** Of a format such as `yyyy"年"m"月"d"日" h:mm`. What stands in quotes, brackets or behind a stroke is shown as it is. */
function styleOfCode(code: string): Style {
  const [first = ''] = code.replace(/"[^"]*"|\\.|_.|\*.|\[[^\]]*\]/g, '').split(';');
  const letters = first
    .toLowerCase()
    .replace(/s\.0+/g, 's')
    .replace(/general|am\/pm|a\/p/g, '');
  // A currency that stands in no quotes has letters too; a number has places for digits.
  if (/[0#?]/.test(letters)) return 'number';
  const [hasTime, hasDay] = [/[hs]/.test(letters), /[yd]/.test(letters)];
  if (hasTime) return hasDay ? 'date_time' : 'time';
  return hasDay || letters.includes('m') ? 'date' : 'number';
}
