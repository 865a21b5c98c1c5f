import { readAttempts } from '../store/tables/attempts.ts';
import { claimDue } from '../store/tables/due.ts';
import type { PaymentRow } from '../store/tables/payments.ts';
import { ask } from './close.ts';
import type { Kernel } from './deps.ts';
import { nextCheckMs } from './ladder.ts';
import { isLive } from './states.ts';

/** At most this often does reading a payment make us ask its channel. */
const onReadMs = 5000;

/** At most this many are asked about at once because of reads: the rest is left to the next look, and to the time the attempt is due. */
const maxUnderWay = 16;
/** How many payments are remembered as asked about. */
const maxRemembered = 10_000;

/** Is told of each payment that somebody looks at, and answers nothing: what it does happens behind the answer. */
export type AskOnRead = (payment: PaymentRow) => void;

/**
 * When somebody looks at a payment that is not final, its channel is asked, so that the next look
 * sees the truth. The claim on the attempt's row bounds it over all servers; what this server
 * remembers only spares it the reading of attempts that were asked about just now.
 */
export function createAskOnRead(kernel: Kernel): AskOnRead {
  const askedAt = new Map<string, number>();
  let underWay = 0;
  return (payment) => {
    if (payment.state !== 'pending' && payment.state !== 'processing') return;
    const now = kernel.clock.now().getTime();
    // No attempt is older than its payment.
    if (now - (askedAt.get(payment.id) ?? payment.created_at) < onReadMs || underWay >= maxUnderWay) return;
    remember(askedAt, payment.id, now);
    underWay += 1;
    askLive(kernel, payment.id)
      .catch((error: unknown) => kernel.log.error('asking on read failed', { payment: payment.id, error }))
      .finally(() => {
        underWay -= 1;
      });
  };
}

function remember(askedAt: Map<string, number>, paymentId: string, now: number): void {
  askedAt.delete(paymentId);
  askedAt.set(paymentId, now);
  const [oldest] = askedAt.keys();
  if (askedAt.size > maxRemembered && oldest !== undefined) askedAt.delete(oldest);
}

async function askLive(kernel: Kernel, paymentId: string): Promise<void> {
  const now = kernel.clock.now().getTime();
  for (const attempt of await readAttempts(kernel.database, paymentId)) {
    if (!isLive(attempt.state) || attempt.state === 'sending' || attempt.due_at === null) continue;
    if (now - (attempt.checked_at ?? attempt.created_at) < onReadMs) continue;
    const claim = { id: attempt.id, due_at: attempt.due_at, checks: attempt.checks };
    const next = now + nextCheckMs(attempt.state, attempt.checks);
    if (await claimDue(kernel.database, 'attempts', claim, now, next)) await ask(kernel, attempt);
  }
}
