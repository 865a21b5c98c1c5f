import { type AttemptRow, readAttempt, readAttempts } from '../store/tables/attempts.ts';
import { claimDue, type Due } from '../store/tables/due.ts';
import { lockPayment, readPayment } from '../store/tables/payments.ts';
import { ask, closeAttempt, closePayment, markClosing } from './close.ts';
import type { Kernel } from './deps.ts';
import { closeRetryMs, nextCheckMs } from './ladder.ts';
import { isLive, isPaid } from './states.ts';

/** Looks after a payment whose time has come: expired, closing, or final with attempts that could still be paid. */
export async function attendPayment(kernel: Kernel, due: Due): Promise<void> {
  const now = kernel.clock.now().getTime();
  const before = await readPayment(kernel.database, due.id);
  const again = now + closeRetryMs(now - (before?.created_at ?? now));
  if (!(await claimDue(kernel.database, 'payments', due, now, again))) return;
  await closePayment(kernel, { paymentId: due.id, reason: 'expired', cause: 'timer' });
  const payment = await readPayment(kernel.database, due.id);
  const attempts = await readAttempts(kernel.database, due.id);
  const isOpen = payment?.state === 'pending' || payment?.state === 'processing';
  if (isOpen || attempts.some((attempt) => isLive(attempt.state))) return;
  await letGo(kernel, 'payments', due.id, again);
}

/** Asks about an attempt whose time has come. The next time is written before the question is put. */
export async function attendAttempt(kernel: Kernel, due: Due): Promise<void> {
  const attempt = await readAttempt(kernel.database, due.id);
  if (attempt === null || isPaid(attempt.state)) return;
  const now = kernel.clock.now().getTime();
  const next = nextLook(attempt, now, due.checks);
  if (!(await claimDue(kernel.database, 'attempts', due, now, next))) return;
  await (isOver(attempt, now) ? closeExpired(kernel, attempt) : ask(kernel, attempt));
  const hasEnded = !isLive(attempt.state) && attempt.ended_at !== null;
  if (hasEnded && now - attempt.ended_at >= hintsEndMs) await letGo(kernel, 'attempts', due.id, next);
}

/** At the end of its time at the latest. */
function nextLook(attempt: AttemptRow, now: number, checks: number): number {
  const next = now + nextCheckMs(attempt.state, checks);
  return now < attempt.expires_at ? Math.min(next, attempt.expires_at) : next;
}

/** Its time is over and nobody acted. An attempt whose answer was lost is asked about first. */
function isOver({ state, expires_at }: AttemptRow, now: number): boolean {
  return state === 'waiting' && now >= expires_at;
}

/**
 * An attempt that ends before its payment does, because the shopper may choose again. One whose payment ends with it is
 * closed with the payment.
 */
async function closeExpired(kernel: Kernel, attempt: AttemptRow): Promise<void> {
  const begun = await beginEnd(kernel, attempt);
  await (begun === null ? ask(kernel, attempt) : closeAttempt(kernel, begun, 'timer'));
}

/** Commits the wish to close it. Null: the payment is on its way to its own end. */
async function beginEnd(kernel: Kernel, { id, payment_id: paymentId }: AttemptRow): Promise<AttemptRow | null> {
  const now = kernel.clock.now().getTime();
  return kernel.database.transaction(async (tx) => {
    const payment = await lockPayment(tx, paymentId);
    const attempt = await readAttempt(tx, id);
    if (payment?.state !== 'pending' || attempt?.state !== 'waiting' || now >= payment.expires_at) return null;
    const [closing] = await markClosing(kernel, tx, [attempt], 'timer', now);
    return closing ?? null;
  });
}

/**
 * An attempt that has ended is asked about only because a callback said that there is news. Where no answer can be had for so
 * long (the channel cannot be asked, its account is gone), asking for ever would bring no more; the next callback asks again.
 */
const hintsEndMs = 30 * 86_400_000;

/** Makes a row due no more, unless something has moved its time since. */
async function letGo(kernel: Kernel, table: 'payments' | 'attempts', id: string, dueAt: number): Promise<void> {
  await kernel.database.transaction((tx) => tx.run(`UPDATE ${table} SET due_at = NULL WHERE id = ? AND due_at = ?`, [id, dueAt]));
}
