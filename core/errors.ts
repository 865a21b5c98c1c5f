import { declines } from './errors/declines.ts';
import type { ErrorEntry, Locale, Text } from './errors/entry.ts';
import { fieldErrors } from './errors/fields.ts';
import { requestErrors } from './errors/requests.ts';

export type { ErrorEntry, Locale, Text } from './errors/entry.ts';

/** Every code of the API, once. `docs/errors.md` has a section for each. */
export const errors = { ...requestErrors, ...declines, ...fieldErrors } satisfies Readonly<Record<string, ErrorEntry>>;

/** A code that a whole answer can carry. */
export type ErrorCode = keyof typeof requestErrors;
/** A code of `failure`. */
export type DeclineCode = keyof typeof declines;
/** A code of one entry of `errors`. */
export type FieldCode = keyof typeof fieldErrors;

/** What `{names}` of a detail are replaced by. */
export type DetailValues = Readonly<Record<string, string | number | Text>>;

/** One fault of one field. */
export interface FieldFault {
  readonly param: string;
  readonly code: FieldCode;
  readonly detail: Text;
}

/** An expected "no" to a request, as a value. It says that the request changed nothing. */
export interface Refusal {
  readonly kind: 'refused';
  readonly code: ErrorCode;
  readonly param?: string;
  /** Replaces the detail of the table. */
  readonly detail?: Text;
  readonly errors?: readonly FieldFault[];
  /** The payment as the API shows it, where one exists. */
  readonly payment?: unknown;
  readonly retryAfterSec?: number;
}

/** A refusal with the detail of the table, `values` filled in. */
export function refuse(code: ErrorCode, extra: Omit<Refusal, 'kind' | 'code'> & { readonly values?: DetailValues } = {}): Refusal {
  const { values, ...rest } = extra;
  return { kind: 'refused', code, detail: fillDetail(errors[code].detail, { param: rest.param ?? '', ...values }), ...rest };
}

/** A fault of one field, with the detail of the table. */
export function faultOf(param: string, code: FieldCode, values: DetailValues = {}): FieldFault {
  return { param, code, detail: fillDetail(errors[code].detail, { param, ...values }) };
}

/** The sentence for a code in one language; of a code that is not in the table, the sentence for `declined`. */
export function describeCode(code: string, locale: Locale): string {
  const known = Object.hasOwn(errors, code) ? errors[code as keyof typeof errors] : errors.declined;
  return known.detail[locale];
}

function fillDetail(detail: Text, values: DetailValues): Text {
  return { en: fill(detail.en, 'en', values), zh: fill(detail.zh, 'zh', values) };
}

function fill(template: string, locale: Locale, values: DetailValues): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) return whole;
    return typeof value === 'object' ? value[locale] : String(value);
  });
}
