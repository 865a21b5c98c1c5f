import { refuse } from '../../errors.ts';
import type { Step } from '../context.ts';
import { sendRefusal } from '../respond.ts';

/** An id in the path that cannot be anyone's is unknown before it is looked for: MariaDB compares ids, which are ASCII, with no other text. */
export function checkIds(): Step {
  return async (ctx, next) => {
    const isPossible = Object.values(ctx.params ?? {}).every((id) => /^[\x21-\x7e]{1,64}$/.test(id));
    return isPossible ? next() : sendRefusal(ctx, refuse('not_found'));
  };
}
