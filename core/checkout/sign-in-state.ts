import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { CheckoutSession } from './session.ts';

/** What a sign-in is for. Coming back with another purpose, or to another payment, the state is not its own. */
export interface SignIn {
  readonly session: Pick<CheckoutSession, 'payment' | 'current'>;
  readonly method: string;
  readonly accountId: string;
}

/** Twice the five minutes that WeChat's codes are good for. */
const lifeSec = 600;
const form = /^([0-9a-f]{32})([0-9a-f]{8})([0-9a-f]{64})$/;

/**
 * The `state` that a browser takes to the vendor and has to bring back: without it, a page from elsewhere could send a shopper
 * here with somebody else's code. Nothing is stored. It names the attempt before, so once an attempt began by it, it is spent.
 * Hex and 104 characters, because WeChat keeps 128 bytes of letters and digits alone.
 */
export function signInState(signIn: SignIn, deps: { readonly clock: Clock; readonly newToken: () => string }): string {
  const nonce = Buffer.from(deps.newToken(), 'base64url').toString('hex');
  const at = nowSec(deps.clock).toString(16).padStart(8, '0');
  return `${nonce}${at}${macOf(signIn, nonce, at)}`;
}

/** Whether this sign-in is the one that the state was made for, by now and for the first time. */
export function isStateOf(state: string, signIn: SignIn, clock: Clock): boolean {
  const [, nonce, at, mac] = form.exec(state) ?? [];
  if (nonce === undefined || at === undefined || mac === undefined) return false;
  const isOurs = timingSafeEqual(Buffer.from(mac), Buffer.from(macOf(signIn, nonce, at)));
  const ageSec = nowSec(clock) - Number.parseInt(at, 16);
  // Servers' clocks differ: one may be asked about a state that another one makes a moment from now.
  return isOurs && ageSec < lifeSec && ageSec > -lifeSec;
}

function macOf({ session, method, accountId }: SignIn, nonce: string, at: string): string {
  const { payment, current } = session;
  if (payment.checkout_token === null) throw new Error(`${payment.id} has no checkout`);
  const facts = JSON.stringify(['sign-in', payment.id, method, accountId, current?.id ?? null, nonce, at]);
  return createHmac('sha256', payment.checkout_token).update(facts).digest('hex');
}

function nowSec(clock: Clock): number {
  return Math.floor(clock.now().getTime() / 1000);
}
