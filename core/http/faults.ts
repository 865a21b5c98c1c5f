import { type FieldFault, type Refusal, refuse, type Text } from '../errors.ts';

/** Limits on the shape of a body, whatever its size. */
export interface ShapeLimits {
  readonly maxDepth: number;
  /** Fields in all, and list items in all. */
  readonly maxKeys: number;
}

export const defaultShapeLimits: ShapeLimits = { maxDepth: 32, maxKeys: 1000 };

/** A document read: its value and what is already known to be wrong with it, or that it cannot be read at all. */
export type Parsed = { readonly ok: true; readonly value: unknown; readonly faults: readonly FieldFault[] } | Unreadable;

export interface Unreadable {
  readonly ok: false;
  readonly code: 'invalid_json' | 'invalid_xml';
  readonly detail: Text;
}

/** What integers of the API are limited by, beside the limits of their field. */
export const safeRange: Text = { en: 'of at most 9007199254740991', zh: '不超过 9007199254740991 ' };

/** Names that would reach an object's prototype when the value is copied. They are fields of nothing. */
export const forbiddenNames: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** `order_lines[0].amount`: how faults name their field. */
export function paramOf(path: readonly PropertyKey[]): string {
  const text = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('');
  return shorten(text.replace(/^\./, '')) || 'body';
}

/** A name that somebody made up may be as long as the body, and is told for a person to find it. */
const shorten = (name: string) => (name.length <= longestName ? name : `${name.slice(0, longestName)}…`);
const longestName = 200;

/** One refusal that lists every fault. */
export function refuseFaults(faults: readonly FieldFault[]): Refusal {
  const [first] = faults;
  return refuse('invalid_request', { errors: faults, ...(first && { param: first.param }) });
}
