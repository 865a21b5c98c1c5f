/** An element. `text` is its own text with entities resolved, without that of its children. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

type Open = { name: string; attributes: Record<string, string>; children: Open[]; text: string };

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
const token =
  /<!\[CDATA\[([\s\S]*?)\]\]>|<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<\/([\w:.-]+)\s*>|<([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)/y;

const resolve = (text: string) =>
  text.replace(/&(?:#x([\da-f]{1,6})|#(\d{1,7})|(\w+));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return entities[name] ?? whole;
    const point = Number.parseInt(hex ?? decimal, hex === undefined ? 10 : 16);
    return point > 0x10ffff ? whole : String.fromCodePoint(point);
  });

const readAttributes = (text: string) =>
  Object.fromEntries(
    [...text.matchAll(/([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)].map(([, name, a, b]) => [name, resolve(a ?? b ?? '')]),
  );

/** Takes one token in. False when it does not belong there. */
function take(stack: Open[], [, cdata, end, start, attributes, empty, text]: RegExpExecArray): boolean {
  const top = stack.at(-1);
  if (top === undefined) return false;
  if (cdata !== undefined) top.text += cdata;
  if (text !== undefined) top.text += resolve(text);
  if (end !== undefined) return stack.pop()?.name === end && stack.length > 0;
  if (start === undefined) return true;
  const element: Open = { name: start, attributes: readAttributes(attributes ?? ''), children: [], text: '' };
  top.children.push(element);
  if (empty === '') stack.push(element);
  return true;
}

/** Reads a document; null for what is not well formed. A DOCTYPE is refused: no vendor needs one, and it can pull in files. */
export function readXml(xml: string): XmlElement | null {
  const root: Open = { name: '', attributes: {}, children: [], text: '' };
  const stack = [root];
  const scanner = new RegExp(token);
  while (scanner.lastIndex < xml.length) {
    const found = scanner.exec(xml);
    if (found === null || !take(stack, found)) return null;
  }
  const [element, ...others] = root.children;
  return stack.length === 1 && others.length === 0 && root.text.trim() === '' ? (element ?? null) : null;
}

/** The children that hold text only, by name: what flat vendor messages consist of. */
export const textsOf = (element: XmlElement): Readonly<Record<string, string>> =>
  Object.fromEntries(element.children.filter(({ children }) => children.length === 0).map(({ name, text }) => [name, text]));

const escapeXml = (text: string) => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

/** Writes an element. Text or child elements are its content. */
export function writeXml(name: string, content: string | readonly string[], attributes: Readonly<Record<string, string>> = {}): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeXml(value)}"`);
  return `<${name}${written.join('')}>${typeof content === 'string' ? escapeXml(content) : content.join('')}</${name}>`;
}
