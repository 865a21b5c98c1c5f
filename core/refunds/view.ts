import type { Locale } from '../errors.ts';
import { time, viewFailure } from '../payments/view.ts';
import type { RefundRow, RefundState } from '../store/tables/refunds.ts';

const publicState: Readonly<Record<RefundState, 'pending' | 'processing' | 'success' | 'failed'>> = {
  created: 'pending',
  sending: 'processing',
  unknown: 'processing',
  processing: 'processing',
  succeeded: 'success',
  failed: 'failed',
};

/** The refund as the API, the notifications and the feed show it. */
export function viewRefund(row: RefundRow, locale: Locale) {
  return {
    id: row.id,
    object: 'refund' as const,
    payment: row.payment_id,
    merchant_refund_no: row.merchant_refund_no,
    state: publicState[row.state],
    amount: row.amount,
    currency: row.currency,
    reason: row.reason,
    kind: row.kind,
    exception: row.exception,
    failure: viewFailure(row.failure, locale),
    created_at: time(row.created_at),
    succeeded_at: row.succeeded_at === null ? null : time(row.succeeded_at),
  };
}
