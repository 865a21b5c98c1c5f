import { jsonAnswer } from '../../answers.ts';
import { fromChinaText } from '../../time.ts';
import type { Answer } from '../../types.ts';

/** The platform's refusal, before the business is asked. */
export const refused = (code: string, message: string): Answer => jsonAnswer(400, { code, message, subCode: '', subMessage: '' });

/** The end that a request gives an order; a day when it gives none, null when it cannot be read. */
export const expiryOf = (text: string | undefined, now: number) => (text === undefined ? now + 24 * 3_600_000 : fromChinaText(text));
