import { randomBytes } from 'node:crypto';
import { jsonAnswer } from '../../answers.ts';
import type { Answer, Done, Twist, Wire } from '../../types.ts';
import type { Merchant } from './keys.ts';

export interface Found {
  readonly wire: Wire;
  readonly parts: readonly string[];
  readonly merchant: Merchant;
  readonly twist: Twist;
}
export type Handler = (found: Found) => Done;
export type Json = Readonly<Record<string, unknown>>;

const debugId = () => randomBytes(6).toString('hex');

export const problem = (status: number, name: string, issue: string | null, description = ''): Answer =>
  jsonAnswer(status, {
    name,
    ...(issue === null ? {} : { details: [{ issue, description: description || issue }] }),
    message: 'The request was not carried out.',
    debug_id: debugId(),
  });

export const malformed = (issue: string, field: string) => problem(400, 'INVALID_REQUEST', issue, field);
export const unprocessable = (issue: string) => problem(422, 'UNPROCESSABLE_ENTITY', issue);
export const missing = () => problem(404, 'RESOURCE_NOT_FOUND', 'INVALID_RESOURCE_ID');

export const isRecord = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
export const textOf = (value: unknown) => (typeof value === 'string' ? value : '');

/** The first member that is not among the known ones; null when there is none. */
export function strayOf(json: Json, known: readonly string[]): Answer | null {
  const stray = Object.keys(json).find((name) => !known.includes(name));
  return stray === undefined ? null : malformed('UNKNOWN_FIELD', stray);
}

/** The 17 capitals and digits of PayPal's numbers. An order and its capture differ in the last one alone. */
export const newBase = () => [...randomBytes(16)].map((byte) => 'ABCDEFGHJKLMNPRSTUVWXYZ23456789'[byte % 31]).join('');
export const orderIdOf = (captureId: string) => `${captureId.slice(0, 16)}X`;
export const captureIdOf = (orderId: string) => `${orderId.slice(0, 16)}C`;

const withoutDecimals = ['HUF', 'JPY', 'TWD'];
const withoutMinorUnits = ['JPY'];

/** Money of a request: the amount counts ISO 4217's minor units. A text is what is wrong with it. */
export function amountOf(value: unknown): { readonly amount: number; readonly currency: string } | string {
  if (!isRecord(value) || Object.keys(value).toSorted().join() !== 'currency_code,value') return 'INVALID_PARAMETER_SYNTAX';
  const currency = textOf(value['currency_code']);
  const parts = /^(0|[1-9][0-9]{0,12})(?:\.([0-9]+))?$/.exec(textOf(value['value']));
  if (!/^[A-Z]{3}$/.test(currency) || parts === null) return 'INVALID_PARAMETER_SYNTAX';
  const [, whole = '', fraction = ''] = parts;
  if (withoutDecimals.includes(currency) && fraction !== '') return 'DECIMALS_NOT_SUPPORTED';
  if (fraction.length > 2) return 'DECIMAL_PRECISION';
  const amount = Number(withoutMinorUnits.includes(currency) ? whole : `${whole}${fraction.padEnd(2, '0')}`);
  return amount > 0 ? { amount, currency } : 'CANNOT_BE_ZERO_OR_NEGATIVE';
}

export function moneyOf(amount: number, currency: string) {
  const digits = String(amount).padStart(3, '0');
  const whole = withoutMinorUnits.includes(currency) ? String(amount) : digits.slice(0, -2);
  const value = withoutDecimals.includes(currency) ? whole : `${whole}.${digits.slice(-2)}`;
  return { currency_code: currency, value };
}
