import { jsonAnswer } from '../../answers.ts';
import type { Outcome } from '../../once.ts';
import type { Answer } from '../../types.ts';

type ErrorType = 'security' | 'validation' | 'configuration' | 'internal';

/** A `ServiceError`. */
export function problem(status: number, errorCode: string, errorType: ErrorType, message: string): Answer {
  return jsonAnswer(status, { status, errorCode, message, errorType });
}

export const refuse = (answer: Answer): Outcome => ({ show: () => answer });

export const unauthorized = () => problem(401, '000', 'security', 'HTTP Status Response - Unauthorized');
export const foreignAccount = () => problem(403, '901', 'security', 'Invalid Merchant Account');
export const invalid = (message: string) => problem(422, '702', 'validation', message);
export const invalidAmount = () => problem(422, '137', 'validation', 'Invalid amount specified');
