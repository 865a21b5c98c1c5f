import { attemptMoves, paymentMoves } from '../../core/payments/states.ts';
import { refundMoves } from '../../core/refunds/states.ts';
import type { Reader } from '../../core/store/database.ts';
import type { AttemptRow } from '../../core/store/tables/attempts.ts';
import type { PaymentRow } from '../../core/store/tables/payments.ts';
import type { RefundRow } from '../../core/store/tables/refunds.ts';

/** What really happened at a vendor, as the simulator's truth log has it. */
export interface TruthEntry {
  readonly kind: 'charge' | 'refund' | 'close';
  readonly number: string;
  readonly amount: number;
  readonly currency: string;
}

interface HistoryRow {
  readonly subject_id: string;
  readonly from_state: string | null;
  readonly to_state: string;
}

interface EventRow {
  readonly subject_id: string;
  readonly type: string;
  readonly sequence: number;
}

interface Books {
  readonly payments: readonly PaymentRow[];
  readonly attempts: readonly AttemptRow[];
  readonly refunds: readonly RefundRow[];
  readonly history: readonly HistoryRow[];
  readonly events: readonly EventRow[];
  readonly stalled: readonly { readonly id: string }[];
  /** Null: there is no truth log to compare with. */
  readonly truth: readonly TruthEntry[] | null;
}

/**
 * Everything that must hold of the books at rest, and between them and what vendors really did: no
 * charge without its success and no success without its charge, one accepted success a payment,
 * counters that are the sums of refunds, legal histories, gapless events, and nothing that waits
 * without a time. Answers what does not hold, in words; empty when all does.
 */
export async function checkMoney(reader: Reader, truth: readonly TruthEntry[] | null = null): Promise<readonly string[]> {
  const all = async <T>(sql: string) => (await reader.all(sql)) as unknown as readonly T[];
  const books: Books = {
    payments: await all('SELECT * FROM payments'),
    attempts: await all('SELECT * FROM attempts'),
    refunds: await all('SELECT * FROM refunds'),
    history: await all('SELECT subject_id, from_state, to_state FROM history'),
    events: await all('SELECT subject_id, type, sequence FROM events'),
    stalled: await all("SELECT id FROM deliveries WHERE state = 'pending' AND due_at IS NULL"),
    truth,
  };
  const checks = [
    amounts,
    successes,
    oneAtATime,
    numbers,
    extraMoney,
    counters,
    charges,
    refundsMade,
    histories,
    eventsTold,
    nothingStalls,
  ];
  return checks.flatMap((check) => [...check(books)]);
}

const isPaid = ({ state }: AttemptRow) => state === 'succeeded' || state === 'succeeded_late';
const isLive = ({ state }: AttemptRow) => ['sending', 'waiting', 'processing', 'unknown', 'closing'].includes(state);
const isOpen = ({ state }: RefundRow) => ['created', 'sending', 'unknown', 'processing'].includes(state);
const sum = (rows: readonly { readonly amount: number }[]) => rows.reduce((total, { amount }) => total + amount, 0);
const groupBy = <T>(rows: readonly T[], key: (row: T) => string): ReadonlyMap<string, readonly T[]> => Map.groupBy(rows, key);

/** Amounts are integers and never negative, and one payment has one currency. */
function* amounts({ payments, attempts, refunds }: Books): Iterable<string> {
  for (const row of payments) {
    const sums = [row.amount, row.amount_paid, row.amount_refunded, row.refund_reserved];
    if (!sums.every((one) => Number.isSafeInteger(one) && one >= 0)) yield `${row.id}: an amount is none: ${sums}`;
  }
  const currencies = new Map(payments.map((row) => [row.id, row.currency]));
  for (const row of [...attempts, ...refunds]) {
    if (!Number.isSafeInteger(row.amount) || row.amount <= 0) yield `${row.id}: ${row.amount} is no amount`;
    if (currencies.get(row.payment_id) !== row.currency) yield `${row.id}: another currency than its payment, or none`;
  }
}

/** A payment is a success exactly if one of its attempts was accepted, and then that attempt was paid. */
function* successes({ payments, attempts }: Books): Iterable<string> {
  const byId = new Map(attempts.map((row) => [row.id, row]));
  for (const payment of payments) {
    const isSuccess = payment.state === 'success' || payment.state === 'refunded';
    const accepted = byId.get(payment.accepted_attempt_id ?? '');
    if (isSuccess !== (accepted !== undefined)) yield `${payment.id}: ${payment.state} with accepted attempt ${accepted?.id ?? 'none'}`;
    if (accepted && !isPaid(accepted)) yield `${payment.id}: its accepted attempt is ${accepted.state}`;
    if (accepted && accepted.payment_id !== payment.id) yield `${payment.id}: it accepted an attempt of another payment`;
    if (payment.amount_paid !== (isSuccess ? payment.amount : 0)) yield `${payment.id}: ${payment.state} with ${payment.amount_paid} paid`;
    const isWhole = payment.amount_paid > 0 && payment.amount_refunded === payment.amount_paid;
    if (isWhole !== (payment.state === 'refunded')) yield `${payment.id}: ${payment.state} with ${payment.amount_refunded} refunded`;
  }
}

