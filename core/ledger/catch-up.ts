import type { Database, Tx } from '../store/database.ts';
import { type AttemptRow, readAttemptsOf } from '../store/tables/attempts.ts';
import { readTakenBack } from '../store/tables/history.ts';
import { type Backlog, endBacklog, moveBacklog, readBacklog, readEntryIdsOf, readPaidPayments } from '../store/tables/ledger.ts';
import { lockPayments, type PaymentRow } from '../store/tables/payments.ts';
import { type RefundRow, readRefundsOf } from '../store/tables/refunds.ts';
import { paidEntry, refundCreatedEntry, refundFailedEntry, refundSucceededEntry, takenBackEntry } from './entries.ts';
import type { Entry } from './entry.ts';
import { postEntries } from './post.ts';

/** Payments whose rows one transaction keeps. */
const atOnce = 200;

/**
 * Posts what was paid and refunded before there was a ledger, a page of payments at a time; answers whether there may be more.
 * Each page is looked at under the locks of its payments and only what is missing is posted, under the causes that it would
 * have today: it may be run any number of times, by any number of servers, while payments are settled.
 */
export async function catchUp(database: Database): Promise<boolean> {
  const backlog = await readBacklog(database);
  if (backlog === null) return false;
  const ids = await readPaidPayments(database, backlog.done_to, atOnce);
  await database.transaction((tx) => (ids.length === 0 ? endBacklog(tx, backlog) : postPage(tx, backlog, ids)));
  return true;
}

async function postPage(tx: Tx, backlog: Backlog, ids: readonly string[]): Promise<void> {
  // Another server is at the same page: it posts what is missing.
  if (!(await moveBacklog(tx, backlog, ids.at(-1) ?? ''))) return;
  const payments = await lockPayments(tx, ids);
  const attempts = await readAttemptsOf(tx, ids);
  const refunds = await readRefundsOf(tx, ids);
  const takenBack = await readTakenBack(
    tx,
    attempts.map(({ id }) => id),
  );
  const posted = await readEntryIdsOf(tx, ids);
  const entries = [...payments.values()].flatMap((payment) => {
    const own = attempts.filter((attempt) => attempt.payment_id === payment.id);
    const back = refunds.filter((refund) => refund.payment_id === payment.id);
    return [...entriesOfAttempts(payment, own, takenBack), ...entriesOfRefunds(payment, own, back)];
  });
  await postEntries(
    tx,
    entries.filter(({ id }) => !posted.has(id)),
  );
}

function entriesOfAttempts(payment: PaymentRow, attempts: readonly AttemptRow[], takenBack: ReadonlyMap<string, number>): readonly Entry[] {
  return attempts
    .filter(({ state }) => state === 'succeeded' || state === 'succeeded_late')
    .flatMap((attempt) => {
      const accepted = payment.accepted_attempt_id === attempt.id ? payment.amount : 0;
      const reversedAt = takenBack.get(attempt.id);
      const paid = paidEntry(payment, attempt, accepted, attempt.ended_at ?? payment.created_at);
      return reversedAt === undefined ? [paid] : [paid, takenBackEntry(payment, attempt, reversedAt)];
    });
}

function entriesOfRefunds(payment: PaymentRow, attempts: readonly AttemptRow[], refunds: readonly RefundRow[]): readonly Entry[] {
  return refunds.flatMap((refund) => {
    const created = refundCreatedEntry(payment, refund, refund.created_at);
    const at = refund.ended_at ?? refund.created_at;
    if (refund.state === 'failed') return [created, refundFailedEntry(payment, refund, at)];
    if (refund.state !== 'succeeded') return [created];
    const account = attempts.find(({ id }) => id === refund.attempt_id)?.account_id ?? 'none';
    return [created, refundSucceededEntry(payment, refund, account, at)];
  });
}
