import { decodeReferences } from '../../xml-text.ts';

/** A tag of an XML document, with the text that stands before it. */
export interface Tag {
  /** Without the prefix of its namespace: programs write `row` and `x:row`. */
  readonly name: string;
  readonly kind: 'open' | 'close' | 'empty';
  /** Between the tag before and this one, as it is written. */
  readonly before: string;
  /** As they are written; see {@link attributesOf}. */
  readonly attributes: string;
}

/** A tag or a run of text that is longer than this is none of a spreadsheet's: cells hold 32,767 characters. */
const longestPiece = 2 ** 19;
const deepest = 100;

/**
 * The tags of one XML document, as its text arrives. It knows of XML what spreadsheets are written in, and throws for the rest:
 * DOCTYPE, entities and CDATA, which is all that attacks are made of. A parser that builds a tree would hold a million rows.
 */
export async function* readTags(content: AsyncIterable<Uint8Array>): AsyncIterable<Iterable<Tag>> {
  const decode = createDecoder();
  const tags = createTags();
  for await (const bytes of content) yield tags.take(decode(bytes));
  yield tags.take(decode());
  tags.end();
}

function createDecoder(): (bytes?: Uint8Array) => string {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  return (bytes) => {
    try {
      return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
    } catch {
      throw new Error('it is not UTF-8');
    }
  };
}

function createTags() {
  const open: string[] = [];
  let [rest, before, roots] = ['', '', 0];
  const tagOf = (body: string): Tag => {
    const tag = readTag(body, before);
    before = '';
    if (tag.kind === 'close' && open.pop() !== tag.name) throw new Error(`</${tag.name}> closes what is not open`);
    if (tag.kind !== 'close' && open.length === 0) roots += 1;
    if (tag.kind === 'open' && open.push(tag.name) > deepest) throw new Error(`it is more than ${deepest} deep`);
    return tag;
  };
  return {
    *take(text: string): Iterable<Tag> {
      const held = rest + text;
      let from = 0;
      for (let at = held.indexOf('<'); at >= 0; at = held.indexOf('<', from)) {
        const end = endOf(held, at);
        if (end < 0) break;
        if (at > from) before += held.slice(from, at);
        from = end;
        if (isTag(held, at)) yield tagOf(held.slice(at + 1, end - 1));
      }
      rest = held.slice(from);
      if (rest.length + before.length > longestPiece) throw new Error('it has a piece that no spreadsheet writes');
    },
    end() {
      if (open.length > 0 || rest.trim() !== '' || roots !== 1) throw new Error('it breaks off');
    },
  };
}

const [exclamation, question, quotation, apostrophe, greater] = [33, 63, 34, 39, 62];

const isTag = (text: string, at: number) => text.charCodeAt(at + 1) !== exclamation && text.charCodeAt(at + 1) !== question;

/** Behind the end of what begins with this `<`; -1 while it has not come. */
function endOf(text: string, at: number): number {
  const next = text.charCodeAt(at + 1);
  if (next === exclamation) return endOfComment(text, at);
  if (next === question) return endOfInstruction(text, at);
  let quote = 0;
  for (let place = at + 1; place < text.length; place += 1) {
    const code = text.charCodeAt(place);
    if (quote !== 0) quote = code === quote ? 0 : quote;
    else if (code === quotation || code === apostrophe) quote = code;
    else if (code === greater) return place + 1;
  }
  return -1;
}

function endOfComment(text: string, at: number): number {
  if (text.length < at + 4) return -1;
  if (!text.startsWith('<!--', at)) throw new Error('it has a declaration, such as DOCTYPE or CDATA, which no spreadsheet writes');
  return behind(text.indexOf('-->', at + 4), 3);
}

/** `<?xml …?>` may say that it is written in other bytes than those that were read. */
function endOfInstruction(text: string, at: number): number {
  const end = behind(text.indexOf('?>', at), 2);
  const encoding = end < 0 ? null : /encoding\s*=\s*["']([^"']*)/i.exec(text.slice(at, end));
  if (encoding !== null && !/^(utf-?8|us-ascii)$/i.test(encoding[1] ?? '')) throw new Error('it is not UTF-8');
  return end;
}

const behind = (place: number, length: number) => (place < 0 ? -1 : place + length);

const [slash, namePattern] = [47, /^(?:[\w.-]+:)?([\w.-]+)$/];

function readTag(body: string, before: string): Tag {
  const isClose = body.charCodeAt(0) === slash;
  const isEmpty = body.charCodeAt(body.length - 1) === slash;
  const inner = body.slice(isClose ? 1 : 0, isEmpty ? -1 : undefined);
  const space = inner.search(/\s/);
  const name = namePattern.exec(space < 0 ? inner : inner.slice(0, space))?.[1];
  if (name === undefined || (isClose && isEmpty)) throw new Error(`<${body.slice(0, 40)}> is no tag`);
  return { name, kind: isClose ? 'close' : isEmpty ? 'empty' : 'open', before, attributes: space < 0 ? '' : inner.slice(space) };
}

/** The values of a tag's attributes by their names without prefix; null for what it has not. */
export type Attributes = (name: string) => string | null;

const attributePattern = /\s+(?:[\w.-]+:)?([\w.-]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y;

export function attributesOf({ attributes: text }: Tag): Attributes {
  const found: string[] = [];
  let at = 0;
  attributePattern.lastIndex = 0;
  for (let parts = attributePattern.exec(text); parts !== null; parts = attributePattern.exec(text)) {
    found.push(parts[1] ?? '', parts[2] ?? parts[3] ?? '');
    at = attributePattern.lastIndex;
  }
  if (text.slice(at).trim() !== '') throw new Error(`its attributes${text.slice(0, 40)} cannot be read`);
  return (name) => {
    const place = found.findIndex((one, index) => index % 2 === 0 && one === name);
    return place < 0 ? null : plain(found[place + 1] ?? '');
  };
}

/** Text with its references resolved. */
export function plain(text: string): string {
  const decoded = text.includes('&') ? decodeReferences(text) : text;
  if (decoded === null) throw new Error('it has an entity that is not one of the five');
  return decoded;
}
