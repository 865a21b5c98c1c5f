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

export const newId = (prefix: string) => `${prefix}00${randomBytes(6).toString('hex').toUpperCase()}`;

export const problem = (status: number, type: string, reason: string, links?: Json): Answer =>
  jsonAnswer(status, {
    error: { type, code: status, message: reason.replaceAll('_', ' '), errors: [{ reason, message: reason, ...(links && { links }) }] },
  });

export const invalid = (reason: string) => problem(422, 'validation_failed', reason);
export const missing = () => problem(404, 'invalid_api_usage', 'resource_not_found');
export const refusedState = (reason: string) => problem(422, 'invalid_state', reason);

/** The answer to a key that has created something before: it names that thing. */
export const conflictWith = (id: string) => problem(409, 'invalid_state', 'idempotent_creation_conflict', { conflicting_resource_id: id });

export const isRecord = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
export const recordOf = (value: unknown): Json => (isRecord(value) ? value : {});
export const textOf = (value: unknown) => (typeof value === 'string' ? value : '');
export const isOnly = (json: Json, known: readonly string[]) => Object.keys(json).every((name) => known.includes(name));

/** At most three texts with names of at most 50 and contents of at most 500 characters. */
export function isMetadata(value: unknown): boolean {
  const all = Object.entries(recordOf(value));
  return all.length <= 3 && all.every(([name, text]) => name.length <= 50 && typeof text === 'string' && text.length <= 500);
}
