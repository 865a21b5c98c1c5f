import type { Locale } from '../errors.ts';

/** How a body is written. */
export type Format = 'json' | 'xml';

const xmlTypes = new Set(['application/xml', 'text/xml']);

/**
 * What a Content-Type says about a body: a format, `other`, or null when the header is absent.
 * JSON and XML are UTF-8 here; another charset is `other`.
 */
export function formatOfType(contentType: string | undefined): Format | 'other' | null {
  if (contentType === undefined || contentType.trim() === '') return null;
  const [type = '', ...parameters] = contentType.split(';').map((part) => part.trim().toLowerCase());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length);
  if (charset !== undefined && !/^"?utf-?8"?$/.test(charset)) return 'other';
  if (type === 'application/json') return 'json';
  return xmlTypes.has(type) ? 'xml' : 'other';
}

/** One element of an Accept header. */
interface Range {
  readonly name: string;
  readonly quality: number;
}

/** Media types by which a client may ask for a format, the most specific first. */
const namesOf: Readonly<Record<Format, readonly string[]>> = {
  json: ['application/json', 'application/problem+json', 'application/*', '*/*'],
  xml: ['application/xml', 'text/xml', 'application/problem+xml', 'text/*', 'application/*', '*/*'],
};

/** The format to answer in; null when the client accepts neither. At equal preference the format of the request wins. */
export function chooseFormat(accept: string | undefined, requestFormat: Format): Format | null {
  if (accept === undefined || accept.trim() === '') return requestFormat;
  const ranges = parseRanges(accept);
  const other: Format = requestFormat === 'json' ? 'xml' : 'json';
  const [own, others] = [preference(ranges, requestFormat), preference(ranges, other)];
  if (own.quality <= 0 && others.quality <= 0) return null;
  if (own.quality !== others.quality) return own.quality > others.quality ? requestFormat : other;
  return own.named || !others.named ? requestFormat : other;
}

/** The most specific range that names a format decides, as RFC 9110 says; of equally specific ones the best. */
function preference(ranges: readonly Range[], format: Format): { readonly quality: number; readonly named: boolean } {
  const exact = ranges.filter((range) => namesOf[format].includes(range.name) && !range.name.includes('*'));
  if (exact.length > 0) return { quality: Math.max(...exact.map((range) => range.quality)), named: true };
  const wild = namesOf[format].filter((name) => name.includes('*')).map((name) => ranges.find((range) => range.name === name));
  return { quality: wild.find((range) => range !== undefined)?.quality ?? 0, named: false };
}

/** The language to speak: the best of Chinese and English that the client names, English otherwise. */
export function chooseLocale(acceptLanguage: string | undefined): Locale {
  const ranges = parseRanges(acceptLanguage ?? '');
  const quality = (prefix: string) =>
    Math.max(0, ...ranges.filter((range) => range.name.split('-')[0] === prefix).map((range) => range.quality));
  return quality('zh') > quality('en') ? 'zh' : 'en';
}

function parseRanges(header: string): readonly Range[] {
  return header.split(',').flatMap((part) => {
    const [name = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase());
    const q = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    if (name === '' || (q !== undefined && !/^(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)$/.test(q))) return [];
    return [{ name, quality: q === undefined ? 1 : Number(q) }];
  });
}
