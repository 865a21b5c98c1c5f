import { randomInt } from 'node:crypto';
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

const letters = 'abcdefghijklmnopqrstuvwxyz234567';

/** Twenty-six letters and digits of base 32, as the vendor's ids have them. */
export const newSuffix = () => Array.from({ length: 26 }, () => letters[randomInt(32)]).join('');

/** Errors without codes have no body at all. */
export const problem = (status: number, type: string, ...codes: string[]): Answer =>
  codes.length === 0
    ? { status, headers: {}, body: '' }
    : jsonAnswer(status, { request_id: newSuffix(), error_type: type, error_codes: codes });

export const invalid = (...codes: string[]) => problem(422, 'request_invalid', ...codes);
export const missing = () => problem(404, '');
export const isRecord = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
export const isAmount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;
export const textOf = (value: unknown) => (typeof value === 'string' ? value : '');
export const strayOf = (json: Json, known: readonly string[]) => Object.keys(json).find((name) => !known.includes(name));
