import type { Proof, Tx } from '../store/database.ts';
import { type AttemptRow, type ChannelNo, readAttemptsOf, readPaidBy } from '../store/tables/attempts.ts';
import { lockPayments, type PaymentChanges, type PaymentRow } from '../store/tables/payments.ts';
import { decide, type Plan, type Situation } from './decide.ts';
import type { Kernel } from './deps.ts';
import { doubt, type Evidence } from './evidence.ts';
import { isChosenByShopper } from './request.ts';
import type { Settled, Settling } from './settle.ts';
import { isLive, isPaid } from './states.ts';
import { apply, type Step, writeSteps } from './write-settled.ts';

/**
 * Settles attempts of different payments in one transaction: all of them, or none. The rows are read and written by as
 * many statements for thirty-two as for one, because round trips are most of what settling costs.
 */
export async function settleTogether(kernel: Kernel, inputs: readonly Settling[]): Promise<readonly Settled[]> {
  // The first transition proves the commit of them all. A group that changes nothing has none, and is simply run again.
  const proof: Proof = { table: 'history', id: kernel.newId('his_') };
  return kernel.database.transaction((tx) => settleInside(kernel, tx, inputs, proof.id), proof);
}

async function settleInside(kernel: Kernel, tx: Tx, inputs: readonly Settling[], proofId: string): Promise<readonly Settled[]> {
  const ids = inputs.map(({ attempt }) => attempt.payment_id);
  const payments = await lockPayments(tx, ids);
  const attempts = Map.groupBy(await readAttemptsOf(tx, ids), (attempt) => attempt.payment_id);
  const isTaken = createTaken(await readPaidBy(tx, inputs.flatMap(claimOf)));
  const now = kernel.clock.now().getTime();
  const steps: Step[] = [];
  const settled: Settled[] = [];
  for (const input of inputs) {
    const payment = payments.get(input.attempt.payment_id);
    const all = attempts.get(input.attempt.payment_id) ?? [];
    const attempt = all.find((one) => one.id === input.attempt.id);
    if (payment === undefined || attempt === undefined) throw new Error(`attempt ${input.attempt.id} is not stored`);
    const on = situation(kernel, now, payment, attempt, all, input);
    const step = stepOf(decide(trusted(input, attempt, isTaken), on), on, input);
    if (step !== null) steps.push(step);
    settled.push(step === null ? { payment, attempt, changed: false, before: payment, next: null } : outcomeOf(step));
  }
  await writeSteps(kernel, tx, { steps, now, proofId });
  return settled;
}

/** What is left to be written; null when all of it is so already. */
function stepOf(plan: Plan, { payment, attempt, failsOver }: Situation, { next = null, cause, note }: Settling): Step | null {
  const changes = differences(plan, payment, attempt);
  if (changes === null) return null;
  const following = failsOver && isUnpaidEnd(changes.attempt?.state) ? next : null;
  // A payment is shown with the method that the shopper is to act on.
  const shown = following === null ? null : { method: following.method, channel: following.channel };
  const moved = { ...changes, payment: pickChanged<PaymentRow, PaymentChanges>({ ...changes.payment, ...shown }, payment) };
  return { payment, attempt, plan: moved, cause, note: note ?? null, next: following };
}

function outcomeOf({ payment, attempt, plan, next }: Step): Settled {
  const sequence = plan.event === null ? {} : { sequence: payment.sequence + 1 };
  return {
    payment: apply(payment, { ...plan.payment, ...sequence }),
    attempt: apply(attempt, { ...plan.attempt }),
    changed: true,
    before: payment,
    next,
  };
}

function situation(
  kernel: Kernel,
  now: number,
  payment: PaymentRow,
  attempt: AttemptRow,
  attempts: readonly AttemptRow[],
  { next = null, cause }: Settling,
): Situation {
  const rules = kernel.channels.settleRules(attempt.account_id);
  const others = attempts.filter((other) => other.id !== attempt.id);
  const isOpen = (payment.state === 'pending' || payment.state === 'processing') && payment.closing === 0;
  const heldElsewhere = payment.accepted_attempt_id === null && others.some((other) => isPaid(other.state));
  const othersLive = others.some((other) => isLive(other.state));
  return {
    now,
    payment,
    attempt,
    staysOpen: isOpen && isChosenByShopper(payment),
    failsOver: next !== null && isOpen && !othersLive && !heldElsewhere,
    isTold: cause === 'callback',
    othersLive,
    heldElsewhere,
    latePolicy: kernel.apps.latePolicy(payment.app_id),
    notFoundIsFinalAfterMs: rules.notFoundIsFinalAfterMs,
    unpayable: now > attempt.expires_at + rules.settlingMs,
  };
}

/** The transaction of the vendor that is said to have paid the attempt. */
function claimOf({ evidence, attempt }: Settling): readonly ChannelNo[] {
  if (evidence.kind !== 'paid' && evidence.kind !== 'paidOther') return [];
  return [{ account_id: attempt.account_id, channel_no: evidence.channelNo }];
}

/** One transaction of the vendor pays one attempt: that which has it already, or the first of a group that says so. */
function createTaken(paid: readonly (ChannelNo & { readonly id: string })[]) {
  const owners = new Map(paid.map(({ id, account_id, channel_no }) => [`${account_id} ${channel_no}`, id]));
  return ({ account_id, channel_no }: ChannelNo, attemptId: string): boolean => {
    const name = `${account_id} ${channel_no}`;
    if (!owners.has(name)) owners.set(name, attemptId);
    return owners.get(name) !== attemptId;
  };
}

/** What the evidence is worth against what is stored, which only shows inside the lock. */
function trusted(settling: Settling, attempt: AttemptRow, isTaken: ReturnType<typeof createTaken>): Evidence {
  const { evidence, cause } = settling;
  if (cause === 'kernel' && attempt.checks > 0) return doubt(evidence);
  return claimOf(settling).some((claim) => isTaken(claim, attempt.id)) ? { kind: 'mismatch', what: 'channel_no' } : evidence;
}

function isUnpaidEnd(state: AttemptRow['state'] | undefined): boolean {
  return state === 'not_sent' || state === 'failed' || state === 'closed';
}

/** The plan without what is so already; null when nothing is left of it. */
function differences(plan: Plan, payment: PaymentRow, attempt: AttemptRow): Plan | null {
  const changedAttempt = pickChanged(plan.attempt, attempt);
  const changedPayment = pickChanged(plan.payment, payment);
  if (changedAttempt === null && changedPayment === null && plan.refund === null) return null;
  return { ...plan, attempt: changedAttempt, payment: changedPayment };
}

function pickChanged<R extends object, T extends { readonly [K in keyof R]?: R[K] | undefined }>(changes: T | null, row: R): T | null {
  const entries = Object.entries(changes ?? {}).filter(([column, value]) => value !== undefined && row[column as keyof R] !== value);
  return entries.length === 0 ? null : (Object.fromEntries(entries) as T);
}
