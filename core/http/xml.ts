import { XMLParser } from 'fast-xml-parser';
import { type FieldFault, faultOf } from '../errors.ts';
import { decodeReferences, hasIllegalCharacter } from '../xml-text.ts';
import { defaultShapeLimits, forbiddenNames, type Parsed, paramOf, type ShapeLimits, safeRange, type Unreadable } from './faults.ts';
import { isPlainInteger, readScalar, type Shape } from './shape.ts';
import { decodeUtf8 } from './text.ts';

/** One piece of a document in order: an element by its name, `#text`, `#cdata`, and `:@` for attributes. */
type Piece = Readonly<Record<string, unknown>>;

const textName = '#text';
const cdataName = '#cdata';
const attributesName = ':@';

/** `<?xml version="1.0" encoding="UTF-8"?>`; another encoding is not read. */
const declaration =
  /^<\?xml\s+version\s*=\s*["']1\.[0-9]["'](?:\s+encoding\s*=\s*["']utf-?8["'])?(?:\s+standalone\s*=\s*["'](?:yes|no)["'])?\s*\?>/i;

/**
 * Reads a request's XML into the value that the same request in JSON would have. Everything that
 * XML attacks are made of (DOCTYPE, entities, processing instructions) is refused in the text,
 * before any parser sees it.
 */
export function parseXml(bytes: Uint8Array, shape: Shape, limits: ShapeLimits = defaultShapeLimits): Parsed {
  const text = decodeUtf8(bytes)?.replace(declaration, '');
  if (text === undefined) return unreadable('it is not UTF-8', '不是 UTF-8');
  if (hasIllegalCharacter(text)) return unreadable('it holds control characters', '包含控制字符');
  if (/<!(?!--|\[CDATA\[)/.test(text)) return unreadable('DOCTYPE and other declarations are not accepted', '不接受 DOCTYPE 等声明');
  if (text.includes('<?')) return unreadable('processing instructions are not accepted', '不接受处理指令');
  // Two for each element and as many again for comments and CDATA: more is not worth the parser's time.
  if (text.split('<').length > 4 * limits.maxKeys) return tooWide(limits.maxKeys);
  const pieces = readPieces(text, limits);
  if (pieces === null || hasTextAfterEmptyRoot(text))
    return unreadable('it is not well-formed, or nested too deep', '格式不正确或嵌套过深');
  return readDocument(pieces, shape, limits);
}

function unreadable(en: string, zh: string): Unreadable {
  return { ok: false, code: 'invalid_xml', detail: { en: `The body cannot be read as XML: ${en}.`, zh: `请求体无法按 XML 解析：${zh}。` } };
}

function tooWide(maxKeys: number): Unreadable {
  return unreadable(`it has more than ${maxKeys} elements`, `元素超过 ${maxKeys} 个`);
}

function readPieces(text: string, limits: ShapeLimits): readonly Piece[] | null {
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    parseTagValue: false,
    trimValues: false,
    processEntities: false,
    cdataPropName: cdataName,
    maxNestedTags: limits.maxDepth,
    onDangerousProperty: (name: string) => name,
  });
  try {
    return parser.parse(text, true) as readonly Piece[];
  } catch {
    return null;
  }
}

/** The parser drops text that follows a root written as `<request/>`; it would have meant something to whoever wrote it. */
function hasTextAfterEmptyRoot(text: string): boolean {
  return /^\s*<[^<>]*\/>\s*[^<\s]/.test(text.replace(/<!--[\s\S]*?-->/g, ''));
}

/** What is gathered on the way through a document. */
interface Reading {
  readonly faults: FieldFault[];
  readonly maxKeys: number;
  elements: number;
  refused: Unreadable | null;
}

function readDocument(pieces: readonly Piece[], shape: Shape, limits: ShapeLimits): Parsed {
  const roots = pieces.filter((piece) => nameOf(piece) !== textName);
  const [root] = roots;
  if (root === undefined || roots.length > 1 || nameOf(root) !== 'request') {
    return unreadable('the root element must be <request>', '根元素须为 <request>');
  }
  const reading: Reading = { faults: [], maxKeys: limits.maxKeys, elements: 0, refused: null };
  const value = readElement(root, shape, [], reading);
  return reading.refused ?? { ok: true, value, faults: reading.faults };
}

