import { setTimeout as wait } from 'node:timers/promises';
import { firstId, makeId } from '../ids.ts';
import { isOpenRefund } from '../refunds/states.ts';
import type { Database, Reader, Row } from '../store/database.ts';
import { moveStories, packStories, type Story } from '../store/tables/archives.ts';
import { type AttemptRow, readAttemptsOf } from '../store/tables/attempts.ts';
import { takenBackDetail } from '../store/tables/history.ts';
import { lockPayments, type PaymentRow, readPayments } from '../store/tables/payments.ts';
import { type RefundRow, readRefundsOf } from '../store/tables/refunds.ts';
import { isFinal, isLive } from './states.ts';

/** Payments of one transaction, rows that it takes away at most, and payments of one run: the rest is the next hour's. */
const [atOnce, mostRows, mostPayments] = [100, 5000, 50_000];
/** Steps of histories that are looked through at once. */
const looksAt = 500;
/** The embedded database answers without ever giving way: with no pause at all, nobody else in this process would have a turn. */
const breathMs = 10;

export interface Archiving {
  readonly database: Database;
  readonly now: Date;
  /** Nothing moves of a payment to which something has happened since. */
  readonly before: Date;
}

/**
 * Moves what happened to finished payments, and what was told of it, into the archive; answers of how many. The rows by which money
 * is found and decided on stay: payments, attempts, refunds and postings (decision 29). Killed at any moment, it goes on with what is left.
 */
export async function archiveFinished(archiving: Archiving): Promise<number> {
  const last = firstId('his_', archiving.before);
  const sql = `SELECT id, subject_id FROM history WHERE id > ? AND id < ? ORDER BY id LIMIT ${looksAt}`;
  let moved = 0;
  for (let after = ''; moved < mostPayments; ) {
    const steps = await archiving.database.all(sql, [after, last]);
    const payments = await paymentsOf(
      archiving.database,
      steps.map((step) => String(step['subject_id'])),
    );
    for (let from = 0; from < payments.length; from += atOnce) moved += await movePage(archiving, payments.slice(from, from + atOnce));
    if (steps.length < looksAt) break;
    after = String(steps.at(-1)?.['id']);
    await wait(breathMs);
  }
  return moved;
}

/** Whose steps these are. An attempt makes none without its payment; a refund may, of a payment that was archived before. */
async function paymentsOf(reader: Reader, subjects: readonly string[]): Promise<readonly string[]> {
  const refunds = subjects.filter((id) => id.startsWith('rfd_'));
  const refunded = await readBy(reader, 'refunds', 'id', [...new Set(refunds)]);
  const own = subjects.filter((id) => id.startsWith('pay_'));
  return [...new Set([...own, ...refunded.map((row) => String(row['payment_id']))])].toSorted();
}

async function movePage({ database, now, before }: Archiving, ids: readonly string[]): Promise<number> {
  const cases = (await readCases(database, ids)).filter((one) => isAtRest(one, before.getTime()));
  const chosen = withinRows(cases);
  if (chosen.length === 0) return 0;
  const stories = chosen.map(({ story }) => story);
  const content = await packStories(stories);
  const id = makeId('arc_', now);
  const isMoved = await database
    .transaction(
      async (tx) => {
        const locked = await lockPayments(
          tx,
          chosen.map(({ payment }) => payment.id),
        );
        // Whatever writes to a payment counts its version up, as the lock has done just now.
        const isSame = chosen.every(({ payment }) => locked.get(payment.id)?.version === payment.version + 1);
        if (!isSame || !(await moveStories(tx, { id, stories, content, at: now.getTime() }))) throw new Changed();
        return true;
      },
      { table: 'archives', id },
    )
    .catch((error: unknown) => {
      if (error instanceof Changed) return false;
      throw error;
    });
  return isMoved ? chosen.length : 0;
}

/** Somebody wrote to one of the payments in between: none moves now, and all are looked at again in an hour. */
class Changed extends Error {}

