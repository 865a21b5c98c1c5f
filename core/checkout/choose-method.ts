import type { App } from '../access/directory.ts';
import { abilitiesOf } from '../channels/abilities.ts';
import type { Candidate } from '../channels/choose.ts';
import type { Payer } from '../contract/channel.ts';
import { type Refusal, refuse } from '../errors.ts';
import { candidatesFor, offeredMethods, type Wish } from '../payments/candidates.ts';
import { gather } from '../payments/check.ts';
import { closeAttempt, markClosing } from '../payments/close.ts';
import type { Kernel } from '../payments/deps.ts';
import { isChosenByShopper, payerOf, type StoredRequest, storedRequestOf } from '../payments/request.ts';
import { newAttempt } from '../payments/rows.ts';
import { settle } from '../payments/settle.ts';
import { isLive, isPaid } from '../payments/states.ts';
import { tryCandidates } from '../payments/try-candidates.ts';
import type { Tx } from '../store/database.ts';
import { type AttemptRow, insertAttempts, readAttempts } from '../store/tables/attempts.ts';
import { insertTransitions } from '../store/tables/history.ts';
import { changePayment, lockPayment, type PaymentRow, readPayment } from '../store/tables/payments.ts';
import { undeclinedFirst } from './declines.ts';
import { leastTimeMs, mostAttempts } from './limits.ts';

/** What a shopper taps at the checkout. */
export interface Choice {
  readonly paymentId: string;
  readonly method: string;
  /** What the page asked the shopper for. The merchant's word goes before it. */
  readonly payer: Payer;
  /** The account that told who the shopper is: to another one, with another app, he would be somebody else. */
  readonly accountId?: string;
}

export type Chosen =
  /** The payment as it stands now: with something to do, confirming, or ended. */
  | { readonly kind: 'chosen'; readonly payment: PaymentRow }
  /** An attempt that its channel cannot call off is open: another one could be paid as well. */
  | { readonly kind: 'held'; readonly payment: PaymentRow; readonly by: AttemptRow }
  /** As many attempts were made as may be. One that is open stays as it is. */
  | { readonly kind: 'spent'; readonly payment: PaymentRow };

/** For so long a shopper waits for the word that the old attempt is over. Past it the page says that it is being confirmed. */
const patienceMs = 3000;

/**
 * Begins an attempt by the method that the shopper chose. One that is open is closed first, and the channel asked whether it
 * was paid; until its end is known no other begins (the one rule of failover). Choosing the same again shows what is there.
 */
export async function chooseMethod(kernel: Kernel, app: App, choice: Choice): Promise<Chosen | Refusal> {
  const payment = await readPayment(kernel.database, choice.paymentId);
  if (payment === null || payment.app_id !== app.id || !app.active || !isChosenByShopper(payment)) return refuse('not_found');
  const wish = wishOf(payment, choice.payer);
  const isOffered = offeredMethods(kernel, app, wish).some(({ method }) => method.id === choice.method);
  if (!isOffered) return refuse('method_unsupported', { param: 'method', values: { method: choice.method } });
  const { accountId } = choice;
  const attempts = await readAttempts(kernel.database, payment.id);
  const fitting = undeclinedFirst(attempts, candidatesFor(kernel, app, wish, [choice.method]), wayOf);
  const candidates = accountId === undefined ? fitting : fitting.filter(({ account }) => account.id === accountId);
  if (candidates.length === 0) return refuse('payer_field_required', { param: 'payer', values: { name: 'payer' } });
  const held = await askBefore(kernel, payment, attempts, choice);
  if (held !== null) return { kind: 'held', payment: (await readPayment(kernel.database, payment.id)) ?? payment, by: held };
  const begun = await begin(kernel, choice, candidates);
  if (begun.kind !== 'closing') return proceed(kernel, begun, candidates);
  await closeInTime(kernel, begun.attempts);
  const refused = await findGivenBack(kernel, begun.attempts);
  if (refused !== null) return { kind: 'held', payment: (await readPayment(kernel.database, payment.id)) ?? payment, by: refused };
  const again = await begin(kernel, choice, candidates);
  return again.kind === 'closing' ? { kind: 'chosen', payment: again.payment } : proceed(kernel, again, candidates);
}

