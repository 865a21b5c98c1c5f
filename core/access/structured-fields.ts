/**
 * Structured field values (RFC 8941), as far as signatures use them: dictionaries of inner lists
 * and byte sequences. Stricter than the RFC in three places where leniency would let two readers
 * of one header disagree: repeated keys, decimals and inexact base64 are refused.
 */

/** A bare item, with its kind kept: the token `a` and the text `"a"` are different things. */
export type BareItem =
  | { readonly kind: 'integer'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'token'; readonly value: string }
  | { readonly kind: 'bytes'; readonly value: Buffer }
  | { readonly kind: 'boolean'; readonly value: boolean };

/** Parameters in the order in which they came. */
export type Parameters = ReadonlyMap<string, BareItem>;

export interface Item {
  readonly item: BareItem;
  readonly parameters: Parameters;
}

export interface InnerList {
  readonly items: readonly Item[];
  readonly parameters: Parameters;
}

export type Member = Item | InnerList;

/** The members of a dictionary in their order; null when the text is not exactly one. Never throws. */
export function parseDictionary(text: string): ReadonlyMap<string, Member> | null {
  const cursor: Cursor = { text: text.replace(/^ +| +$/g, ''), at: 0 };
  const members = new Map<string, Member>();
  while (cursor.at < cursor.text.length) {
    if (members.size > 0 && take(cursor, /[ \t]*,[ \t]*/y) === null) return null;
    const key = take(cursor, keyPattern);
    if (key === null || members.has(key)) return null;
    const member = readMember(cursor);
    if (member === null) return null;
    members.set(key, member);
  }
  return members;
}

/** The canonical form of an inner list: what a signature covers, whatever spaces came with the header. */
export function serializeInnerList(list: InnerList): string {
  const items = list.items.map(({ item, parameters }) => serializeItem(item) + serializeParameters(parameters));
  return `(${items.join(' ')})${serializeParameters(list.parameters)}`;
}

interface Cursor {
  readonly text: string;
  at: number;
}

const keyPattern = /[a-z*][a-z0-9_.*-]*/y;

function take(cursor: Cursor, pattern: RegExp): string | null {
  pattern.lastIndex = cursor.at;
  const found = pattern.exec(cursor.text)?.[0] ?? null;
  if (found !== null) cursor.at += found.length;
  return found;
}

function readMember(cursor: Cursor): Member | null {
  if (take(cursor, /=/y) !== null) return cursor.text[cursor.at] === '(' ? readInnerList(cursor) : readItem(cursor);
  const parameters = readParameters(cursor);
  return parameters && { item: { kind: 'boolean', value: true }, parameters };
}

function readInnerList(cursor: Cursor): InnerList | null {
  const items: Item[] = [];
  take(cursor, /\( */y);
  while (take(cursor, /\)/y) === null) {
    const item = readItem(cursor);
    if (item === null) return null;
    items.push(item);
    if (take(cursor, / +/y) === null && cursor.text[cursor.at] !== ')') return null;
  }
  const parameters = readParameters(cursor);
  return parameters && { items, parameters };
}

function readItem(cursor: Cursor): Item | null {
  const item = readBareItem(cursor);
  const parameters = item && readParameters(cursor);
  return item && parameters && { item, parameters };
}

function readParameters(cursor: Cursor): Parameters | null {
  const parameters = new Map<string, BareItem>();
  while (take(cursor, /; */y) !== null) {
    const key = take(cursor, keyPattern);
    if (key === null || parameters.has(key)) return null;
    const value: BareItem | null = take(cursor, /=/y) === null ? { kind: 'boolean', value: true } : readBareItem(cursor);
    if (value === null) return null;
    parameters.set(key, value);
  }
  return parameters;
}

function readBareItem(cursor: Cursor): BareItem | null {
  const text = take(cursor, /"(?:[ !#-[\]-~]|\\["\\])*"/y);
  if (text !== null) return { kind: 'text', value: text.slice(1, -1).replace(/\\(["\\])/g, '$1') };
  const bytes = take(cursor, /:[A-Za-z0-9+/]*={0,2}:/y);
  if (bytes !== null) return readBytes(bytes.slice(1, -1));
  const integer = take(cursor, /-?[0-9]{1,15}(?![0-9.])/y);
  if (integer !== null) return { kind: 'integer', value: Number(integer) };
  const boolean = take(cursor, /\?[01]/y);
  if (boolean !== null) return { kind: 'boolean', value: boolean === '?1' };
  const token = take(cursor, /[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*/y);
  return token === null ? null : { kind: 'token', value: token };
}

function readBytes(text: string): BareItem | null {
  const value = Buffer.from(text, 'base64');
  return value.toString('base64') === text ? { kind: 'bytes', value } : null;
}

function serializeParameters(parameters: Parameters): string {
  return [...parameters].map(([key, item]) => `;${key}${isTrue(item) ? '' : `=${serializeItem(item)}`}`).join('');
}

function isTrue(item: BareItem): boolean {
  return item.kind === 'boolean' && item.value;
}

function serializeItem(item: BareItem): string {
  switch (item.kind) {
    case 'text':
      return `"${item.value.replace(/["\\]/g, '\\$&')}"`;
    case 'bytes':
      return `:${item.value.toString('base64')}:`;
    case 'boolean':
      return item.value ? '?1' : '?0';
    default:
      return String(item.value);
  }
}
