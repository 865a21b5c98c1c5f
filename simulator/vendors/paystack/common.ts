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

/** Ids are integers. */
export const newId = () => String(randomInt(1_000_000_000, 200_000_000_000));

export const problem = (status: number, code: string, message: string): Answer =>
  jsonAnswer(status, { status: false, message, type: status < 500 ? 'validation_error' : 'api_error', code });

export const good = (message: string, data: unknown): Answer => jsonAnswer(200, { status: true, message, data });
export const isAmount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;
export const textOf = (value: unknown) => (typeof value === 'string' ? value : '');
