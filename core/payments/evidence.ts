import type { Action, Advice, Declined, Echo, Outcome, PaymentReport, Unknown, VendorError } from '../contract/outcome.ts';
import type { AttemptRow } from '../store/tables/attempts.ts';

/** What the kernel has learned about one attempt, after comparing the answer with what it asked. */
export type Evidence = Learned & {
  /** What the vendor calls the thing that was opened, where it said so. */
  readonly sessionNo?: string;
};

type Learned =
  | { readonly kind: 'paid'; readonly amount: number; readonly channelNo: string; readonly at: number | null }
  /** Paid with another amount than asked. Counts only when two queries agree. */
  | {
      readonly kind: 'paidOther';
      readonly amount: number;
      readonly channelNo: string;
      readonly at: number | null;
      /** Told by a callback of a vendor that cannot be asked: said twice, it may be one message that came twice. */
      readonly onlyTold?: true;
    }
  | {
      readonly kind: 'waiting';
      readonly action: Action | null;
      readonly channelNo: string | null;
      /** Asked to close it, the channel refused: the shopper can pay it as before. */
      readonly refusesClose?: true;
    }
  | {
      readonly kind: 'processing';
      readonly channelNo: string | null;
      /** The shopper agreed, and the vendor waits for us: nothing moves until we ask for it. */
      readonly approved?: true;
    }
  | { readonly kind: 'closed' }
  | {
      readonly kind: 'failed';
      readonly code: string;
      readonly advice: Advice;
      readonly vendor: VendorError | null;
      /** A second send was refused. What became of the first is another question. */
      readonly repeated?: true;
    }
  | { readonly kind: 'notSent'; readonly reason: string }
  | { readonly kind: 'notFound' }
  | { readonly kind: 'unknown'; readonly reason: Unknown['reason'] | 'query_refused' | 'unusable_name' }
  /** About another number, merchant, environment, currency or transaction, or an amount that is none: says nothing about this attempt. */
  | { readonly kind: 'mismatch'; readonly what: 'number' | 'merchant' | 'livemode' | 'currency' | 'amount' | 'channel_no' };

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
  if (!isName(report.channelNo)) return unnameable;
  const channelNo = report.channelNo ?? null;
  if (report.state === 'pending') return { kind: 'waiting', action: null, channelNo };
  if (report.state === 'approved') return { kind: 'processing', channelNo, approved: true };
  if (report.state === 'processing') return { kind: 'processing', channelNo };
  if (report.state === 'closed') return { kind: 'closed' };
  const { currency, amount } = report.money;
  if (currency !== expected.currency) return { kind: 'mismatch', what: 'currency' };
  if (!Number.isSafeInteger(amount) || amount <= 0) return { kind: 'mismatch', what: 'amount' };
  return { kind: amount === expected.amount ? 'paid' : 'paidOther', amount, channelNo: report.channelNo, at: timeOf(report.at) };
}

/** When the vendor says that it happened; null when it says nothing, or no time. Money must not be lost over a date. */
export function timeOf(at: Date | undefined): number | null {
  const time = at?.getTime();
  return Number.isSafeInteger(time) ? (time as number) : null;
}

/** Whether the vendor waits for us to take the money. */
export function isApproved(evidence: Evidence): evidence is Extract<Evidence, { kind: 'processing' }> {
  return evidence.kind === 'processing' && evidence.approved === true;
}

/** Reads the outcome of `pay`: here a rejection is final, because it was refused before anything was executed. */
export function evidenceOfPay(outcome: Outcome, expected: Expected): Evidence {
  if (!namesFit(outcome)) return unnameable;
  switch (outcome.kind) {
    case 'ok':
      return withSession(evidenceOfReport(outcome.report, expected), outcome.sessionNo);
    case 'action':
      return withSession({ kind: 'waiting', action: outcome.action, channelNo: outcome.channelNo ?? null }, outcome.sessionNo);
    case 'declined':
      return evidenceOfDecline(outcome, expected);
    case 'rejected':
      return rejected(outcome.reason, outcome.vendor ?? null);
    default:
      return { kind: outcome.kind, reason: outcome.reason } as Evidence;
  }
}

/** A refusal of another order says nothing about this one. */
export function evidenceOfDecline(
  { echo, code, advice, vendor }: Pick<Declined, 'echo' | 'code' | 'advice'> & { readonly vendor: VendorError | null },
  expected: Expected,
): Evidence {
  const different = compareEcho(echo, expected);
  return different === null ? { kind: 'failed', code, advice, vendor } : { kind: 'mismatch', what: different };
}

/** A channel's fault: a name that the tables cannot hold could not be asked about later. */
const unnameable = { kind: 'unknown', reason: 'unusable_name' } as const;
const maxNameLength = 255;

/** Whether the vendor's name for something can be kept as it is; true as well where there is none. */
export function isName(name: unknown): boolean {
  return name === undefined || (typeof name === 'string' && /^[\x21-\x7e]+$/.test(name) && name.length <= maxNameLength);
}

function namesFit(outcome: Outcome): boolean {
  const { sessionNo, channelNo } = outcome as { readonly sessionNo?: unknown; readonly channelNo?: unknown };
  return isName(sessionNo) && isName(channelNo);
}

function withSession(evidence: Evidence, sessionNo: string | undefined): Evidence {
  const says = evidence.kind === 'waiting' || evidence.kind === 'processing' || evidence.kind === 'paid' || evidence.kind === 'paidOther';
  return sessionNo === undefined || !says ? evidence : { ...evidence, sessionNo };
}

/** Reads the outcome of `query`: a question that could not be asked says nothing about the payment. */
export function evidenceOfQuery(outcome: Outcome, expected: Expected): Evidence {
  if (outcome.kind === 'rejected' || outcome.kind === 'notSent') return { kind: 'unknown', reason: 'query_refused' };
  return evidenceOfPay(outcome, expected);
}

/** Reads the outcome of `pay` sent again under the same number: that the repeat was refused does not undo the first. */
export function evidenceOfRepeat(outcome: Outcome, expected: Expected): Evidence {
  const evidence = evidenceOfQuery(outcome, expected);
  return evidence.kind === 'failed' ? { ...evidence, repeated: true } : evidence;
}

/**
 * What the first send's refusal is worth once another server has asked about the attempt: it may
 * have sent the same number again, and that send may have been taken. A process that sleeps between
 * its commit and its call (a paused machine) comes to this.
 */
export function doubt(evidence: Evidence): Evidence {
  const isRefusal = evidence.kind === 'notSent' || evidence.kind === 'failed';
  return isRefusal ? { kind: 'unknown', reason: 'unmapped' } : evidence;
}

/** A number the vendor has seen with other content may be live there: only a query can tell. */
function rejected(reason: string, vendor: VendorError | null): Evidence {
  if (reason === 'number_reused') return { kind: 'unknown', reason: 'unmapped' };
  const advice = reason === 'validation' ? 'fix_request' : 'contact_support';
  return { kind: 'failed', code: reason === 'unsupported' ? 'channel_unsupported' : 'channel_rejected', advice, vendor };
}
