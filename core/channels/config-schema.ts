import type { ConfigProperty, ConfigSchema } from '../contract/manifest.ts';

/** The configuration of an account: flat, as its channel's schema declares it. */
export type AccountConfig = Readonly<Record<string, unknown>>;

/** What is shown instead of a secret. Its length says nothing about the secret's. */
export const mask = '********';

/** Every fault of a configuration, in words that never contain a value: it may be a secret. Empty when there is none. */
export function checkConfig(schema: ConfigSchema, value: unknown): string[] {
  if (!isPlainObject(value)) return ['the configuration must be an object'];
  const unknown = Object.keys(value)
    .filter((name) => !Object.hasOwn(schema.properties, name))
    .map((name) => `${JSON.stringify(name)} is not a field of this channel`);
  const missing = schema.required
    .filter((name) => !Object.hasOwn(value, name) && schema.properties[name]?.default === undefined)
    .map((name) => `${name} is required`);
  const wrong = Object.entries(schema.properties)
    .filter(([name]) => Object.hasOwn(value, name))
    .flatMap(([name, property]) => checkValue(property, value[name]).map((fault) => `${name} ${fault}`));
  return [...unknown, ...missing, ...wrong];
}

/** The configuration with the schema's defaults in the places left out. Expects one that {@link checkConfig} passed. */
export function completeConfig(schema: ConfigSchema, value: AccountConfig): AccountConfig {
  const defaults = Object.entries(schema.properties).flatMap(([name, property]) =>
    property.default === undefined ? [] : [[name, property.default] as const],
  );
  return { ...Object.fromEntries(defaults), ...value };
}

/** The configuration as people may see it. A field that the schema does not know is masked: it may be a misspelt secret. */
export function maskConfig(schema: ConfigSchema, value: AccountConfig): AccountConfig {
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, isOpen(schema, name) ? field : mask]));
}

/** The fields that are encrypted at rest and masked everywhere. */
export function secretNames(schema: ConfigSchema): readonly string[] {
  return Object.keys(schema.properties).filter((name) => schema.properties[name]?.secret === true);
}

/** The fields that say whose account at the vendor it is. */
export function identityNames(schema: ConfigSchema): readonly string[] {
  return Object.keys(schema.properties).filter((name) => schema.properties[name]?.identity === true);
}

function isOpen(schema: ConfigSchema, name: string): boolean {
  return Object.hasOwn(schema.properties, name) && schema.properties[name]?.secret !== true;
}

function checkValue(property: ConfigProperty, value: unknown): string[] {
  if (property.type === 'integer') return Number.isSafeInteger(value) ? [] : ['must be an integer'];
  if (property.type === 'boolean') return typeof value === 'boolean' ? [] : ['must be true or false'];
  if (typeof value !== 'string') return ['must be a text'];
  return checkText(property, value);
}

function checkText(property: ConfigProperty, text: string): string[] {
  // An empty key makes every signature check pass for whoever also signs with nothing, so emptiness must be allowed on purpose.
  const minLength = property.minLength ?? 1;
  const faults: string[] = [];
  if (text.length === 0 && minLength > 0) return ['must not be empty'];
  if (text.length < minLength) faults.push(`must have at least ${minLength} characters`);
  if (property.maxLength !== undefined && text.length > property.maxLength)
    faults.push(`must have at most ${property.maxLength} characters`);
  if (property.pattern !== undefined && !new RegExp(property.pattern, 'u').test(text)) faults.push(`must match ${property.pattern}`);
  if (property.enum !== undefined && !property.enum.includes(text)) faults.push(`must be one of ${property.enum.join(', ')}`);
  if (property.secret === true && isGuessable(text)) faults.push('is no key: it repeats one or two characters');
  return faults;
}

/** What stands in examples and is tried first (`whsec_000…`, a UUID of zeros): with it anybody could sign what we would believe. */
function isGuessable(text: string): boolean {
  const key = text.replace(/^(?:[A-Za-z]+_)+/, '').replace(/[-_=:\s]/g, '');
  return text.length > 0 && new Set(key).size <= 2;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
