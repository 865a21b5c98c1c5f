import { Buffer } from 'node:buffer';

/** A JSON object of the vendor, not yet looked into. */
export type Data = Readonly<Record<string, unknown>>;

/** RFC 3339 at +08:00, whole seconds. China has one time zone and no summer time. */
export function toChinaTime(time: Date): string {
  return `${new Date(time.getTime() + 8 * 3_600_000).toISOString().slice(0, 19)}+08:00`;
}

/** The vendor counts some texts in bytes and refuses longer ones; a shorter description is better than no payment. */
export function cutBytes(text: string, maxBytes: number): string {
  let bytes = 0;
  let kept = '';
  for (const character of text) {
    bytes += Buffer.byteLength(character, 'utf8');
    if (bytes > maxBytes) return kept;
    kept += character;
  }
  return kept;
}

/** A text that is not empty. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** A JSON object. */
export function isRecord(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