/**
 * A vendor that does not know the attempt yet, such as a code that nobody has scanned, has nothing to close, and the shopper
 * can still pay it: he is told so before anything is called off. Null: nothing is in the way, or what is can be closed.
 */
async function askBefore(kernel: Kernel, payment: PaymentRow, attempts: readonly AttemptRow[], choice: Choice): Promise<AttemptRow | null> {
  const open = attempts.find(({ state }) => state === 'waiting');
  if (open === undefined || (open.method === choice.method && saysTheSame(payment, choice))) return null;
  const evidence = await gather(kernel, open);
  if (evidence === null) return null;
  const { attempt } = await settle(kernel, { attempt: open, evidence, cause: 'query' });
  return evidence.kind === 'notFound' && attempt.state === 'waiting' ? open : null;
}

const wayOf = ({ method, account }: Candidate) => ({ method: method.id, accountId: account.id });

function wishOf(payment: PaymentRow, shopper: Payer): Wish {
  const stored = storedRequestOf(payment);
  const { amount, currency } = payment;
  return { amount, currency, orderLines: stored.orderLines, payer: payerOf({ payer: stored.payer, shopper }) };
}

type Begun =
  | { readonly kind: 'begun'; readonly payment: PaymentRow; readonly attempt: AttemptRow }
  | { readonly kind: 'closing'; readonly payment: PaymentRow; readonly attempts: readonly AttemptRow[] }
  | Chosen;

async function proceed(kernel: Kernel, begun: Exclude<Begun, { kind: 'closing' }>, candidates: readonly Candidate[]): Promise<Chosen> {
  if (begun.kind !== 'begun') return begun;
  return { kind: 'chosen', payment: await tryCandidates(kernel, begun.payment, begun.attempt, candidates) };
}

/** Commits the attempt, or the wish to close the one that is in its way. */
async function begin(kernel: Kernel, choice: Choice, candidates: readonly Candidate[]): Promise<Begun> {
  const proofId = kernel.newId('his_');
  return kernel.database.transaction((tx) => beginInside(kernel, tx, { choice, candidates, proofId }), { table: 'history', id: proofId });
}

interface Beginning {
  readonly choice: Choice;
  readonly candidates: readonly Candidate[];
  readonly proofId: string;
}

async function beginInside(kernel: Kernel, tx: Tx, beginning: Beginning): Promise<Begun> {
  const { choice } = beginning;
  const payment = await lockPayment(tx, choice.paymentId);
  if (payment === null) throw new Error(`${choice.paymentId} is not stored`);
  const attempts = await readAttempts(tx, payment.id);
  const now = kernel.clock.now().getTime();
  const isOpen =
    (payment.state === 'pending' || payment.state === 'processing') && payment.closing === 0 && now < payment.expires_at - leastTimeMs;
  if (!isOpen || attempts.some(({ state }) => isPaid(state))) return { kind: 'chosen', payment };
  const live = attempts.filter(({ state }) => isLive(state));
  if (live.length > 0 && isThere(payment, live, choice)) return { kind: 'chosen', payment };
  // Before anything is called off: the last attempt is the only one that can still be paid.
  if (attempts.length >= mostAttempts) return { kind: 'spent', payment };
  if (live.length > 0) return callOff(kernel, tx, payment, live, beginning);
  return insertAttempt(kernel, tx, payment, beginning);
}

/** Whether what was chosen is open already, or cannot be told from it yet. */
function isThere(payment: PaymentRow, live: readonly AttemptRow[], choice: Choice): boolean {
  const isSame = live.every(({ state, method }) => state === 'waiting' && method === choice.method) && saysTheSame(payment, choice);
  // A call that is under way, and an answer that was lost, are heard first: only then is there something to close.
  return isSame || live.some(({ state }) => state === 'sending');
}

