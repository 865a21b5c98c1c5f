import type { z } from 'zod';

/**
 * What a schema expects where, as far as text has to know it to become a value: XML and query
 * strings have no types of their own. Built once for each route.
 */
export type Shape =
  | { readonly kind: 'object'; readonly fields: ReadonlyMap<string, Shape>; readonly rest: Shape | null }
  | { readonly kind: 'list'; readonly item: Shape }
  | { readonly kind: 'integer' }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'text' };

/** The parts of a zod definition that are looked at. */
interface Definition {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly element?: z.ZodType;
  readonly valueType?: z.ZodType;
  readonly innerType?: z.ZodType;
  readonly in?: z.ZodType;
  readonly options?: readonly z.ZodType[];
}

/** The shape of a schema. Of a union, the first member that is not plain text counts. */
export function shapeOf(schema: z.ZodType): Shape {
  const definition = schema.def as unknown as Definition;
  const inner = definition.innerType ?? definition.in;
  if (inner) return shapeOf(inner);
  if (definition.type === 'object') return objectShape(definition);
  if (definition.type === 'record' && definition.valueType)
    return { kind: 'object', fields: new Map(), rest: shapeOf(definition.valueType) };
  if (definition.type === 'array' && definition.element) return { kind: 'list', item: shapeOf(definition.element) };
  if (definition.type === 'number') return { kind: 'integer' };
  if (definition.type === 'boolean') return { kind: 'boolean' };
  const members = (definition.options ?? []).map(shapeOf);
  return members.find((member) => member.kind !== 'text') ?? { kind: 'text' };
}

function objectShape(definition: Definition): Shape {
  const fields = Object.entries(definition.shape ?? {}).map(([name, field]) => [name, shapeOf(field)] as const);
  return { kind: 'object', fields: new Map(fields), rest: null };
}

/** The value that a text stands for: an integer or a boolean in its one spelling, else the text as it is, for the schema to refuse. */
export function readScalar(text: string, shape: Shape): string | number | boolean {
  if (shape.kind === 'integer' && isPlainInteger(text) && Number.isSafeInteger(Number(text))) return Number(text);
  if (shape.kind === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

/** Digits without leading zeros, negative or not. `-0`, `1e2`, `0x10`, `1.0` and spaces are none. */
export function isPlainInteger(text: string): boolean {
  return /^(?:0|-?[1-9][0-9]*)$/.test(text);
}
