import { randomBytes } from 'node:crypto';
import { jsonAnswer } from '../../answers.ts';
import type { Answer, Done, Twist, Wire } from '../../types.ts';
import type { Merchant } from './index.ts';

export interface Found {
  readonly wire: Wire;
  readonly parts: readonly string[];
  readonly merchant: Merchant;
  readonly twist: Twist;
}
export type Handler = (found: Found) => Done;
export type Json = Readonly<Record<string, unknown>>;

export const newId = () => randomBytes(12).toString('base64url');

export const problem = (status: number, category: string, code: string, detail = code): Answer =>
  jsonAnswer(status, { errors: [{ category, code, detail }] });

export const invalid = (code: string, detail: string) => problem(400, 'INVALID_REQUEST_ERROR', code, detail);
export const missing = (what: string) => problem(404, 'INVALID_REQUEST_ERROR', 'NOT_FOUND', `${what} not found`);
export const conflict = () => invalid('IDEMPOTENCY_KEY_REUSED', 'The key was used with other content');

export const isRecord = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
export const textOf = (value: unknown) => (typeof value === 'string' ? value : '');

/** The first member that the vendor does not know; null when there is none. */
export function strayOf(json: Json, known: readonly string[]): Answer | null {
  const stray = Object.keys(json).find((name) => !known.includes(name));
  return stray === undefined ? null : invalid('UNKNOWN_BODY_PARAMETER', stray);
}

/** The amount of a Money object that is all right, or null. */
export function amountOf(value: unknown): { readonly amount: number; readonly currency: string } | null {
  if (!isRecord(value) || Object.keys(value).length !== 2) return null;
  const { amount, currency } = value;
  const isAmount = Number.isSafeInteger(amount) && (amount as number) > 0;
  return isAmount && /^[A-Z]{3}$/.test(textOf(currency)) ? { amount: amount as number, currency: textOf(currency) } : null;
}
