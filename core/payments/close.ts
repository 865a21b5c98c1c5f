import { abilitiesOf } from '../channels/abilities.ts';
import type { OpenAccount } from '../channels/accounts.ts';
import type { CloseOutcome } from '../contract/outcome.ts';
import type { Tx } from '../store/database.ts';
import { type AttemptRow, changeAttempt, readAttempts } from '../store/tables/attempts.ts';
import { type Cause, insertTransitions } from '../store/tables/history.ts';
import { changePayment, lockPayment, type PaymentRow, readPayment } from '../store/tables/payments.ts';
import { announcePayment } from './announce.ts';
import { check, gather } from './check.ts';
import type { Kernel } from './deps.ts';
import { type Evidence, isApproved } from './evidence.ts';
import { closeRetryMs } from './ladder.ts';
import { attemptRefOf, isNamed } from './request.ts';
import { settle } from './settle.ts';
import { canMoveAttempt, isLive, isPaid } from './states.ts';

export interface Closing {
  readonly paymentId: string;
  readonly reason: 'merchant' | 'expired';
  readonly cause: Cause;
}

/**
 * Closes a payment. The channel is asked to close each live attempt, and then whether it was paid
 * all the same; only its word ends the attempt. Until then the payment is `processing` with
 * `closing: true`, and the timer asks again. Of a payment that is already final, only attempts
 * that could still be paid are closed. Null: there is no such payment.
 */
export async function closePayment(kernel: Kernel, input: Closing): Promise<PaymentRow | null> {
  const begun = await beginClose(kernel, input);
  if (begun === null) return null;
  await Promise.all(begun.attempts.map((attempt) => closeAttempt(kernel, attempt, input.cause)));
  return begun.attempts.length === 0 ? begun.payment : readPayment(kernel.database, input.paymentId);
}

interface Begun {
  readonly payment: PaymentRow;
  readonly attempts: readonly AttemptRow[];
}

/** With the id of the payment's own move, which proves the commit. */
interface Beginning extends Closing {
  readonly transitionId: string;
}

/** Commits the wish to close, so that it survives whatever happens next. */
async function beginClose(kernel: Kernel, input: Closing): Promise<Begun | null> {
  const transitionId = kernel.newId('his_');
  const begin = async (tx: Tx) => {
    const before = await lockPayment(tx, input.paymentId);
    return before === null ? null : { before, begun: await beginInside(kernel, tx, before, { ...input, transitionId }) };
  };
  // Where the payment makes no move, nothing proves the commit; to begin again changes nothing then.
  const done = await kernel.database.transaction(begin, { table: 'history', id: transitionId });
  if (done === null) return null;
  if (done.begun.payment.state === 'closed') kernel.afterCommit({ before: done.before, payment: done.begun.payment });
  return done.begun;
}

async function beginInside(kernel: Kernel, tx: Tx, payment: PaymentRow, input: Beginning): Promise<Begun> {
  const now = kernel.clock.now().getTime();
  const all = await readAttempts(tx, payment.id);
  const live = all.filter((attempt) => isLive(attempt.state));
  const isHeld = payment.accepted_attempt_id === null && all.some((attempt) => isPaid(attempt.state));
  if (isHeld && live.length === 0) return { payment: await keepHeld(tx, payment), attempts: [] };
  const open = payment.state === 'pending' || payment.state === 'processing';
  if (open && live.length === 0) return { payment: await closeAtOnce(kernel, tx, payment, input, now), attempts: [] };
  const attempts = await markClosing(kernel, tx, live, input.cause, now);
  if (!open) return { payment, attempts };
  const changes = {
    state: 'processing',
    closing: 1,
    close_reason: payment.close_reason ?? input.reason,
    due_at: now + closeRetryMs(now - payment.created_at),
  } as const;
  if (payment.state === 'pending') {
    const transition = { subjectId: payment.id, from: 'pending', to: 'processing', cause: input.cause, at: now };
    await insertTransitions(tx, [{ id: input.transitionId, detail: 'closing', ...transition }]);
  }
  await inLock(payment.id, changePayment(tx, payment.id, payment.state, changes));
  return { payment: { ...payment, ...changes }, attempts };
}

/** What was read under the lock cannot have changed; if it has, nothing of this may be committed. */
async function inLock(id: string, written: Promise<boolean>): Promise<void> {
  if (!(await written)) throw new Error(`${id} changed inside a lock`);
}

/** Money that came in too small a sum waits for an operator: there is nothing to close, and nothing to come back for. */
async function keepHeld(tx: Tx, payment: PaymentRow): Promise<PaymentRow> {
  const changes = { closing: 0, due_at: null } as const;
  await inLock(payment.id, changePayment(tx, payment.id, payment.state, changes));
  return { ...payment, ...changes };
}

async function closeAtOnce(kernel: Kernel, tx: Tx, payment: PaymentRow, input: Beginning, now: number): Promise<PaymentRow> {
  const reason = payment.close_reason ?? input.reason;
  const changes = {
    state: 'closed',
    closing: 0,
    close_reason: reason,
    closed_at: now,
    due_at: null,
    sequence: payment.sequence + 1,
  } as const;
  await inLock(payment.id, changePayment(tx, payment.id, payment.state, changes));
  const transition = { subjectId: payment.id, from: payment.state, to: 'closed', cause: input.cause, at: now };
  await insertTransitions(tx, [{ id: input.transitionId, detail: reason, ...transition }]);
  const closed = { ...payment, ...changes };
  await announcePayment(kernel, tx, { eventId: kernel.newId('evt_'), type: 'payment.closed', payment: closed, now });
  return closed;
}