function readElement(piece: Piece, shape: Shape, path: readonly PropertyKey[], reading: Reading): unknown {
  if (attributesName in piece) reading.refused ??= unreadable('attributes are not accepted', '不接受属性');
  const content = piece[nameOf(piece)] as readonly Piece[];
  if (shape.kind === 'object') return readObject(content, shape, path, reading);
  if (shape.kind === 'list') return readList(content, shape.item, path, reading);
  return readText(content, shape, path, reading);
}

function readObject(content: readonly Piece[], shape: Shape & { kind: 'object' }, path: readonly PropertyKey[], reading: Reading): unknown {
  const value: Record<string, unknown> = {};
  for (const element of childElements(content, reading)) {
    const { name, child } = shape.rest === null ? { name: nameOf(element), child: element } : memberOf(element, reading);
    const childPath = [...path, name];
    const childShape = shape.fields.get(name) ?? shape.rest;
    if (childShape === null || forbiddenNames.has(name)) {
      reading.faults.push(faultOf(paramOf(childPath), 'unknown_field'));
    } else if (Object.hasOwn(value, name)) {
      reading.faults.push(faultOf(paramOf(childPath), 'duplicate_key'));
    } else {
      value[name] = readElement(child, childShape, childPath, reading);
    }
  }
  return value;
}

/**
 * A member of a record: `<k>v</k>`, or `<entry name="k">v</entry>` as answers write a key that is no
 * name of an element. White space in an attribute is one space each, says XML, unless it is a reference.
 */
function memberOf(element: Piece, reading: Reading): { readonly name: string; readonly child: Piece } {
  const attributes = Object.entries((element[attributesName] ?? {}) as Readonly<Record<string, unknown>>);
  const [[attribute, value] = []] = attributes;
  if (nameOf(element) !== 'entry' || attributes.length !== 1 || attribute !== '@_name') return { name: nameOf(element), child: element };
  const name = decodeReferences(String(value).replace(/[\t\n\r]/g, ' '));
  if (name === null) reading.refused ??= unreadable('a reference in an attribute is not accepted', '属性中的引用不被接受');
  return { name: name ?? '', child: { entry: element['entry'] } };
}

function readList(content: readonly Piece[], item: Shape, path: readonly PropertyKey[], reading: Reading): unknown {
  const list: unknown[] = [];
  for (const child of childElements(content, reading)) {
    if (nameOf(child) === 'item') list.push(readElement(child, item, [...path, list.length], reading));
    else reading.faults.push(faultOf(paramOf([...path, nameOf(child)]), 'unknown_field'));
  }
  return list;
}

/** The elements of a content that may hold nothing else but white space. */
function childElements(content: readonly Piece[], reading: Reading): readonly Piece[] {
  const stray = content.some(
    (piece) => nameOf(piece) === cdataName || (nameOf(piece) === textName && String(piece[textName]).trim() !== ''),
  );
  if (stray) reading.refused ??= unreadable('there is text between elements', '元素之间有文本');
  const children = content.filter((piece) => nameOf(piece) !== textName && nameOf(piece) !== cdataName);
  reading.elements += children.length;
  if (reading.elements <= reading.maxKeys) return children;
  reading.refused ??= tooWide(reading.maxKeys);
  return [];
}

function readText(content: readonly Piece[], shape: Shape, path: readonly PropertyKey[], reading: Reading): unknown {
  let text = '';
  for (const piece of content) {
    const part = textOf(piece);
    if (part === null) {
      reading.refused ??= unreadable(
        'only &lt; &gt; &amp; &quot; &apos; and character references are accepted',
        '只接受五个预定义实体和字符引用',
      );
      return undefined;
    }
    // An element where text belongs: an object to the schema, which refuses it by its type.
    if (part === undefined) return {};
    text += part;
  }
  if (shape.kind === 'integer') noteInteger(text, path, reading);
  return readScalar(text, shape);
}

/** The characters of a piece; null when a reference in it is not accepted, undefined when it is an element. */
function textOf(piece: Piece): string | null | undefined {
  const name = nameOf(piece);
  if (name === textName) return decodeReferences(String(piece[textName]));
  if (name !== cdataName) return undefined;
  return (piece[cdataName] as readonly Piece[]).map((part) => String(part[textName])).join('');
}

function noteInteger(text: string, path: readonly PropertyKey[], reading: Reading): void {
  const param = paramOf(path);
  if (!isPlainInteger(text)) reading.faults.push(faultOf(param, 'not_integer'));
  else if (!Number.isSafeInteger(Number(text))) reading.faults.push(faultOf(param, 'out_of_range', { range: safeRange }));
}

function nameOf(piece: Piece): string {
  return Object.keys(piece).find((name) => name !== attributesName) ?? '';
}
