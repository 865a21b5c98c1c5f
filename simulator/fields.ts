/** What a field of a JSON request may hold. */
export type Rule =
  | { readonly type: 'text'; readonly min: number; readonly max: number; readonly pattern?: RegExp }
  | { readonly type: 'integer'; readonly min: number; readonly max: number }
  | { readonly type: 'boolean' }
  | { readonly type: 'list'; readonly of: Rule; readonly max: number }
  | { readonly type: 'object'; readonly fields: Readonly<Record<string, Rule>>; readonly required: readonly string[] };

export const text = (min: number, max: number, pattern?: RegExp): Rule => ({ type: 'text', min, max, ...(pattern && { pattern }) });
export const integer = (min: number, max = Number.MAX_SAFE_INTEGER): Rule => ({ type: 'integer', min, max });
export const object = (fields: Readonly<Record<string, Rule>>, ...required: readonly string[]): Rule => ({
  type: 'object',
  fields,
  required,
});
export const list = (of: Rule, max: number): Rule => ({ type: 'list', of, max });
export const boolean: Rule = { type: 'boolean' };

/** A fault and the JSON pointer of the field that has it. */
export interface Fault {
  readonly field: string;
  readonly issue: string;
}

/** Lengths count characters, not bytes. */
function checkText(value: unknown, rule: Rule & { type: 'text' }, field: string): Fault | null {
  if (typeof value !== 'string') return { field, issue: 'must be a string' };
  const length = [...value].length;
  if (length < rule.min || length > rule.max) return { field, issue: `must have ${rule.min} to ${rule.max} characters` };
  return rule.pattern && !rule.pattern.test(value) ? { field, issue: 'has characters that are not allowed' } : null;
}

function checkObject(value: unknown, rule: Rule & { type: 'object' }, field: string): Fault | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { field, issue: 'must be an object' };
  const given = value as Readonly<Record<string, unknown>>;
  const missing = rule.required.find((name) => !Object.hasOwn(given, name));
  if (missing !== undefined) return { field: `${field}/${missing}`, issue: 'is required' };
  for (const [name, member] of Object.entries(given)) {
    const known = Object.hasOwn(rule.fields, name) ? rule.fields[name] : undefined;
    if (known === undefined) return { field: `${field}/${name}`, issue: 'is not a known field' };
    const fault = checkField(member, known, `${field}/${name}`);
    if (fault !== null) return fault;
  }
  return null;
}

/** The first fault of a value, or null. Nothing is coerced. */
export function checkField(value: unknown, rule: Rule, field = ''): Fault | null {
  switch (rule.type) {
    case 'text':
      return checkText(value, rule, field);
    case 'integer': {
      const fits = Number.isSafeInteger(value) && (value as number) >= rule.min && (value as number) <= rule.max;
      return fits ? null : { field, issue: `must be an integer from ${rule.min}` };
    }
    case 'boolean':
      return typeof value === 'boolean' ? null : { field, issue: 'must be true or false' };
    case 'list': {
      if (!Array.isArray(value) || value.length > rule.max) return { field, issue: `must be a list of at most ${rule.max}` };
      return value.map((one, index) => checkField(one, rule.of, `${field}/${index}`)).find((fault) => fault !== null) ?? null;
    }
    case 'object':
      return checkObject(value, rule, field);
  }
}

/** A text that is the same for the same content, whatever the order of its members. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`;
}