/** Another attempt is made only when each before it can bring no money any more: two never live at once. */
function* oneAtATime({ attempts }: Books): Iterable<string> {
  for (const [payment, rows] of groupBy(attempts.filter(isLive), (row) => row.payment_id)) {
    if (rows.length > 1) yield `${payment}: ${rows.length} attempts can be paid at once`;
  }
}

/** One transaction of a vendor pays one attempt. */
function* numbers({ attempts }: Books): Iterable<string> {
  for (const [name, rows] of groupBy(attempts.filter(isPaid), (row) => `${row.account_id} ${row.channel_no}`)) {
    if (rows.length > 1) yield `${name}: paid ${rows.length} attempts`;
  }
}

/** Money that should not have come goes back, unless it is held for an operator, who is shown that. */
function* extraMoney({ payments, attempts, refunds }: Books): Iterable<string> {
  const byId = new Map(payments.map((row) => [row.id, row]));
  for (const attempt of attempts.filter(isPaid)) {
    const payment = byId.get(attempt.payment_id);
    const isAccepted = payment?.accepted_attempt_id === attempt.id;
    const extra = attempt.amount_paid - (isAccepted ? attempt.amount : 0);
    const back = sum(refunds.filter((row) => row.attempt_id === attempt.id && row.kind !== 'merchant' && row.state !== 'failed'));
    const isHeld = back === 0 && !isAccepted && (payment?.exception === 'mismatch' || payment?.exception === 'late');
    if (back !== extra && !isHeld) yield `${attempt.id}: ${extra} came in excess, ${back} goes back`;
  }
}

/** The payment's counters are the sums of its refunds, and never more than was paid. */
function* counters({ payments, refunds }: Books): Iterable<string> {
  const byPayment = groupBy(
    refunds.filter((row) => row.kind === 'merchant'),
    (row) => row.payment_id,
  );
  for (const payment of payments) {
    const own = byPayment.get(payment.id) ?? [];
    const done = sum(own.filter((row) => row.state === 'succeeded'));
    const reserved = sum(own.filter(isOpen));
    if (done !== payment.amount_refunded) yield `${payment.id}: ${payment.amount_refunded} refunded, its refunds say ${done}`;
    if (reserved !== payment.refund_reserved) yield `${payment.id}: ${payment.refund_reserved} reserved, its refunds say ${reserved}`;
    if (done + reserved > payment.amount_paid) yield `${payment.id}: ${done + reserved} of ${payment.amount_paid} go back`;
  }
}

/** Each charge is one success here, and each success here is one charge. */
function* charges({ attempts, truth }: Books): Iterable<string> {
  if (truth === null) return;
  const byNumber = groupBy(
    truth.filter((entry) => entry.kind === 'charge'),
    (entry) => entry.number,
  );
  const known = new Map(attempts.map((row) => [row.number, row]));
  for (const [number, entries] of byNumber) {
    const attempt = known.get(number);
    if (entries.length > 1) yield `${number}: charged ${entries.length} times`;
    if (attempt === undefined || !isPaid(attempt)) yield `${number}: charged, and here ${attempt?.state ?? 'not known'}`;
    else if (attempt.amount_paid !== entries[0]?.amount || attempt.currency !== entries[0].currency)
      yield `${number}: another sum was charged`;
  }
  for (const attempt of attempts.filter(isPaid)) if (!byNumber.has(attempt.number)) yield `${attempt.number}: a success without a charge`;
}

/** Each refund at a vendor is one refund here, and of no attempt does more go back than came in. */
function* refundsMade({ attempts, refunds, truth }: Books): Iterable<string> {
  if (truth === null) return;
  const made = groupBy(
    truth.filter((entry) => entry.kind === 'refund'),
    (entry) => entry.number,
  );
  const known = new Map(refunds.map((row) => [row.number, row]));
  for (const [number, entries] of made) {
    const refund = known.get(number);
    if (entries.length > 1) yield `${number}: refunded ${entries.length} times`;
    if (refund?.amount !== entries[0]?.amount) yield `${number}: ${entries[0]?.amount} went back, asked were ${refund?.amount ?? 'none'}`;
    if (refund?.state === 'failed') yield `${number}: money went back, and here it failed`;
  }
  for (const refund of refunds) {
    if (refund.state === 'succeeded' && !made.has(refund.number)) yield `${refund.number}: a refund that never was`;
  }
  for (const attempt of attempts) {
    const back = refunds.filter((row) => row.attempt_id === attempt.id).flatMap((row) => made.get(row.number) ?? []);
    if (sum(back) > attempt.amount_paid) yield `${attempt.id}: ${sum(back)} went back of ${attempt.amount_paid}`;
  }
}

