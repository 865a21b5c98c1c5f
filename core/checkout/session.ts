import type { App } from '../access/directory.ts';
import type { Action } from '../contract/outcome.ts';
import type { Kernel } from '../payments/deps.ts';
import { isChosenByShopper } from '../payments/request.ts';
import { isLive } from '../payments/states.ts';
import { isSameText } from '../same-text.ts';
import { type AttemptRow, readAttempts } from '../store/tables/attempts.ts';
import { type PaymentRow, readPayment } from '../store/tables/payments.ts';
import { mostAttempts } from './limits.ts';

/** What the checkout's address names. */
export interface Address {
  readonly paymentId: string;
  readonly token: string;
}

/**
 * Where the shopper stands. `choose`: no attempt is open. `act`: there is something to scan, open or read.
 * `confirming`: the shopper has acted, or an answer or a close is waited for. The others are ends.
 */
export type Phase = 'choose' | 'act' | 'confirming' | 'succeeded' | 'failed' | 'closed' | 'refunded';

/** A payment as its shopper may see it. */
export interface CheckoutSession {
  readonly payment: PaymentRow;
  readonly app: App;
  readonly phase: Phase;
  readonly action: Action | null;
  /** The attempt that is open; else the last one. */
  readonly current: AttemptRow | null;
  /** Methods that were begun before. */
  readonly tried: ReadonlySet<string>;
  /** Whether the shopper chooses the method, or the merchant has. */
  readonly isChoice: boolean;
  /** As many attempts were made as may be: no other begins. */
  readonly isSpent: boolean;
}

/** The payment of a checkout's address. Null: there is none, or the token is not its own. */
export async function readSession(kernel: Kernel, { paymentId, token }: Address): Promise<CheckoutSession | null> {
  const payment = await readPayment(kernel.database, paymentId);
  if (payment === null || payment.checkout_token === null || !isSameText(payment.checkout_token, token)) return null;
  const app = kernel.apps.get(payment.app_id);
  if (app === undefined) return null;
  const attempts = await readAttempts(kernel.database, payment.id);
  const current = attempts.findLast(({ state }) => isLive(state)) ?? attempts.at(-1) ?? null;
  const phase = phaseOf(payment);
  const action = phase === 'act' && payment.action !== null ? (JSON.parse(payment.action) as Action) : null;
  const tried = new Set(attempts.map(({ method }) => method));
  const [isChoice, isSpent] = [isChosenByShopper(payment), attempts.length >= mostAttempts];
  return { payment, app, phase, action, current, tried, isChoice, isSpent };
}

function phaseOf(payment: PaymentRow): Phase {
  switch (payment.state) {
    case 'pending':
      return payment.action === null ? 'choose' : 'act';
    case 'processing':
      return 'confirming';
    case 'success':
      return 'succeeded';
    default:
      return payment.state;
  }
}
