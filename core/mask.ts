/** What stands in the place of a masked value. */
export const masked = '[masked]';

/** Parts of field names whose values are never written, after case, hyphens and underscores are taken away. */
const secretNames = /authorization|cookie|secret|passw|passphrase|token|key|credential|authcode|cvv|cvc|cardnumber|pem$/;

/** Names that hold a secret word and name no secret. */
const plainNames = /^(key|apikey)id$|^idempotencykeyreused$/;

/** Deeper values are cut off: a log line is not a dump, and a cycle must end somewhere. */
const maxDepth = 6;

/** Longer texts are cut off before they are searched. */
const maxText = 16_384;

const patterns: readonly (readonly [RegExp, string])[] = [
  // A block whose end was cut off hides everything after its beginning.
  [/-----BEGIN [A-Z0-9 ]+-----[\s\S]*?(-----END [A-Z0-9 ]+-----|$)/g, masked],
  [/\b[rsp]k_(test|live)_[A-Za-z0-9._~+/-]+/g, masked],
  [/\bwhsec_[A-Za-z0-9+/=_-]+/g, masked],
  [/\b(Bearer|Basic) +[A-Za-z0-9._~+/=-]+/gi, `$1 ${masked}`],
  [/(:\/\/[^\s:/@]*):[^\s/@]+@/g, `$1:${masked}@`],
];

/** A run of 13 to 19 digits, perhaps in groups, with no digit before or after it. */
const digitRuns = /(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)/g;

/** Removes what looks like a secret or a card number from free text, and the given secrets wherever they occur. */
export function maskText(text: string, secrets: readonly string[] = []): string {
  const cut = text.length > maxText ? `${text.slice(0, maxText)}…` : text;
  const known = secrets.filter((secret) => secret.length >= 6).reduce((before, secret) => before.replaceAll(secret, masked), cut);
  const plain = patterns.reduce((before, [pattern, replacement]) => before.replace(pattern, replacement), known);
  return plain.replace(digitRuns, (run) => (isCardNumber(run.replace(/[ -]/g, '')) ? masked : run));
}

/**
 * Card numbers pass the Luhn check. One in ten of all other numbers does too, so runs of 13 digits
 * that begin with 1 stay: those are times in milliseconds, and no card of 13 digits begins so.
 */
function isCardNumber(digits: string): boolean {
  if (digits.length === 13 && digits.startsWith('1')) return false;
  const sum = [...digits].reverse().reduce((before, digit, index) => {
    const value = Number(digit) * (index % 2 === 1 ? 2 : 1);
    return before + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}

/** True for a field whose value must not be written. */
export function isSecretName(name: string): boolean {
  const plain = name.toLowerCase().replace(/[-_]/g, '');
  return secretNames.test(plain) && !plainNames.test(plain);
}

/** A copy of a value that may be written: secret fields masked by name, texts by form, depth and size bounded. */
export function maskValue(value: unknown, secrets: readonly string[] = [], depth = 0): unknown {
  if (typeof value === 'string') return maskText(value, secrets);
  if (typeof value === 'number') return maskNumber(value);
  if (typeof value === 'bigint') return maskText(`${value}`, secrets);
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? '[function]' : value;
  if (depth >= maxDepth) return '[deeper]';
  if (value instanceof Error) return maskError(value, secrets, depth);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid date' : value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Map) return maskFields(Object.fromEntries(value), secrets, depth);
  if (Array.isArray(value) || value instanceof Set) return [...value].slice(0, 100).map((item) => maskValue(item, secrets, depth + 1));
  return maskFields(value, secrets, depth);
}

function maskNumber(value: number): unknown {
  const text = `${value}`;
  return /^\d{13,19}$/.test(text) && isCardNumber(text) ? masked : value;
}

function maskFields(fields: object, secrets: readonly string[], depth: number): unknown {
  const entries = Object.entries(fields).map(([name, value]) => {
    const hide = isSecretName(name) && value !== null && value !== undefined && typeof value !== 'boolean';
    return [maskText(name, secrets), hide ? masked : maskValue(value, secrets, depth + 1)];
  });
  return Object.fromEntries(entries);
}

/** Errors hold their message and stack outside of their own fields, and often a request with its headers inside. */
function maskError(error: Error, secrets: readonly string[], depth: number): unknown {
  const code = 'code' in error && (typeof error.code === 'string' || typeof error.code === 'number') ? { code: error.code } : {};
  return {
    name: maskText(error.name, secrets),
    message: maskText(error.message, secrets),
    ...code,
    stack: maskText(error.stack ?? '', secrets),
    ...(error.cause !== undefined && { cause: maskValue(error.cause, secrets, depth + 1) }),
    ...(error instanceof AggregateError && { errors: maskValue(error.errors, secrets, depth + 1) }),
  };
}