async function callOff(kernel: Kernel, tx: Tx, payment: PaymentRow, live: readonly AttemptRow[], { proofId }: Beginning): Promise<Begun> {
  const held = live.find((attempt) => !canBeCalledOff(kernel, attempt));
  if (held !== undefined) return { kind: 'held', payment, by: held };
  const now = kernel.clock.now().getTime();
  const attempts = await markClosing(kernel, tx, live, 'shopper', now);
  // What the shopper was to do stays in the row, unseen: he has it back if the channel refuses to close.
  const changes = { state: 'processing' } as const;
  if (payment.state === 'pending') {
    const transition = { subjectId: payment.id, from: 'pending', to: 'processing', cause: 'shopper', at: now } as const;
    await insertTransitions(tx, [{ id: proofId, detail: 'another method', ...transition }]);
  }
  await inLock(payment.id, changePayment(tx, payment.id, payment.state, changes));
  return { kind: 'closing', payment: { ...payment, ...changes }, attempts };
}

function saysTheSame(payment: PaymentRow, { payer }: Choice): boolean {
  const before = storedRequestOf(payment).shopper ?? {};
  const names = new Set([...Object.keys(before), ...Object.keys(payer)]) as Set<keyof Payer>;
  return [...names].every((name) => before[name] === payer[name]);
}

/** Money that only we can take is safe from the shopper; otherwise the channel must be able to close. */
function canBeCalledOff(kernel: Kernel, attempt: AttemptRow): boolean {
  const account = kernel.channels.accountOf(attempt);
  if (account === undefined) return false;
  const { close, capture } = abilitiesOf(account.manifest, attempt.product);
  return close !== 'none' || capture !== 'none';
}

async function insertAttempt(kernel: Kernel, tx: Tx, payment: PaymentRow, { choice, candidates, proofId }: Beginning): Promise<Begun> {
  const [first] = candidates;
  if (first === undefined) throw new Error('an attempt without candidates');
  const now = kernel.clock.now();
  const stored: StoredRequest = { ...storedRequestOf(payment), shopper: choice.payer };
  const changes = {
    state: 'processing',
    method: first.method.id,
    channel: first.account.channelId,
    action: null,
    failure: null,
    request: JSON.stringify(stored),
  } as const;
  const attempt = newAttempt(kernel, payment, first, now);
  await inLock(payment.id, changePayment(tx, payment.id, payment.state, changes));
  await insertAttempts(tx, [attempt]);
  const at = now.getTime();
  await insertTransitions(tx, [
    { id: proofId, subjectId: attempt.id, from: null, to: attempt.state, cause: 'shopper', at },
    { id: kernel.newId('his_'), subjectId: payment.id, from: payment.state, to: 'processing', cause: 'shopper', at },
  ]);
  return { kind: 'begun', payment: { ...payment, ...changes }, attempt };
}

/** What was read under the lock cannot have changed; if it has, nothing of this may be committed. */
async function inLock(id: string, written: Promise<boolean>): Promise<void> {
  if (!(await written)) throw new Error(`${id} changed inside a lock`);
}

/** The attempt that its channel did not close although it was asked to; null: it has ended, or that is not known yet. */
async function findGivenBack({ database }: Kernel, asked: readonly AttemptRow[]): Promise<AttemptRow | null> {
  const attempts = await readAttempts(database, asked[0]?.payment_id ?? '');
  return attempts.find(({ id, state }) => state === 'waiting' && asked.some((one) => one.id === id)) ?? null;
}

/** Closes, and waits no longer than a shopper does. What is not over by then goes on behind the page, and the timer comes back to it. */
async function closeInTime(kernel: Kernel, attempts: readonly AttemptRow[]): Promise<void> {
  const closing = Promise.all(attempts.map((attempt) => closeAttempt(kernel, attempt, 'shopper'))).catch((error: unknown) => {
    kernel.log.error('closing for another method failed', { payment: attempts[0]?.payment_id ?? null, error });
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, patienceMs);
  await Promise.race([closing, promise]);
  clearTimeout(timer);
}