/** An attempt whose call is still under way is left alone: its answer comes first, and the timer comes back. */
export async function markClosing(
  kernel: Kernel,
  tx: Tx,
  live: readonly AttemptRow[],
  cause: Cause,
  now: number,
): Promise<readonly AttemptRow[]> {
  const closing: AttemptRow[] = live.filter((attempt) => attempt.state === 'closing');
  for (const attempt of live.filter((one) => canMoveAttempt(one.state, 'closing'))) {
    await inLock(attempt.id, changeAttempt(tx, attempt.id, attempt.state, { state: 'closing' }));
    const transition = { subjectId: attempt.id, from: attempt.state, to: 'closing', cause, at: now };
    await insertTransitions(tx, [{ id: kernel.newId('his_'), ...transition }]);
    closing.push({ ...attempt, state: 'closing' });
  }
  return closing;
}

/** Asks what became of an attempt; of one that was called off, with the wish to close it once more, because the first may be lost. */
export async function ask(kernel: Kernel, attempt: AttemptRow): Promise<void> {
  if (attempt.state === 'closing' && (await isCalledOff(kernel, attempt))) await closeAttempt(kernel, attempt, 'query');
  else await check(kernel, attempt.id, 'query');
}

/** Whether it is being closed and its payment is not. Where the payment is, the payment's own timer asks to close it. */
async function isCalledOff({ database }: Kernel, { payment_id: id }: AttemptRow): Promise<boolean> {
  const payment = await readPayment(database, id);
  return payment !== null && payment.closing === 0 && (payment.state === 'pending' || payment.state === 'processing');
}

/** Asks the channel to make one attempt unpayable, and settles what it turns out to be. */
export async function closeAttempt(kernel: Kernel, attempt: AttemptRow, cause: Cause): Promise<void> {
  const account = kernel.channels.accountOf(attempt);
  if (account === undefined) return;
  const closed = await askToClose(kernel, account, attempt);
  const found = await gather(kernel, attempt);
  const evidence = conclude(kernel, account, attempt, closed, found);
  if (evidence !== null) await settle(kernel, { attempt, evidence, cause });
}

async function askToClose(kernel: Kernel, account: OpenAccount, attempt: AttemptRow): Promise<CloseOutcome | null> {
  const { channel, manifest } = account;
  const { close, query } = abilitiesOf(manifest, attempt.product);
  if (channel.close === undefined || close === 'none') return null;
  if (query === 'by_channel_no' && !isNamed(attempt)) return null;
  return kernel.caller.call(account, 'close', async (call) => channel.close?.(attemptRefOf(attempt), call) as Promise<CloseOutcome>);
}

/** Money beats everything. Otherwise the attempt ends when the channel confirmed the close, or when its time there is over and it is unpaid. */
function conclude(
  kernel: Kernel,
  account: OpenAccount,
  attempt: AttemptRow,
  closed: CloseOutcome | null,
  found: Evidence | null,
): Evidence | null {
  if (found?.kind === 'paid' || found?.kind === 'paidOther' || found?.kind === 'mismatch') return found;
  const can = abilitiesOf(account.manifest, attempt.product);
  // Nobody but us can take this money, we never asked for it, and while a close is under way nobody does (capture.ts).
  if (can.capture !== 'none' && can.close === 'none' && attempt.capture_at === null) return { kind: 'closed' };
  const cannotAsk = found === null;
  const unpaid = found?.kind === 'closed' || found?.kind === 'notFound' || found?.kind === 'failed';
  if (closed?.kind === 'closed' && (unpaid || cannotAsk)) return { kind: 'closed' };
  const { settlingMs } = kernel.channels.settleRules(account.id);
  const now = kernel.clock.now().getTime();
  const isOver = now > attempt.expires_at + settlingMs;
  // An attempt whose answer never came was never shown to anybody: past its time there, nobody can pay it.
  const needsShopper = account.manifest.methods.some((method) => method.id === attempt.method && method.action !== 'none');
  const neverShown = cannotAsk && !isNamed(attempt) && needsShopper;
  if (isOver && neverShown) return { kind: 'closed' };
  const noWayToClose = can.close === 'none' && isOver;
  if (noWayToClose && (unpaid || found?.kind === 'waiting')) return { kind: 'closed' };
  // Its money was asked for, and the channel says long after the last time it could be that nobody took it.
  const isLeft = now > attempt.expires_at + settlingMs + kernel.timing.callMs;
  if (can.close === 'none' && isLeft && found !== null && isApproved(found)) return { kind: 'closed' };
  // Where nobody can be asked, time decides, unless the channel itself says that it was paid, or may know more later.
  const isUnasked = can.query === 'none' && (can.close === 'none' || closed?.kind === 'notFound');
  if (isOver && isUnasked) return { kind: 'closed' };
  return found?.kind === 'waiting' && closed?.kind === 'rejected' ? { ...found, refusesClose: true } : found;
}
