import type { Clock } from '../clock.ts';
import type { CheckoutSession } from './session.ts';
import { makeStamp, type Purpose, readStamp, type StampDeps } from './stamp.ts';

/** What a sign-in is for. Coming back with another purpose, or to another payment, the state is not its own. */
export interface SignIn {
  readonly session: Pick<CheckoutSession, 'payment' | 'current'>;
  readonly method: string;
  readonly accountId: string;
}

/** Twice the five minutes that WeChat's codes are good for. */
const lifeSec = 600;

/**
 * The `state` that a browser takes to the vendor and has to bring back: without it, a page from elsewhere could send a shopper
 * here with somebody else's code. It names the attempt before, so once an attempt began by it, it is spent.
 */
export function signInState(signIn: SignIn, deps: StampDeps): string {
  return makeStamp(purposeOf(signIn), deps);
}

/** Whether this sign-in is the one that the state was made for, by now and for the first time. */
export function isStateOf(state: string, signIn: SignIn, clock: Clock): boolean {
  return readStamp(state, purposeOf(signIn), { clock, lifeSec }) !== null;
}

function purposeOf({ session, method, accountId }: SignIn): Purpose {
  const { payment, current } = session;
  if (payment.checkout_token === null) throw new Error(`${payment.id} has no checkout`);
  return { secret: payment.checkout_token, facts: ['sign-in', payment.id, method, accountId, current?.id ?? null] };
}
