import type { Advice, RefundOutcome, VendorError } from '../contract/outcome.ts';
import { compareEcho, isName, timeOf } from '../payments/evidence.ts';
import type { RefundRow } from '../store/tables/refunds.ts';

/** What the kernel has learned about one refund, after comparing the answer with what it asked. */
export type RefundEvidence =
  | { readonly kind: 'succeeded'; readonly channelNo: string; readonly at: number | null }
  | { readonly kind: 'processing' | 'abnormal'; readonly channelNo: string | null }
  | {
      readonly kind: 'failed';
      readonly code: string;
      readonly advice: Advice;
      readonly vendor: VendorError | null;
      /** Who ended it: `refused`, this send was not taken; `repeat`, a second send was not; `ended`, the vendor had taken it. */
      readonly how: 'refused' | 'repeat' | 'ended';
    }
  | { readonly kind: 'notSent' }
  | { readonly kind: 'notFound' }
  | { readonly kind: 'unknown'; readonly reason?: 'unusable_name' }
  | { readonly kind: 'mismatch' };

export interface ExpectedRefund {
  readonly number: string;
  readonly amount: number;
  readonly currency: string;
  readonly merchantNo: string | null;
  readonly livemode: boolean;
}

export function expectedRefund(refund: RefundRow, merchantNo: string | null, livemode: boolean): ExpectedRefund {
  return { number: refund.number, amount: refund.amount, currency: refund.currency, merchantNo, livemode };
}

/**
 * Reads the outcome of `refund` (the first send or a repeat) or `queryRefund`. What the vendor says of
 * other money or another number proves nothing.
 */
export function evidenceOfRefund(outcome: RefundOutcome, expected: ExpectedRefund, asked: 'refund' | 'repeat' | 'query'): RefundEvidence {
  switch (outcome.kind) {
    case 'ok':
      return evidenceOfReport(outcome.report, expected);
    case 'declined':
      if (compareEcho(outcome.echo, expected) !== null) return { kind: 'mismatch' };
      return { kind: 'failed', code: outcome.code, advice: outcome.advice, vendor: outcome.vendor, how: ways[asked] };
    case 'rejected':
      if (asked !== 'refund' || outcome.reason === 'number_reused') return { kind: 'unknown' };
      return { kind: 'failed', code: 'channel_rejected', advice: 'contact_support', vendor: outcome.vendor ?? null, how: 'refused' };
    case 'notSent':
      return asked === 'refund' ? { kind: 'notSent' } : { kind: 'unknown' };
    default:
      return { kind: 'unknown' };
  }
}

const ways = { refund: 'refused', repeat: 'repeat', query: 'ended' } as const;

type Report = Extract<RefundOutcome, { kind: 'ok' }>['report'];

export function evidenceOfReport(report: Report, expected: ExpectedRefund): RefundEvidence {
  if (report.state === 'not_found') return { kind: 'notFound' };
  if (compareEcho(report.echo, expected) !== null) return { kind: 'mismatch' };
  if (!isName(report.channelNo)) return { kind: 'unknown', reason: 'unusable_name' };
  if (report.state === 'failed') {
    return { kind: 'failed', code: report.code, advice: 'contact_support', vendor: null, how: 'ended' };
  }
  if (report.state !== 'succeeded') return { kind: report.state, channelNo: report.channelNo ?? null };
  const { amount, currency } = report.money;
  if (amount !== expected.amount || currency !== expected.currency) return { kind: 'mismatch' };
  return { kind: 'succeeded', channelNo: report.channelNo, at: timeOf(report.at) };
}

/**
 * What the first send's refusal is worth once another server has asked about the refund: it may have
 * sent the same number again, and that send may have been taken.
 */
export function doubtRefund(evidence: RefundEvidence): RefundEvidence {
  const isRefusal = evidence.kind === 'notSent' || (evidence.kind === 'failed' && evidence.how === 'refused');
  return isRefusal ? { kind: 'unknown' } : evidence;
}