/**
 * The history of each row is a path through its state machine that ends where the row is. Rows of
 * one millisecond have no order, so the steps are balanced instead of followed: every state is left
 * as often as it was entered, but for the last.
 */
function* histories({ payments, attempts, refunds, history }: Books): Iterable<string> {
  const bySubject = groupBy(history, (row) => row.subject_id);
  const machines: readonly [readonly { id: string; state: string }[], Readonly<Record<string, readonly string[]>>][] = [
    [payments, paymentMoves],
    [attempts, attemptMoves],
    [refunds, refundMoves],
  ];
  for (const [rows, moves] of machines) {
    for (const row of rows) yield* historyOf(row, moves, bySubject.get(row.id) ?? []);
  }
}

function* historyOf(
  row: { readonly id: string; readonly state: string },
  moves: Readonly<Record<string, readonly string[]>>,
  history: readonly HistoryRow[],
): Iterable<string> {
  const steps = history.filter((step) => step.from_state !== step.to_state);
  const balance = new Map<string, number>();
  for (const { from_state: from, to_state: to } of steps) {
    if (from !== null && !moves[from]?.includes(to)) yield `${row.id}: no way from ${from} to ${to}`;
    balance.set(to, (balance.get(to) ?? 0) + 1);
    if (from !== null) balance.set(from, (balance.get(from) ?? 0) - 1);
  }
  const starts = steps.filter((step) => step.from_state === null).length;
  if (starts !== 1) yield `${row.id}: began ${starts} times`;
  for (const [state, entered] of balance) {
    if (entered !== (state === row.state ? 1 : 0)) yield `${row.id}: is ${row.state}, but its history leaves ${state} at ${entered}`;
  }
}

const toldOf: readonly { readonly prefix: string; readonly state: string; readonly type: string }[] = [
  { prefix: 'pay_', state: 'success', type: 'payment.succeeded' },
  { prefix: 'pay_', state: 'failed', type: 'payment.failed' },
  { prefix: 'pay_', state: 'closed', type: 'payment.closed' },
  { prefix: 'rfd_', state: 'succeeded', type: 'refund.succeeded' },
  { prefix: 'rfd_', state: 'failed', type: 'refund.failed' },
];

/** Each end is told once, and the events of one subject are numbered from one without a gap. */
function* eventsTold({ payments, refunds, history, events }: Books): Iterable<string> {
  const bySubject = groupBy(events, (event) => event.subject_id);
  for (const { id, sequence } of [...payments, ...refunds]) {
    const said = (bySubject.get(id) ?? []).map((event) => event.sequence).sort((a, b) => a - b);
    const isGapless = said.length === sequence && said.every((one, index) => one === index + 1);
    if (!isGapless) yield `${id}: is at event ${sequence}, told were ${said}`;
  }
  const count = (rows: readonly { readonly subject_id: string }[]) => groupBy(rows, (row) => row.subject_id);
  for (const { prefix, state, type } of toldOf) {
    const ends = count(history.filter((row) => row.subject_id.startsWith(prefix) && row.to_state === state && row.from_state !== state));
    const told = count(events.filter((event) => event.type === type));
    for (const id of new Set([...ends.keys(), ...told.keys()])) {
      const [ended, said] = [ends.get(id)?.length ?? 0, told.get(id)?.length ?? 0];
      if (ended !== said) yield `${id}: ${state} ${ended} times, ${type} told ${said} times`;
    }
  }
}

/** Whatever is not at its end says when it is looked at next; held money is an operator's. */
function* nothingStalls({ payments, attempts, refunds, stalled }: Books): Iterable<string> {
  const held = new Set(attempts.filter(isPaid).map((row) => row.payment_id));
  for (const row of payments) {
    const isWaiting = row.state === 'pending' || row.state === 'processing';
    if (isWaiting && row.due_at === null && !held.has(row.id)) yield `${row.id}: ${row.state}, and never looked at again`;
  }
  for (const row of attempts) if (isLive(row) && row.due_at === null) yield `${row.id}: ${row.state}, and never asked about again`;
  for (const row of refunds) if (isOpen(row) && row.due_at === null) yield `${row.id}: ${row.state}, and never asked about again`;
  for (const { id } of stalled) yield `${id}: a notification that is never sent`;
}
