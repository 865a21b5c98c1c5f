import type { App } from '../access/directory.ts';
import { type Candidate, choose } from '../channels/choose.ts';
import type { Outcome } from '../contract/outcome.ts';
import { type Refusal, refuse } from '../errors.ts';
import { UniqueError } from '../store/database.ts';
import type { AttemptRow } from '../store/tables/attempts.ts';
import { type PaymentRow, readPaymentByOrderNo } from '../store/tables/payments.ts';
import { captureIfApproved } from './capture.ts';
import type { Kernel } from './deps.ts';
import { type Evidence, evidenceOfPay, expectedOf } from './evidence.ts';
import { refuseMethod } from './refuse-method.ts';
import { type NewPayment, payRequestOf } from './request.ts';
import { newAttempt, newPayment } from './rows.ts';
import { type Settled, settle } from './settle.ts';
import { viewPayment } from './view.ts';

export interface Paid {
  readonly kind: 'payment';
  readonly payment: PaymentRow;
  /** False: this order was asked for before, and this is the payment it made. */
  readonly created: boolean;
}

/**
 * Takes a payment from the merchant's request to the shopper's next step.
 *
 * The payment and its first attempt are committed before a byte goes to a channel. Then the
 * candidates are tried in order; the next one only when the last is proven not to have been sent,
 * or was declined with a code that the channel allows to fail over.
 */
export async function pay(kernel: Kernel, app: App, request: NewPayment): Promise<Paid | Refusal> {
  const candidates = findCandidates(kernel, app, request);
  if (candidates.length === 0) return (await repeated(kernel, app, request)) ?? refuseMethod(kernel, app, request);
  const now = kernel.clock.now();
  const payment = newPayment(kernel, app, request, now);
  const attempt = newAttempt(kernel, payment, candidates[0] as Candidate, now);
  try {
    await kernel.open({ payment, attempt });
  } catch (error) {
    if (!(error instanceof UniqueError)) throw error;
    const before = await repeated(kernel, app, request);
    if (before === null) throw error;
    return before;
  }
  kernel.afterCommit({ before: null, payment });
  return { kind: 'payment', payment: await tryCandidates(kernel, payment, attempt, candidates), created: true };
}

function findCandidates(kernel: Kernel, app: App, request: NewPayment): readonly Candidate[] {
  const wanted = {
    methods: [...new Set([request.method, ...request.fallbackMethods])],
    merchantId: app.merchantId,
    livemode: app.livemode,
    amount: request.amount,
    currency: request.currency,
    lines: request.orderLines.length,
    payer: request.payer as Readonly<Record<string, unknown>>,
  };
  const usable = kernel.channels.payable().filter((account) => !kernel.caller.isQuarantined(account));
  return choose(wanted, usable, kernel.nextTurn(), (accountId) => kernel.caller.isOpen(accountId, 'pay'));
}

/** The payment that the same order made before; a refusal when the order's content was another; null when there is none. */
async function repeated(kernel: Kernel, app: App, request: NewPayment): Promise<Paid | Refusal | null> {
  const payment = await readPaymentByOrderNo(kernel.database, app.id, request.merchantOrderNo);
  if (payment === null) return null;
  if (payment.request_hash === request.hash) return { kind: 'payment', payment, created: false };
  return refuse('merchant_order_no_used', { param: 'merchant_order_no', payment: viewPayment(payment, 'en') });
}

async function tryCandidates(
  kernel: Kernel,
  payment: PaymentRow,
  first: AttemptRow,
  candidates: readonly Candidate[],
): Promise<PaymentRow> {
  const giveUpAt = kernel.clock.now().getTime() + kernel.timing.payMs;
  let attempt = first;
  for (const [index, candidate] of candidates.entries()) {
    const outcome = await callPay(kernel, payment, attempt, candidate);
    const now = kernel.clock.now();
    const following = candidates[index + 1];
    const failsOver = following !== undefined && mayFailOver(outcome, candidate) && now.getTime() < giveUpAt;
    const next = failsOver ? newAttempt(kernel, payment, following, now) : null;
    const expected = expectedOf(attempt, candidate.account.channel.merchantNo, candidate.account.record.livemode);
    const evidence = evidenceOfPay(outcome, expected);
    const settled = await settle(kernel, { attempt, evidence, cause: 'kernel', next });
    if (settled.next === null) return takeApproved(kernel, candidate, settled, evidence);
    kernel.metrics.failover({ from: attempt.account_id, to: settled.next.account_id, reason: outcome.kind });
    attempt = settled.next;
  }
  throw new Error('a payment was tried without candidates');
}

/** At some vendors a shopper who is known has agreed already when the answer comes. */
async function takeApproved(kernel: Kernel, { account }: Candidate, { payment, attempt }: Settled, said: Evidence): Promise<PaymentRow> {
  const evidence = await captureIfApproved(kernel, account, attempt, said);
  return evidence === said ? payment : (await settle(kernel, { attempt, evidence, cause: 'query' })).payment;
}

async function callPay(kernel: Kernel, payment: PaymentRow, attempt: AttemptRow, candidate: Candidate): Promise<Outcome> {
  const request = payRequestOf(payment, attempt, kernel.publicUrl);
  return kernel.caller.call(candidate.account, 'pay', (call) => candidate.account.channel.pay(request, call));
}

/** The one rule of failover: proven not sent, or declined with a code on the channel's list. Unknown never. */
function mayFailOver(outcome: Outcome, candidate: Candidate): boolean {
  if (outcome.kind === 'notSent') return true;
  return outcome.kind === 'declined' && candidate.account.manifest.failoverCodes.includes(outcome.code);
}
