type Schema = Readonly<Record<string, unknown>>;
type Check = (rule: never, value: unknown, place: string, schema: Schema, document: Schema) => readonly string[];

/** Says nothing about a value. */
const annotations = ['description', 'examples', 'default', 'title', 'contentEncoding'];

const typeOf = (value: unknown) => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
};
const fits = (type: string, value: unknown) => typeOf(value) === type || (type === 'number' && typeOf(value) === 'integer');
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeOf(value) === 'object';
const unless = (holds: boolean, fault: string): readonly string[] => (holds ? [] : [fault]);
const formats: Readonly<Record<string, RegExp>> = {
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/,
  uri: /^[a-z]+:\S+$/,
};

/** What each keyword asks of a value, by the specification (2020-12). One that is not here stops the test. */
const keywords: Readonly<Record<string, Check>> = {
  $ref: (target: string, value, place, _schema, document) => schemaFaults(resolve(document, target), value, document, place),
  type: (types: string | readonly string[], value, place) =>
    unless(
      [types].flat().some((type) => fits(type, value)),
      `${place} is ${typeOf(value)}, not ${[types].flat().join(' or ')}`,
    ),
  const: (only: unknown, value, place) => unless(value === only, `${place} is not ${String(only)}`),
  enum: (choices: readonly unknown[], value, place) => unless(choices.includes(value), `${place} is ${String(value)}`),
  anyOf: (options: readonly Schema[], value, place, _schema, document) =>
    unless(
      options.some((option) => schemaFaults(option, value, document, place).length === 0),
      `${place} fits none of ${options.length} shapes`,
    ),
  properties: (members: Readonly<Record<string, Schema>>, value, place, _schema, document) =>
    isObject(value)
      ? Object.entries(members).flatMap(([name, member]) =>
          name in value ? schemaFaults(member, value[name], document, `${place}.${name}`) : [],
        )
      : [],
  required: (names: readonly string[], value, place) =>
    isObject(value) ? names.filter((name) => !(name in value)).map((name) => `${place}.${name} is missing`) : [],
  additionalProperties: (rule: boolean | Schema, value, place, schema, document) => {
    const extra = isObject(value) ? Object.keys(value).filter((name) => !Object.hasOwn((schema.properties ?? {}) as object, name)) : [];
    if (rule === false) return extra.map((name) => `${place}.${name} is not documented`);
    return rule === true ? [] : extra.flatMap((name) => schemaFaults(rule, (value as Schema)[name], document, `${place}.${name}`));
  },
  propertyNames: (rule: Schema, value, place, _schema, document) =>
    isObject(value) ? Object.keys(value).flatMap((name) => schemaFaults(rule, name, document, `the name of ${place}.${name}`)) : [],
  items: (rule: Schema, value, place, _schema, document) =>
    Array.isArray(value) ? value.flatMap((item, index) => schemaFaults(rule, item, document, `${place}[${index}]`)) : [],
  minimum: (least: number, value, place) => unless(typeof value !== 'number' || value >= least, `${place} is below ${least}`),
  maximum: (most: number, value, place) => unless(typeof value !== 'number' || value <= most, `${place} is above ${most}`),
  minLength: (least: number, value, place) => unless(typeof value !== 'string' || value.length >= least, `${place} is too short`),
  maxLength: (most: number, value, place) => unless(typeof value !== 'string' || value.length <= most, `${place} is too long`),
  minItems: (least: number, value, place) => unless(!Array.isArray(value) || value.length >= least, `${place} has too few items`),
  maxItems: (most: number, value, place) => unless(!Array.isArray(value) || value.length <= most, `${place} has too many items`),
  pattern: (pattern: string, value, place) =>
    unless(typeof value !== 'string' || new RegExp(pattern, 'u').test(value), `${place} is not of the pattern`),
  format: (format: string, value, place) =>
    unless(typeof value !== 'string' || (formats[format]?.test(value) ?? true), `${place} is no ${format}`),
};

/** Everything in which a value is not as its JSON Schema says. Written for the keywords that our documents use, and for no others. */
export function schemaFaults(schema: Schema, value: unknown, document: Schema, place = 'value'): readonly string[] {
  return Object.entries(schema).flatMap(([keyword, rule]) => {
    if (annotations.includes(keyword)) return [];
    const check = keywords[keyword];
    if (check === undefined) throw new Error(`a schema at ${place} uses ${keyword}, which is not checked here`);
    return check(rule as never, value, place, schema, document);
  });
}

/** What `#/components/schemas/Name` points to. */
export function resolve(document: Schema, target: string): Schema {
  const found = target
    .replace(/^#\//, '')
    .split('/')
    .reduce<unknown>((node, step) => (isObject(node) ? node[step] : undefined), document);
  if (!target.startsWith('#/') || !isObject(found)) throw new Error(`${target} points nowhere`);
  return found;
}
