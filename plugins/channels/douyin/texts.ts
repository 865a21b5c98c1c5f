import { Buffer } from 'node:buffer';

/** A JSON object of the vendor, not yet looked into. */
export type Data = Readonly<Record<string, unknown>>;

/** A text that is not empty. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** A JSON object. */
export function isRecord(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whole seconds at +08:00: the vendor's own clients write times so, and nothing says that it reads others. */
export function toChinaTime(time: Date): string {
  const shifted = new Date(time.getTime() + 8 * 3_600_000);
  return `${shifted.toISOString().slice(0, 19)}+08:00`;
}

/** The time in an answer; left out where it is none. */
export function readTime(value: unknown): { readonly at?: Date } {
  if (!isText(value) || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(value)) return {};
  const at = new Date(value);
  return Number.isNaN(at.getTime()) ? {} : { at };
}

/**
 * Cut to 127 characters and, as nobody says how the vendor counts, to 381 bytes: three of UTF-8 for each. A shorter
 * description is better than no payment.
 */
export function cutDescription(text: string): string {
  let kept = '';
  for (const character of [...text].slice(0, 127)) {
    if (Buffer.byteLength(kept + character, 'utf8') > 381) return kept;
    kept += character;
  }
  return kept;
}
