import { z } from 'zod';
import { type DetailValues, type FieldCode, type FieldFault, faultOf, type Text } from '../errors.ts';
import { paramOf } from './faults.ts';

/** A value that passed, or everything that is wrong with it. */
export type Validated = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly faults: readonly FieldFault[] };

/** Longest list of choices that a sentence still holds. */
const maxChoicesShown = 12;

/** Holds a value against a schema and says all its faults in the words of the API. */
export function validate(schema: z.ZodType, value: unknown): Validated {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return { ok: true, value: result.data };
  return { ok: false, faults: withoutEchoes(result.error.issues.flatMap((issue) => faultsOf(issue, issue.path))) };
}

/** Of a field with the wrong type nothing else is said: zod goes on to measure a text where a list belongs. */
function withoutEchoes(faults: readonly FieldFault[]): readonly FieldFault[] {
  const mistyped = new Set(faults.filter((fault) => fault.code === 'wrong_type').map((fault) => fault.param));
  return faults.filter((fault) => fault.code === 'wrong_type' || !mistyped.has(fault.param));
}

/**
 * What a refinement of our own may carry as `params`: `{ code: 'invalid_format' }`, and a sentence
 * when the one of the table says too little.
 */
const ownFault = z.object({
  code: z.enum(['required', 'out_of_range', 'invalid_format', 'invalid_choice', 'wrong_type', 'too_long', 'too_short']),
  detail: z.object({ en: z.string(), zh: z.string() }).optional(),
});

function faultsOf(issue: z.core.$ZodIssue, path: readonly PropertyKey[]): readonly FieldFault[] {
  const param = paramOf(path);
  // zod tells a missing field by its type or choice; the API has a word of its own for it.
  if (issue.input === undefined && (issue.code === 'invalid_type' || issue.code === 'invalid_value' || issue.code === 'invalid_union')) {
    return [faultOf(param, 'required')];
  }
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => faultOf(paramOf([...path, key]), 'unknown_field'));
  if (issue.code === 'invalid_key' || issue.code === 'invalid_element') {
    return issue.issues.flatMap((inner) => faultsOf(inner, [...path, ...inner.path]));
  }
  if (issue.code === 'custom') return [customFault(param, issue.params)];
  const [code, values] = simpleFault(issue);
  return [faultOf(param, code, values)];
}

function customFault(param: string, params: unknown): FieldFault {
  const own = ownFault.safeParse(params);
  if (!own.success) return faultOf(param, 'invalid_format');
  const fault = faultOf(param, own.data.code);
  return own.data.detail ? { ...fault, detail: own.data.detail } : fault;
}

function simpleFault(issue: z.core.$ZodIssue): readonly [FieldCode, DetailValues] {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'int'
        ? ['not_integer', {}]
        : ['wrong_type', { expected: issue.expected === 'number' ? 'integer' : issue.expected }];
    case 'too_big':
      return isLength(issue.origin) ? ['too_long', { max: String(issue.maximum) }] : ['out_of_range', { range: atMost(issue.maximum) }];
    case 'too_small':
      return isLength(issue.origin) ? ['too_short', { min: String(issue.minimum) }] : ['out_of_range', { range: atLeast(issue) }];
    case 'invalid_value':
      return ['invalid_choice', { choices: listChoices(issue.values) }];
    case 'invalid_union':
      return unionFault(issue);
    default:
      return ['invalid_format', {}];
  }
}

function isLength(origin: string): boolean {
  return origin === 'string' || origin === 'array' || origin === 'set' || origin === 'object' || origin === 'map';
}

function atMost(maximum: number | bigint): Text {
  return { en: `of at most ${maximum}`, zh: `不超过 ${maximum} ` };
}

function atLeast(issue: z.core.$ZodIssueTooSmall): Text {
  const floor = issue.inclusive === false ? `above ${issue.minimum}` : `of at least ${issue.minimum}`;
  return { en: floor, zh: issue.inclusive === false ? `大于 ${issue.minimum} ` : `不小于 ${issue.minimum} ` };
}

function listChoices(values: readonly unknown[]): string {
  const shown = values.slice(0, maxChoicesShown).map(String).join(', ');
  return values.length > maxChoicesShown ? `${shown}, …` : shown;
}

/** A value that has the type of a member, such as an address that is neither IPv4 nor IPv6, is wrong in its format. */
function unionFault(issue: z.core.$ZodIssueInvalidUnion): readonly [FieldCode, DetailValues] {
  const mistyped = issue.errors.map((member) => member.flatMap((inner) => (inner.code === 'invalid_type' ? [inner.expected] : [])));
  if (mistyped.some((expected) => expected.length === 0)) return ['invalid_format', {}];
  return ['wrong_type', { expected: [...new Set(mistyped.flat())].join(' | ') }];
}
