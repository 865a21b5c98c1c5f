import { readAttempts } from '../store/tables/attempts.ts';
import { claimDue } from '../store/tables/due.ts';
import type { PaymentRow } from '../store/tables/payments.ts';
import { check } from './check.ts';
import type { Kernel } from './deps.ts';
import { nextCheckMs } from './ladder.ts';
import { isLive } from './states.ts';

/** At most this often does reading a payment make us ask its channel. */
const onReadMs = 5000;

/**
 * Somebody looks at a payment that is not final: its channel is asked behind the answer, so that
 * the next look sees the truth. The claim on the attempt's row bounds it, however many look.
 */
export function askOnRead(kernel: Kernel, payment: PaymentRow): void {
  if (payment.state !== 'pending' && payment.state !== 'processing') return;
  askLive(kernel, payment.id).catch((error: unknown) => kernel.log.error('asking on read failed', { payment: payment.id, error }));
}

async function askLive(kernel: Kernel, paymentId: string): Promise<void> {
  const now = kernel.clock.now().getTime();
  for (const attempt of await readAttempts(kernel.database, paymentId)) {
    if (!isLive(attempt.state) || attempt.state === 'sending' || attempt.due_at === null) continue;
    if (now - (attempt.checked_at ?? attempt.created_at) < onReadMs) continue;
    const claim = { id: attempt.id, due_at: attempt.due_at, checks: attempt.checks };
    const next = now + nextCheckMs(attempt.state, attempt.checks);
    if (await claimDue(kernel.database, 'attempts', claim, now, next)) await check(kernel, attempt.id, 'query');
  }
}
