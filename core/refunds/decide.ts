import { nextCheckMs } from '../payments/ladder.ts';
import type { RefundChanges, RefundRow, RefundState } from '../store/tables/refunds.ts';
import type { RefundEvidence } from './evidence.ts';
import { canMoveRefund } from './states.ts';

export interface RefundSituation {
  readonly refund: RefundRow;
  readonly now: number;
  /** How far apart two answers "not found", or two refusals of a repeat, must be to count. */
  readonly notFoundIsFinalAfterMs: number;
}

type Failed = Extract<RefundEvidence, { kind: 'failed' }>;

/** A refund whose answer was lost is asked for in the request's wake, not at the next round. */
const firstQueryMs = 1000;

/** What evidence changes on a refund; null for nothing new. Only a success, or an end that the vendor guarantees, releases its money. */
export function decideRefund(evidence: RefundEvidence, on: RefundSituation): RefundChanges | null {
  const { refund, now } = on;
  switch (evidence.kind) {
    case 'succeeded':
      if (refund.state === 'failed') return contradiction(refund);
      return move(refund, 'succeeded', {
        channel_no: evidence.channelNo,
        exception: null,
        succeeded_at: evidence.at ?? now,
        ended_at: now,
        due_at: null,
      });
    case 'processing':
      return processing(on, evidence.channelNo);
    case 'abnormal':
      return abnormal(refund, evidence.channelNo);
    case 'failed':
      return failed(evidence, on);
    case 'notSent':
      return refund.state === 'sending' ? { state: 'created' } : null;
    case 'unknown':
      return refund.state === 'sending' ? { state: 'unknown', due_at: now + firstQueryMs } : null;
    case 'notFound':
      return refund.state === 'processing' && refund.not_found_at === null ? { not_found_at: now } : null;
    default:
      return null;
  }
}

function move(refund: RefundRow, to: RefundState, changes: RefundChanges): RefundChanges | null {
  return canMoveRefund(refund.state, to) ? { ...changes, state: to } : null;
}

function processing({ refund, now }: RefundSituation, channelNo: string | null): RefundChanges | null {
  const learned = { channel_no: channelNo ?? undefined, not_found_at: null };
  // Most are done within a second; and a callback that came during the call was waiting for its answer (receive.ts).
  if (refund.state !== 'processing') return move(refund, 'processing', { ...learned, due_at: now + firstQueryMs });
  const isNew = refund.not_found_at !== null || (channelNo !== null && channelNo !== refund.channel_no);
  return isNew ? learned : null;
}

/** The vendor cannot finish it by itself: its money stays set aside, and an operator decides. */
function abnormal(refund: RefundRow, channelNo: string | null): RefundChanges | null {
  const isHere = refund.state === 'processing';
  if (refund.exception === 'abnormal' && isHere) return null;
  if (!isHere && !canMoveRefund(refund.state, 'processing')) return null;
  return { state: 'processing', exception: 'abnormal', channel_no: channelNo ?? undefined };
}

/** A refund that had ended is said to have ended otherwise. The books stay as they are; an operator is shown that they may be wrong. */
function contradiction(refund: RefundRow): RefundChanges | null {
  return refund.exception === 'abnormal' ? null : { exception: 'abnormal' };
}

function failed(evidence: Failed, on: RefundSituation): RefundChanges | null {
  const { refund, now } = on;
  if (refund.state === 'succeeded') return evidence.how === 'ended' ? contradiction(refund) : null;
  if (!canMoveRefund(refund.state, 'failed')) return null;
  if (evidence.how === 'repeat' && refund.not_found_at === null) return { not_found_at: now };
  if (evidence.how === 'repeat' && now - (refund.not_found_at ?? now) < on.notFoundIsFinalAfterMs) return null;
  // Nobody would ask again for money that should not have come: it is sent again, under its number, until the vendor takes it.
  if (refund.kind !== 'merchant' && evidence.how !== 'ended') return tryLater(on);
  const failure = JSON.stringify({ code: evidence.code, advice: evidence.advice, vendor: evidence.vendor });
  return move(refund, 'failed', { failure, exception: null, ended_at: now, due_at: null });
}

function tryLater({ refund, now }: RefundSituation): RefundChanges | null {
  if (refund.state !== 'sending') return contradiction(refund);
  return { state: 'created', exception: 'abnormal', due_at: now + nextCheckMs('refund', refund.checks) };
}
