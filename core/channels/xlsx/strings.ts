import type { Archive } from './archive.ts';
import { plain, readTags, type Tag } from './tags.ts';

/** Texts stand in one list and cells name their place. All of it has to be held: about a hundred megabytes at the most. */
const [mostStrings, mostCharacters] = [1_000_000, 2 ** 25];
/** A cell holds no more. */
const longestText = 32_767;

/** Gathers the text of a cell from its runs; what tells how to pronounce it is left out. */
export function createText() {
  let [text, spoken] = ['', 0];
  return {
    see(tag: Tag): void {
      if (tag.name === 'rPh' && tag.kind !== 'empty') spoken += tag.kind === 'open' ? 1 : -1;
      if (tag.name === 't' && tag.kind === 'close' && spoken === 0) text += decodeEscapes(plain(tag.before));
      if (text.length > longestText) throw new Error(`it has a text of more than ${longestText} characters`);
    },
    take(): string {
      const taken = text;
      text = '';
      return taken;
    },
  };
}

/** Characters that XML cannot carry are written as `_x000D_`. */
export const decodeEscapes = (text: string) =>
  text.includes('_x') ? text.replace(/_x([0-9a-fA-F]{4})_/g, (_whole, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))) : text;

export async function readStrings(archive: Archive, part: string): Promise<readonly string[]> {
  const strings: string[] = [];
  const text = createText();
  let characters = 0;
  for await (const tags of readTags(archive.open(part))) {
    for (const tag of tags) {
      text.see(tag);
      if (tag.name !== 'si' || tag.kind === 'open') continue;
      // A copy: a piece of a text keeps all of it.
      const one = Buffer.from(text.take(), 'utf16le').toString('utf16le');
      characters += one.length;
      if (strings.push(one) > mostStrings || characters > mostCharacters) throw new Error('it has more texts than can be held');
    }
  }
  return strings;
}
