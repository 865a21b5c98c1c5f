import { XMLParser } from 'fast-xml-parser';
import type { Paymux } from './paymux.ts';

/** An answer in XML: `body` is the root's content, lists as `item`. */
export interface XmlAnswer {
  readonly status: number;
  readonly type: string | null;
  readonly headers: Headers;
  readonly text: string;
  readonly root: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  readonly body: any;
}

const parser = new XMLParser({ ignoreDeclaration: true, parseTagValue: false, isArray: (name) => name === 'item' });

/** The API as a merchant uses it who speaks nothing but XML. */
export async function callXml(
  paymux: Paymux,
  method: string,
  path: string,
  body?: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<XmlAnswer> {
  const own = body === undefined ? { accept: 'application/xml' } : { 'content-type': 'application/xml' };
  const answer = await paymux.call(method, path, body, { ...own, ...headers });
  const [root = '', content] = Object.entries(parser.parse(answer.text) as Record<string, unknown>)[0] ?? [];
  return {
    status: answer.status,
    type: answer.headers.get('content-type'),
    headers: answer.headers,
    text: answer.text,
    root,
    body: content,
  };
}

/** A request written as a merchant's template would: every member an element, every list repeated items. */
export function writeRequest(value: object): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element('request', value)}`;
}

function element(name: string, value: unknown): string {
  return `<${name}>${contentOf(value)}</${name}>`;
}

function contentOf(value: unknown): string {
  if (Array.isArray(value)) return value.map((item) => element('item', item)).join('\n  ');
  if (typeof value !== 'object' || value === null) return String(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return Object.entries(value)
    .map(([name, member]) => element(name, member))
    .join('\n  ');
}
