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

/** Fourteen letters and digits; hexadecimal ones are some of them. */
export const newSuffix = () => randomBytes(7).toString('hex');

export const problem = (status: number, code: string, description: string): Answer =>
  jsonAnswer(status, { error: { code, description, source: 'business', step: 'payment_initiation', reason: 'input_validation_failed' } });

export const invalid = (description: string) => problem(400, 'BAD_REQUEST_ERROR', description);
export const missing = () => invalid('The id provided does not exist');

export const isRecord = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
export const isAmount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 100;
export const textOf = (value: unknown) => (typeof value === 'string' ? value : '');
export const seconds = (at: number) => Math.floor(at / 1000);
export const collection = (items: readonly unknown[]) => jsonAnswer(200, { entity: 'collection', count: items.length, items });

/** At most 15 notes of at most 256 characters. */
export function areNotes(value: unknown): boolean {
  if (value === undefined) return true;
  if (!isRecord(value) || Object.keys(value).length > 15) return false;
  return Object.entries(value).every(([name, text]) => typeof text === 'string' && name.length <= 256 && text.length <= 256);
}

/** The page of a list, by `count` (10, at most 100) and `skip`. */
export function pageOf<One>(wire: Wire, items: readonly One[]): readonly One[] {
  const asked = new URLSearchParams(wire.query);
  const skip = Number(asked.get('skip') ?? 0);
  return items.slice(skip, skip + Math.min(Number(asked.get('count') ?? 10), 100));
}
