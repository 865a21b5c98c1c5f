import { z } from 'zod';

/** How much of a value is hidden whenever it is shown: all of it, or only the password inside a URL. */
export type Secrecy = 'all' | 'password';

/** What an operator is told about one setting. */
export interface SettingNote {
  readonly doc: string;
  readonly expected: string;
  readonly example: string;
  readonly secret?: Secrecy;
}

/** How the text of an environment variable becomes a value of the file's kind. */
export type TextKind = 'text' | 'integer' | 'flag' | 'list';

interface Registered extends SettingNote {
  readonly kind: TextKind;
}

/** The notes of every setting, found again by its zod type. Filled while the schema is declared, and only read afterwards. */
const notes = z.registry<Registered>();

type Note = Omit<SettingNote, 'expected'>;

/** A whole number within bounds. */
export function integer(min: number, max: number, note: Note) {
  const type = z.int().min(min).max(max);
  notes.add(type, { ...note, kind: 'integer', expected: `a whole number from ${min} to ${max}` });
  return type;
}

/** A text of a given form. `expected` says the form in words. */
export function text(pattern: RegExp, expected: string, note: Note) {
  const type = z.string().regex(pattern);
  notes.add(type, { ...note, kind: 'text', expected });
  return type;
}

/** True or false. */
export function flag(note: Note) {
  const type = z.boolean();
  notes.add(type, { ...note, kind: 'flag', expected: 'true or false' });
  return type;
}

/** One of a few words. */
export function choice<const Words extends readonly [string, ...string[]]>(words: Words, note: Note) {
  const type = z.enum(words);
  notes.add(type, { ...note, kind: 'text', expected: `one of ${words.join(', ')}` });
  return type;
}

/** A list of texts; in the environment they are separated by commas. */
export function list(accepts: (item: string) => boolean, expected: string, note: Note) {
  const type = z.array(z.string().refine(accepts));
  notes.add(type, { ...note, kind: 'list', expected });
  return type;
}

/** One setting of a schema: where it is, and what is known of it. */
export interface Setting extends SettingNote {
  readonly path: readonly string[];
  /** The environment variable that overrides it. */
  readonly variable: string;
  readonly kind: TextKind;
}

/** `['http', 'bodyBytes']` is overridden by `PAYMUX_HTTP_BODY_BYTES`. */
function nameVariable(path: readonly string[]): string {
  return `PAYMUX_${path.map((part) => part.replace(/([A-Z])/g, '_$1').toUpperCase()).join('_')}`;
}

type Wrapper = { unwrap(): z.ZodType };

function unwrap(type: z.ZodType): z.ZodType {
  const wrapped = type instanceof z.ZodDefault || type instanceof z.ZodPrefault || type instanceof z.ZodNullable;
  return wrapped ? unwrap((type as unknown as Wrapper).unwrap()) : type;
}

/** True for a member of a schema that holds further settings. */
export function isSection(type: unknown): boolean {
  return type instanceof z.ZodType && unwrap(type) instanceof z.ZodObject;
}

/** Every setting of a schema, in the order of declaration. */
export function listSettings(schema: z.ZodObject, parents: readonly string[] = []): readonly Setting[] {
  return Object.entries(schema.shape).flatMap(([key, member]) => {
    const path = [...parents, key];
    const inner = unwrap(member as z.ZodType);
    if (inner instanceof z.ZodObject) return listSettings(inner, path);
    const note = notes.get(inner);
    if (note === undefined) throw new Error(`setting without a note: ${path.join('.')}`);
    return [{ ...note, path, variable: nameVariable(path) }];
  });
}
