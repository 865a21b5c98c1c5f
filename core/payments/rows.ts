import type { App } from '../access/directory.ts';
import type { Candidate } from '../channels/choose.ts';
import { expectedFee, noTerms } from '../channels/terms.ts';
import type { AttemptRow } from '../store/tables/attempts.ts';
import type { PaymentRow } from '../store/tables/payments.ts';
import type { Kernel } from './deps.ts';
import { isChosenByShopper, methodsOf, type NewPayment, type StoredRequest } from './request.ts';

/**
 * A new payment. It begins as `processing`, because from the commit until the channel's answer
 * nobody knows whether anything has happened; the answer makes it `pending` or final. One whose
 * shopper chooses has no attempt yet: it is `pending`.
 */
export function newPayment(kernel: Kernel, app: App, request: NewPayment, now: Date): PaymentRow {
  const stored: StoredRequest = {
    payer: request.payer,
    orderLines: request.orderLines,
    methods: methodsOf(request),
  };
  const expiresAt = now.getTime() + request.expiresInSec * 1000;
  return {
    id: kernel.newId('pay_'),
    app_id: app.id,
    merchant_order_no: request.merchantOrderNo,
    request_hash: request.hash,
    livemode: app.livemode ? 1 : 0,
    state: request.method === null ? 'pending' : 'processing',
    closing: 0,
    close_reason: null,
    exception: null,
    amount: request.amount,
    currency: request.currency,
    amount_paid: 0,
    amount_refunded: 0,
    refund_reserved: 0,
    subject: request.subject,
    method: request.method,
    channel: request.method === null ? null : channelOfMethod(request.method),
    accepted_attempt_id: null,
    failure: null,
    request: JSON.stringify(stored),
    action: null,
    notify_url: request.notifyUrl,
    return_url: request.returnUrl ?? app.returnUrl,
    metadata: JSON.stringify(request.metadata),
    sequence: 1,
    version: 0,
    due_at: expiresAt,
    expires_at: expiresAt,
    created_at: now.getTime(),
    succeeded_at: null,
    closed_at: null,
    checkout_token: kernel.newToken(),
  };
}

/** A method is named `<channel>_<product>`. */
export function channelOfMethod(method: string): string {
  return method.slice(0, method.indexOf('_'));
}

/**
 * A new attempt, committed before it is sent. It is due a little after the call's deadline: if the
 * process dies in between, that is when another one asks the channel what became of it.
 */
export function newAttempt(kernel: Kernel, payment: PaymentRow, candidate: Candidate, now: Date): AttemptRow {
  const id = kernel.newId('att_');
  return {
    id,
    payment_id: payment.id,
    number: id.slice('att_'.length),
    account_id: candidate.account.id,
    account_version: candidate.account.record.version,
    channel: candidate.account.channelId,
    method: candidate.method.id,
    product: candidate.method.product,
    state: 'sending',
    amount: payment.amount,
    currency: payment.currency,
    amount_paid: 0,
    currency_paid: null,
    channel_no: null,
    session_no: null,
    failure: null,
    not_found_at: null,
    acted: 0,
    capture_at: null,
    version: 0,
    checks: 0,
    due_at: now.getTime() + kernel.timing.callMs + 2000,
    checked_at: null,
    expires_at: lastMoment(payment, candidate, now),
    created_at: now.getTime(),
    succeeded_at: null,
    ended_at: null,
    fee_expected: expectedFee(candidate.account.record.terms ?? noTerms, candidate.method.id, payment),
  };
}

/** For so long a shopper who chooses is held by one choice, where its vendor cannot take it back. */
const choiceMs = 900_000;

/** Until when the attempt may be paid: as long as the payment. A shopper's choice ends sooner, unless he has to go to his bank for it. */
function lastMoment(payment: PaymentRow, { method }: Candidate, now: Date): number {
  const isBrief = method.action !== 'instructions' && isChosenByShopper(payment);
  return isBrief ? Math.min(payment.expires_at, now.getTime() + choiceMs) : payment.expires_at;
}
