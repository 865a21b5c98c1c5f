import { refuse } from '../../errors.ts';
import { DatabaseUnavailable } from '../../store/database.ts';
import type { Step } from '../context.ts';
import { sendRefusal } from '../respond.ts';

/** How long a client should wait when the database is away. */
const unavailableRetrySec = 2;

/** Turns whatever is thrown into an answer that tells nothing of the inside. */
export function catchErrors(onError: (error: unknown, requestId: string) => void): Step {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      onError(error, ctx.state.requestId);
      const refusal =
        error instanceof DatabaseUnavailable ? refuse('unavailable', { retryAfterSec: unavailableRetrySec }) : refuse('internal');
      sendRefusal(ctx, refusal);
    }
  };
}
