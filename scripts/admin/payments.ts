import { maskText } from '../../core/mask.ts';
import type { Reader, Row } from '../../core/store/database.ts';
import { readStories, type Story } from '../../core/store/tables/archives.ts';
import { type AttemptRow, readAttempts } from '../../core/store/tables/attempts.ts';
import { type PostingRow, readPostingsOf } from '../../core/store/tables/ledger.ts';
import { type PaymentRow, readPayment } from '../../core/store/tables/payments.ts';
import { type RefundRow, readRefunds } from '../../core/store/tables/refunds.ts';
import type { Command } from './command.ts';

/** Payments, for whoever has to find out what happened. */
export const paymentCommands: readonly Command[] = [
  {
    name: 'payment show',
    doc: 'Shows all that is known of a payment: attempts, refunds, what happened when and why, and what the merchant was told.',
    options: { id: { kind: 'text', doc: 'The payment’s id.', required: true } },
    async run({ database }, given) {
      const id = given.text('id') ?? '';
      const payment = await readPayment(database, id);
      if (payment === null) return { kind: 'faults', faults: [`there is no payment ${id}`] };
      return { kind: 'done', facts: await gather(database, payment) };
    },
  },
];

/** Left out on purpose: what the shopper gave and has to do next (tokens, client secrets), and the request as it was sent. */
async function gather(database: Reader, payment: PaymentRow): Promise<Readonly<Record<string, unknown>>> {
  const [attempts, refunds] = await Promise.all([readAttempts(database, payment.id), readRefunds(database, payment.id)]);
  const subjects = [payment.id, ...attempts.map((one) => one.id), ...refunds.map((one) => one.id)];
  const stories = await readStories(database, [payment.id]);
  return {
    payment: showPayment(payment),
    attempts: attempts.map(showAttempt),
    refunds: refunds.map(showRefund),
    history: await readHistory(database, subjects, stories),
    ledger: (await readPostingsOf(database, payment.id)).map(showPosting),
    notifications: await readNotifications(database, subjects, stories),
  };
}

const time = (at: unknown): Date | null => (typeof at === 'number' ? new Date(at) : null);
const money = (amount: number, currency: string): string => `${amount} ${currency} (minor units)`;

/** A vendor’s words may quote what we sent it. */
const words = (stored: unknown): string | null => (typeof stored === 'string' ? maskText(stored) : null);

function showPayment(row: PaymentRow) {
  return {
    id: row.id,
    app: row.app_id,
    merchant_order_no: row.merchant_order_no,
    livemode: row.livemode === 1,
    state: row.state,
    closing: row.closing === 1,
    close_reason: row.close_reason,
    exception: row.exception,
    amount: money(row.amount, row.currency),
    paid: money(row.amount_paid, row.currency),
    refunded: money(row.amount_refunded, row.currency),
    set_aside_for_refunds: money(row.refund_reserved, row.currency),
    method: row.method,
    channel: row.channel,
    subject: row.subject,
    failure: words(row.failure),
    accepted_attempt: row.accepted_attempt_id,
    created_at: time(row.created_at),
    expires_at: time(row.expires_at),
    succeeded_at: time(row.succeeded_at),
    closed_at: time(row.closed_at),
    next_look_at: time(row.due_at),
  };
}

const showPosting = (row: PostingRow) => ({
  entry: row.entry_id,
  account: row.account_id,
  amount: money(row.amount, row.currency),
  note: row.note,
  posted_at: time(row.posted_at),
});

function showAttempt(row: AttemptRow) {
  return {
    id: row.id,
    number: row.number,
    state: row.state,
    method: row.method,
    account: `${row.account_id} (version ${row.account_version})`,
    channel_no: row.channel_no,
    session_no: row.session_no,
    paid: money(row.amount_paid, row.currency_paid ?? row.currency),
    failure: words(row.failure),
    created_at: time(row.created_at),
    succeeded_at: time(row.succeeded_at),
    ended_at: time(row.ended_at),
    asked: row.checks,
    next_look_at: time(row.due_at),
  };
}

function showRefund(row: RefundRow) {
  return {
    id: row.id,
    merchant_refund_no: row.merchant_refund_no,
    number: row.number,
    kind: row.kind,
    state: row.state,
    exception: row.exception,
    amount: money(row.amount, row.currency),
    reason: row.reason,
    channel_no: row.channel_no,
    failure: words(row.failure),
    created_at: time(row.created_at),
    succeeded_at: time(row.succeeded_at),
    ended_at: time(row.ended_at),
    asked: row.checks,
    next_look_at: time(row.due_at),
  };
}

const marks = (list: readonly string[]): string => list.map(() => '?').join(', ');

async function readHistory(database: Reader, subjects: readonly string[], stories: readonly Story[]) {
  // Ids made within one millisecond are in no order; what begins comes first.
  const sql = `SELECT * FROM history WHERE subject_id IN (${marks(subjects)}) ORDER BY created_at, from_state IS NOT NULL, id`;
  const rows = await database.all(sql, subjects);
  return [...stories.flatMap((story) => story.history.toSorted(inTime)), ...rows].map((row) => ({
    at: time(row['created_at']),
    what: `${row['subject_id']}: ${row['from_state'] ?? 'new'} → ${row['to_state']}, by ${row['cause']}`,
    ...(row['detail'] === null ? {} : { detail: words(row['detail']) }),
  }));
}

/** As the query of the history sorts. */
function inTime(a: Row, b: Row): number {
  const key = (row: Row) => [Number(row['created_at']), row['from_state'] === null ? 0 : 1] as const;
  const [[atA, beganA], [atB, beganB]] = [key(a), key(b)];
  return atA - atB || beganA - beganB || (String(a['id']) < String(b['id']) ? -1 : 1);
}

async function readNotifications(database: Reader, subjects: readonly string[], stories: readonly Story[]) {
  const list = marks(subjects);
  const recent = await database.all(`SELECT id, type, created_at FROM events WHERE subject_id IN (${list}) ORDER BY id`, subjects);
  const ids = ['', ...recent.map((row) => String(row['id']))];
  const sent = await database.all(`SELECT * FROM deliveries WHERE event_id IN (${marks(ids)}) ORDER BY id`, ids);
  const events = [...stories.flatMap((story) => story.events), ...recent];
  const deliveries = [...stories.flatMap((story) => story.deliveries), ...sent];
  return events.map((event) => ({
    event: event['id'],
    type: event['type'],
    at: time(event['created_at']),
    deliveries: deliveries.filter((one) => one['event_id'] === event['id']).map(showDelivery),
  }));
}

function showDelivery(row: Row) {
  return {
    to: withoutQuery(String(row['url'])),
    endpoint: row['endpoint_id'],
    state: row['state'],
    tries: row['tries'],
    last_status: row['status'],
    last_error: words(row['error']),
    delivered_at: time(row['delivered_at']),
    next_try_at: time(row['due_at']),
  };
}

/** Merchants put tokens into the query of their addresses. */
function withoutQuery(address: string): string {
  const url = URL.parse(address);
  return url === null ? '-' : `${url.origin}${url.pathname}${url.search === '' ? '' : '?…'}`;
}
