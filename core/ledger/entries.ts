import type { AttemptRow } from '../store/tables/attempts.ts';
import type { PaymentRow } from '../store/tables/payments.ts';
import type { RefundRow } from '../store/tables/refunds.ts';
import type { Entry, LedgerKind, Posting } from './entry.ts';

/** What of a payment's row the ledger needs to know. */
type Of = Pick<PaymentRow, 'id' | 'app_id' | 'livemode' | 'currency'>;
type Paid = Pick<AttemptRow, 'id' | 'account_id' | 'amount_paid' | 'fee_expected'>;
type Returned = Pick<RefundRow, 'id' | 'kind' | 'amount'>;

/**
 * Money arrived for an attempt. `accepted` of it is the payment's own; the rest waits in suspense until it goes back or
 * people decide. The channel pays out less its fee, which it keeps of money that should not have come as well.
 */
export function paidEntry(payment: Of, attempt: Paid, accepted: number, at: number): Entry {
  const fee = attempt.fee_expected ?? 0;
  return entryOf(payment, `paid:${attempt.id}`, at, [
    line(payment, 'channel_receivable', attempt.account_id, attempt.amount_paid - fee),
    line(payment, 'fees_expected', attempt.account_id, fee),
    line(payment, 'merchant_payable', payment.app_id, -accepted),
    line(payment, 'suspense', payment.app_id, accepted - attempt.amount_paid),
  ]);
}

/** The channel took back what it had told as paid. Whose loss it is, people decide. */
export function takenBackEntry(payment: Of, attempt: Paid, at: number): Entry {
  return entryOf(payment, `taken_back:${attempt.id}`, at, [
    line(payment, 'taken_back', payment.app_id, attempt.amount_paid),
    line(payment, 'channel_receivable', attempt.account_id, -attempt.amount_paid),
  ]);
}

/** Money is set aside to go back. */
export function refundCreatedEntry(payment: Of, refund: Returned, at: number): Entry {
  return entryOf(payment, `refund_created:${refund.id}`, at, [
    line(payment, sourceOf(refund), payment.app_id, refund.amount),
    line(payment, 'refunds_pending', payment.app_id, -refund.amount),
  ]);
}

/** It went back: the channel took it from what it had to pay out. */
export function refundSucceededEntry(payment: Of, refund: Returned, channelAccountId: string, at: number): Entry {
  return entryOf(payment, `refund_succeeded:${refund.id}`, at, [
    line(payment, 'refunds_pending', payment.app_id, refund.amount),
    line(payment, 'channel_receivable', channelAccountId, -refund.amount),
  ]);
}

/** It did not go back, and is again where it was. */
export function refundFailedEntry(payment: Of, refund: Returned, at: number): Entry {
  return entryOf(payment, `refund_failed:${refund.id}`, at, [
    line(payment, 'refunds_pending', payment.app_id, refund.amount),
    line(payment, sourceOf(refund), payment.app_id, -refund.amount),
  ]);
}

/** A merchant refunds what is its own; what should not have come was never the merchant's. */
const sourceOf = ({ kind }: Returned): LedgerKind => (kind === 'merchant' ? 'merchant_payable' : 'suspense');

const line = ({ currency }: Of, kind: LedgerKind, ownerId: string, amount: number): Posting => ({
  account: { kind, ownerId, currency },
  amount,
});

function entryOf(payment: Of, id: string, at: number, postings: readonly Posting[]): Entry {
  const moved = postings.filter(({ amount }) => amount !== 0);
  return { id, livemode: payment.livemode === 1, paymentId: payment.id, note: null, at: new Date(at), postings: moved };
}
