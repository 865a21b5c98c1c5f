import type { Situation } from '../../core/payments/decide.ts';
import type { Evidence } from '../../core/payments/evidence.ts';
import type { AttemptRow } from '../../core/store/tables/attempts.ts';
import type { PaymentRow } from '../../core/store/tables/payments.ts';

/** When everything in these situations is decided. */
export const now = 1_000_000;
/** One of each kind. */
export const evidences: Readonly<Record<string, Evidence>> = {
  paid: { kind: 'paid', amount: 100, channelNo: 'C1', at: null },
  paidOther: { kind: 'paidOther', amount: 90, channelNo: 'C1', at: null },
  waiting: { kind: 'waiting', action: null, channelNo: null },
  processing: { kind: 'processing', channelNo: null },
  closed: { kind: 'closed' },
  failed: { kind: 'failed', code: 'declined', advice: 'retry_other_method', vendor: null },
  notSent: { kind: 'notSent', reason: 'refused' },
  notFound: { kind: 'notFound' },
  unknown: { kind: 'unknown', reason: 'timeout' },
  mismatch: { kind: 'mismatch', what: 'merchant' },
};

/** A payment of 100 whose one attempt waits for the shopper, but for what is given. */
export function situation(attempt: Partial<AttemptRow>, payment: Partial<PaymentRow>, more: Partial<Situation> = {}): Situation {
  return {
    now,
    attempt: {
      id: 'att_1',
      state: 'waiting',
      amount: 100,
      currency: 'CNY',
      amount_paid: 0,
      not_found_at: null,
      method: 'm_x',
      channel: 'm',
      ...attempt,
    } as AttemptRow,
    payment: {
      id: 'pay_1',
      state: 'pending',
      amount: 100,
      currency: 'CNY',
      closing: 0,
      close_reason: null,
      exception: null,
      ...payment,
    } as PaymentRow,
    othersLive: false,
    heldElsewhere: false,
    failsOver: false,
    staysOpen: false,
    isTold: false,
    latePolicy: 'auto_refund',
    notFoundIsFinalAfterMs: 1000,
    unpayable: false,
    ...more,
  };
}
