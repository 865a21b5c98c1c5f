import type { Fields } from './sign.ts';

/**
 * Reads an answer of the gateway: pairs that are not encoded, so that `+` and `=` of base64 stand for themselves.
 * A value in braces or brackets may hold `&`. Null for a name that comes twice or a pair without a name.
 */
export function parseAnswer(text: string): Fields | null {
  return collect(cutPairs(text).map(splitPair));
}

function cutPairs(text: string): readonly string[] {
  const pairs: string[] = [];
  let start = 0;
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if ('{['.includes(char)) depth += 1;
    if ('}]'.includes(char)) depth -= 1;
    if (char === '&' && depth <= 0) {
      pairs.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...pairs, text.slice(start)];
}

/** Reads a callback's body, `application/x-www-form-urlencoded`. Null for a broken escape or a name that comes twice. */
export function parseForm(text: string): Fields | null {
  const pairs = text.split('&').map(splitPair);
  return collect(pairs.map(([name, value]) => [decode(name), decode(value)]));
}

export function buildForm(fields: Fields): string {
  return Object.entries(fields)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&');
}

type Pair = readonly [string | null, string | null];

function splitPair(pair: string): readonly [string, string] {
  const cut = pair.indexOf('=');
  return cut < 0 ? [pair, ''] : [pair.slice(0, cut), pair.slice(cut + 1)];
}

function collect(pairs: readonly Pair[]): Fields | null {
  const fields = new Map<string, string>();
  for (const [name, value] of pairs) {
    if (name === null || name === '' || value === null || fields.has(name)) return null;
    fields.set(name, value);
  }
  return Object.fromEntries(fields);
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return null;
  }
}

/** `YYYYMMDDhhmmss` on UnionPay's clock, which is GMT+8 all year. */
export function formatTime(at: Date): string {
  return new Date(at.getTime() + 8 * 3_600_000).toISOString().slice(0, 19).replaceAll(/[-:T]/g, '');
}