interface Case {
  readonly payment: PaymentRow;
  readonly attempts: readonly AttemptRow[];
  readonly refunds: readonly RefundRow[];
  readonly isDisputed: boolean;
  readonly story: Story;
}

/** The version is read first: whatever changes while the rest is read is noticed under the lock. */
async function readCases(reader: Reader, ids: readonly string[]): Promise<readonly Case[]> {
  const payments = await readPayments(reader, ids);
  if (payments.length === 0) return [];
  const attempts = Map.groupBy(await readAttemptsOf(reader, ids), (row) => row.payment_id);
  const refunds = Map.groupBy(await readRefundsOf(reader, ids), (row) => row.payment_id);
  const parts = payments.map((payment) => {
    const own = { payment, attempts: attempts.get(payment.id) ?? [], refunds: refunds.get(payment.id) ?? [] };
    return { ...own, subjects: [payment.id, ...own.attempts.map(({ id }) => id), ...own.refunds.map(({ id }) => id)] };
  });
  const subjects = parts.flatMap((part) => part.subjects);
  const history = await readBy(reader, 'history', 'subject_id', subjects);
  const events = await readBy(reader, 'events', 'subject_id', subjects);
  const deliveries = await readBy(reader, 'deliveries', 'event_id', idsOf(events));
  const tries = await readBy(reader, 'delivery_attempts', 'delivery_id', idsOf(deliveries));
  const disputes = await readBy(reader, 'discrepancies', 'subject_id', subjects);
  const disputed = new Set(disputes.filter((row) => row['state'] !== 'resolved').map((row) => row['subject_id']));
  return parts.map(({ subjects: own, ...part }) => {
    const told = pick(events, 'subject_id', own);
    const sent = pick(deliveries, 'event_id', idsOf(told));
    const story = {
      payment: part.payment.id,
      history: pick(history, 'subject_id', own),
      events: told,
      deliveries: sent,
      tries: pick(tries, 'delivery_id', idsOf(sent)),
    };
    return { ...part, story, isDisputed: own.some((subject) => disputed.has(subject)) };
  });
}

const idsOf = (rows: readonly Row[]): readonly string[] => rows.map((row) => String(row['id']));

function pick(rows: readonly Row[], column: string, keys: readonly string[]): readonly Row[] {
  const wanted = new Set<unknown>(keys);
  return rows.filter((row) => wanted.has(row[column]));
}

async function readBy(reader: Reader, table: string, column: string, keys: readonly string[]): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (let from = 0; from < keys.length; from += looksAt) {
    const chunk = keys.slice(from, from + looksAt);
    rows.push(...(await reader.all(`SELECT * FROM ${table} WHERE ${column} IN (${chunk.map(() => '?').join(', ')}) ORDER BY id`, chunk)));
  }
  return rows;
}

/** Nothing can come of it by itself any more, nobody has still to be told or to decide, and all of it is old. */
function isAtRest({ payment, attempts, refunds, isDisputed, story }: Case, before: number): boolean {
  const isDone = isFinal(payment.state) && payment.exception === null && payment.refund_reserved === 0 && payment.due_at === null;
  const isQuiet = attempts.every(({ state, due_at }) => !isLive(state) && due_at === null);
  const isSettled = refunds.every(({ state, exception }) => !isOpenRefund(state) && exception === null);
  const happened = [...story.history, ...story.events];
  const isOld = happened.length > 0 && happened.every((row) => Number(row['created_at']) < before);
  const isTold = story.deliveries.every((row) => row['state'] !== 'pending');
  // What decides whether money is taken back a second time.
  const isKept = story.history.some((row) => row['detail'] === takenBackDetail);
  return isDone && isQuiet && isSettled && isOld && isTold && !isDisputed && !isKept;
}

/** As many of the first as have no more rows than a transaction may hold up payments for; one at least. */
function withinRows(cases: readonly Case[]): readonly Case[] {
  let rows = 0;
  return cases.filter(({ story }, index) => {
    rows += story.history.length + story.events.length + story.deliveries.length + story.tries.length;
    return index === 0 || rows <= mostRows;
  });
}
