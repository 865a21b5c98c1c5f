import { hash } from 'node:crypto';
import type { AttemptRow } from '../store/tables/attempts.ts';
import type { PaymentRow } from '../store/tables/payments.ts';
import type { RefundKind, RefundRow } from '../store/tables/refunds.ts';

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/**
 * The refund of money that should not have come. Its id follows from the attempt and the reason,
 * so that however often the kernel learns of that money there is one refund of it.
 */
export function automaticRefund(
  payment: PaymentRow,
  attempt: AttemptRow,
  refund: { readonly kind: Exclude<RefundKind, 'merchant'>; readonly amount: number },
  now: number,
): RefundRow {
  const number = derivedNumber(`${attempt.id}:${refund.kind}`);
  return {
    id: `rfd_${number}`,
    payment_id: payment.id,
    attempt_id: attempt.id,
    app_id: payment.app_id,
    merchant_refund_no: null,
    request_hash: null,
    number,
    kind: refund.kind,
    state: 'created',
    exception: null,
    amount: refund.amount,
    currency: payment.currency,
    reason: refund.kind,
    channel_no: null,
    failure: null,
    not_found_at: null,
    version: 0,
    sequence: 0,
    checks: 0,
    due_at: now,
    created_at: now,
    succeeded_at: null,
    ended_at: null,
  };
}

/** 26 characters of the numbers' alphabet, the same for the same text. */
function derivedNumber(text: string): string {
  const digest = hash('sha256', text, 'buffer');
  return [...digest.subarray(0, 26)].map((byte) => alphabet[byte & 31]).join('');
}
