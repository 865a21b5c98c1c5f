/** A decoded form: `a[b][0]=x` becomes `{a: {b: {0: 'x'}}}`. Lists stay objects with numbers for names. */
export type Form = { readonly [name: string]: string | Form };

/** What a parameter may be. Only a `note` may be empty: that unsets it. `*` stands for every name, in lists and in metadata. */
export type Shape = 'text' | 'integer' | 'boolean' | 'note' | 'any' | { readonly [name: string]: Shape };

/** A fault in Stripe's words. */
export interface FormFault {
  readonly code: string;
  readonly message: string;
  readonly param: string;
}

type Open = { [name: string]: string | Open };

/** Puts one pair in its place; false when a name is used as text and as a group. */
function put(into: Open, path: readonly string[], value: string): boolean {
  let place = into;
  for (const step of path.slice(0, -1)) {
    const name = step === '' ? String(Object.keys(place).length) : step;
    place[name] ??= Object.create(null) as Open;
    const next = place[name];
    if (typeof next === 'string') return false;
    place = next;
  }
  const last = path.at(-1) ?? '';
  const name = last === '' ? String(Object.keys(place).length) : last;
  if (Object.hasOwn(place, name)) return false;
  place[name] = value;
  return true;
}

/** Reads a form body or a query; null when it contradicts itself. */
export function parseForm(text: string): Form | null {
  const form = Object.create(null) as Open;
  for (const [name, value] of new URLSearchParams(text)) {
    const found = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(name);
    const path = [found?.[1] ?? name, ...(found?.[2] ?? '').split(/[[\]]/).filter((_, index) => index % 2 === 1)];
    if (!put(form, path, value)) return null;
  }
  return form;
}

const inside = (parent: string, name: string) => (parent === '' ? name : `${parent}[${name}]`);

function checkLeaf(value: string | Form, shape: Shape, param: string): FormFault | null {
  if (shape === 'any') return null;
  if (typeof value !== 'string') return { code: 'parameter_invalid_string', message: `Invalid string: ${param}`, param };
  if (value === '' && shape !== 'note')
    return { code: 'parameter_invalid_empty', message: `You passed an empty string for '${param}'.`, param };
  if (shape === 'integer' && !/^-?\d{1,15}$/.test(value))
    return { code: 'parameter_invalid_integer', message: `Invalid integer: ${value}`, param };
  const isBoolean = value === 'true' || value === 'false';
  return shape === 'boolean' && !isBoolean ? { code: 'parameter_invalid_boolean', message: `Invalid boolean: ${value}`, param } : null;
}

/** The first parameter that is unknown or of the wrong type, or null. */
export function checkForm(value: string | Form, shape: Shape, param = ''): FormFault | null {
  if (typeof shape === 'string') return checkLeaf(value, shape, param);
  if (typeof value === 'string')
    return value === '' ? null : { code: 'parameter_invalid_object', message: `Invalid object: ${param}`, param };
  for (const [name, member] of Object.entries(value)) {
    const known = Object.hasOwn(shape, name) ? shape[name] : shape['*'];
    const at = inside(param, name);
    if (known === undefined) return { code: 'parameter_unknown', message: `Received unknown parameter: ${at}`, param: at };
    const fault = checkForm(member, known, at);
    if (fault !== null) return fault;
  }
  return null;
}

export const textAt = (form: Form, name: string): string | undefined => {
  const value = form[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

export const groupAt = (form: Form, name: string): Form => {
  const value = form[name];
  return typeof value === 'object' ? value : {};
};

/** Metadata as plain text pairs. */
export const metadataAt = (form: Form): Record<string, string> =>
  Object.fromEntries(Object.entries(groupAt(form, 'metadata')).map(([name, value]) => [name, String(value)]));
