import type { Action, Advice, Echo, Outcome, PaymentReport, Unknown, VendorError } from '../contract/outcome.ts';
import type { AttemptRow } from '../store/tables/attempts.ts';

/** What the kernel has learned about one attempt, after comparing the answer with what it asked. */
export type Evidence =
  | { readonly kind: 'paid'; readonly amount: number; readonly channelNo: string; readonly at: number | null }
  /** Paid with another amount than asked. Counts only when two queries agree. */
  | { readonly kind: 'paidOther'; readonly amount: number; readonly channelNo: string; readonly at: number | null }
  | { readonly kind: 'waiting'; readonly action: Action | null; readonly channelNo: string | null }
  | { readonly kind: 'processing'; readonly channelNo: string | null }
  | { readonly kind: 'closed' }
  | { readonly kind: 'failed'; readonly code: string; readonly advice: Advice; readonly vendor: VendorError | null }
  | { readonly kind: 'notSent'; readonly reason: string }
  | { readonly kind: 'notFound' }
  | { readonly kind: 'unknown'; readonly reason: Unknown['reason'] | 'query_refused' }
  /** About another number, merchant, environment or currency: says nothing about this attempt. */
  | { readonly kind: 'mismatch'; readonly what: 'number' | 'merchant' | 'livemode' | 'currency' };

/** What an answer about an attempt must agree with. */
export interface Expected {
  readonly number: string;
  readonly amount: number;
  readonly currency: string;
  readonly merchantNo: string | null;
  readonly livemode: boolean;
}

export function expectedOf(attempt: AttemptRow, merchantNo: string | null, livemode: boolean): Expected {
  return { number: attempt.number, amount: attempt.amount, currency: attempt.currency, merchantNo, livemode };
}

/** The first member of an echo that is not what was asked; null when all that is present agrees. */
export function compareEcho(
  echo: Echo,
  expected: Pick<Expected, 'number' | 'merchantNo' | 'livemode'>,
): 'number' | 'merchant' | 'livemode' | null {
  if (echo.number !== undefined && echo.number !== expected.number) return 'number';
  if (echo.merchantNo !== undefined && expected.merchantNo !== null && echo.merchantNo !== expected.merchantNo) return 'merchant';
  if (echo.livemode !== undefined && echo.livemode !== expected.livemode) return 'livemode';
  return null;
}

export function evidenceOfReport(report: PaymentReport, expected: Expected): Evidence {
  if (report.state === 'not_found') return { kind: 'notFound' };
  const different = compareEcho(report.echo, expected);
  if (different !== null) return { kind: 'mismatch', what: different };
  const channelNo = report.channelNo ?? null;
  if (report.state === 'pending') return { kind: 'waiting', action: null, channelNo };
  if (report.state === 'processing') return { kind: 'processing', channelNo };
  if (report.state === 'closed') return { kind: 'closed' };
  if (report.money.currency !== expected.currency) return { kind: 'mismatch', what: 'currency' };
  const kind = report.money.amount === expected.amount ? 'paid' : 'paidOther';
  return { kind, amount: report.money.amount, channelNo: report.channelNo, at: report.at?.getTime() ?? null };
}

/** Reads the outcome of `pay`: here a rejection is final, because it was refused before anything was executed. */
export function evidenceOfPay(outcome: Outcome, expected: Expected): Evidence {
  switch (outcome.kind) {
    case 'ok':
      return evidenceOfReport(outcome.report, expected);
    case 'action':
      return { kind: 'waiting', action: outcome.action, channelNo: outcome.channelNo ?? null };
    case 'declined':
      return { kind: 'failed', code: outcome.code, advice: outcome.advice, vendor: outcome.vendor };
    case 'rejected':
      return rejected(outcome.reason, outcome.vendor ?? null);
    default:
      return { kind: outcome.kind, reason: outcome.reason } as Evidence;
  }
}

/** Reads the outcome of `query`: a question that could not be asked says nothing about the payment. */
export function evidenceOfQuery(outcome: Outcome, expected: Expected): Evidence {
  if (outcome.kind === 'rejected' || outcome.kind === 'notSent') return { kind: 'unknown', reason: 'query_refused' };
  return evidenceOfPay(outcome, expected);
}

/** A number the vendor has seen with other content may be live there: only a query can tell. */
function rejected(reason: string, vendor: VendorError | null): Evidence {
  if (reason === 'number_reused') return { kind: 'unknown', reason: 'unmapped' };
  const advice = reason === 'validation' ? 'fix_request' : 'contact_support';
  return { kind: 'failed', code: reason === 'unsupported' ? 'channel_unsupported' : 'channel_rejected', advice, vendor };
}
