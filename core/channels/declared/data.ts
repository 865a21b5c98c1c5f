import type { Kit } from '../../contract/kit.ts';

/** What a vendor sent, taken apart. Numbers are the text that the vendor wrote. */
export type Data = Readonly<Record<string, unknown>>;
export type Format = 'json' | 'form' | 'xml';

/** Reads a body; null when it is not of its format, or says something twice. */
export function readData(kit: Kit, format: Format, body: Uint8Array): Data | null {
  if (format === 'json') return kit.json(body, { numbersAsText: true });
  const text = Buffer.from(body).toString('utf8');
  return format === 'form' ? readForm(text) : readXml(kit, text);
}

/** A field that is given twice is refused: the signature might be over the one and the amount read from the other. */
export function readForm(text: string): Data | null {
  const pairs = [...new URLSearchParams(text)];
  const fields = new Map(pairs);
  return pairs.length > 0 && fields.size === pairs.length ? Object.fromEntries(fields) : null;
}

/** The content of the root, whatever it is called. */
function readXml(kit: Kit, text: string): Data | null {
  const roots = Object.values(kit.xml.parse(text) ?? {});
  return roots.length === 1 && isPlain(roots[0]) ? roots[0] : null;
}

const isPlain = (value: unknown): value is Data => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What stands at a path such as `orders.0.amount`; undefined where there is nothing. */
export function look(data: unknown, path: string): unknown {
  let at = data;
  for (const name of path === '' ? [] : path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
    at = (at as Record<string, unknown>)[name];
  }
  return at;
}

/** The text at a path; undefined where there is none, or an empty one. */
export function textAt(data: Data, path: string | undefined): string | undefined {
  const found = path === undefined ? undefined : textOf(look(data, path));
  return found === '' ? undefined : found;
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

/** The texts right below a path, as a signature covers them; null where there is no such place. */
export function fieldsAt(data: Data, path: string): Readonly<Record<string, string>> | null {
  const place = look(data, path);
  if (!isPlain(place)) return null;
  return Object.fromEntries(
    Object.entries(place).flatMap(([name, value]) => (textOf(value) === undefined ? [] : [[name, textOf(value) ?? '']])),
  );
}
