import { createHash } from 'node:crypto';
import { type Answer, type Done, honest, type Order, type Twist } from './types.ts';
import type { World } from './world.ts';

/** What was done for a request, with its answer still open to be spoiled. */
export interface Outcome {
  readonly show: (twist: Twist) => Answer;
  readonly order?: Order;
  readonly afterwards?: () => void;
}

/** A request that the vendor carries out once. */
export interface OnceRequest {
  readonly account: string;
  /** From a header or a field of the body; null when the merchant gave none, and then it is carried out every time. */
  readonly key: string | null;
  /** What must be the same the next time. */
  readonly content: string | Buffer;
  readonly twist: Twist;
}

/** How the vendor treats a key that comes again. */
export interface OnceRules {
  /** The answer to a known key with other content. */
  readonly conflict: () => Answer;
  /** What a repeat is answered; the same again when absent. */
  readonly replay?: (answer: Answer) => Answer;
  /** Which answers are kept; those below 400 when absent, so that a mended request may use the key again. */
  readonly keeps?: (answer: Answer) => boolean;
}

/**
 * Carries a request out, or says again what its key has been answered. What happened and the answer are
 * one line of the journal, so `run` must not wait for anything: sign the answer afterwards.
 */
export function answerOnce(world: World<unknown>, asked: OnceRequest, rules: OnceRules, run: () => Outcome): Done {
  const key = `${world.channel}/${asked.account}/${asked.key}`;
  const request = createHash('sha256').update(asked.content).digest('base64');
  const earlier = asked.key === null ? undefined : world.store.findAnswer(key);
  if (earlier !== undefined && earlier.request !== request) return { answer: rules.conflict() };
  if (earlier !== undefined) {
    const answer: Answer = { status: earlier.status, headers: earlier.headers ?? {}, body: earlier.body };
    return { answer: rules.replay?.(answer) ?? answer };
  }
  const outcome = world.store.atOnce(() => {
    const done = run();
    const answer = done.show(honest);
    const keeps = rules.keeps?.(answer) ?? answer.status < 400;
    if (asked.key !== null && keeps) world.store.saveAnswer({ key, request, ...answer });
    return done;
  });
  const { order, afterwards } = outcome;
  return { answer: outcome.show(asked.twist), ...(order && { order }), ...(afterwards && { afterwards }) };
}
