import { type FieldFault, faultOf } from '../errors.ts';
import { readScalar, type Shape } from './shape.ts';

/** A query string read into the value that its schema expects, and what is wrong with it before the schema looks. */
export interface ParsedQuery {
  readonly value: Readonly<Record<string, unknown>>;
  readonly faults: readonly FieldFault[];
}

/** Integers and booleans are read in their one spelling, lists from comma-separated text; a name given twice is a fault. */
export function parseQuery(text: string, shape: Shape): ParsedQuery {
  const fields = shape.kind === 'object' ? shape.fields : new Map<string, Shape>();
  const value: Record<string, unknown> = Object.create(null);
  const faults: FieldFault[] = [];
  for (const [name, raw] of new URLSearchParams(text)) {
    const field = fields.get(name);
    if (field === undefined) faults.push(faultOf(name, 'unknown_field'));
    else if (name in value) faults.push(faultOf(name, 'duplicate_key'));
    else value[name] = field.kind === 'list' ? raw.split(',').map((item) => readScalar(item, field.item)) : readScalar(raw, field);
  }
  return { value: { ...value }, faults };
}
