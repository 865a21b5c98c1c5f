import { expect } from 'chai';
import { decideRefund, type RefundSituation } from '../../core/refunds/decide.ts';
import type { RefundEvidence } from '../../core/refunds/evidence.ts';
import { canMoveRefund } from '../../core/refunds/states.ts';
import { refundMoves } from '../../core/store/tables/moves.ts';
import type { RefundKind, RefundRow, RefundState } from '../../core/store/tables/refunds.ts';

const now = 1_000_000;
const states = Object.keys(refundMoves) as RefundState[];
const no = { kind: 'failed', code: 'declined', advice: 'contact_support', vendor: null } as const;

const evidences: Readonly<Record<string, RefundEvidence>> = {
  succeeded: { kind: 'succeeded', channelNo: 'R1', at: null },
  processing: { kind: 'processing', channelNo: 'R1' },
  abnormal: { kind: 'abnormal', channelNo: null },
  refused: { ...no, how: 'refused' },
  repeat: { ...no, how: 'repeat' },
  ended: { ...no, how: 'ended' },
  notSent: { kind: 'notSent' },
  notFound: { kind: 'notFound' },
  unknown: { kind: 'unknown' },
  mismatch: { kind: 'mismatch' },
};

function situation(refund: Partial<RefundRow>): RefundSituation {
  const row = {
    id: 'rfd_1',
    kind: 'merchant',
    state: 'sending',
    exception: null,
    channel_no: null,
    not_found_at: null,
    checks: 0,
    ...refund,
  };
  return { refund: row as RefundRow, now, notFoundIsFinalAfterMs: 1000 };
}

/** What each evidence makes of a merchant's refund: its next state, `-` for nothing, `!` for nothing but an operator's attention, `?` for a remembered doubt. */
const table: Readonly<Record<RefundState, string>> = {
  created: 'succeeded:- processing:- abnormal:- refused:failed repeat:? ended:failed notSent:- notFound:- unknown:- mismatch:-',
  sending:
    'succeeded:succeeded processing:processing abnormal:processing refused:failed repeat:? ended:failed notSent:created notFound:- unknown:unknown mismatch:-',
  unknown:
    'succeeded:succeeded processing:processing abnormal:processing refused:failed repeat:? ended:failed notSent:- notFound:- unknown:- mismatch:-',
  processing:
    'succeeded:succeeded processing:= abnormal:processing refused:failed repeat:? ended:failed notSent:- notFound:? unknown:- mismatch:-',
  succeeded: 'succeeded:- processing:- abnormal:- refused:- repeat:- ended:! notSent:- notFound:- unknown:- mismatch:-',
  failed: 'succeeded:! processing:- abnormal:- refused:- repeat:- ended:- notSent:- notFound:- unknown:- mismatch:-',
};

function mark(state: RefundState, evidence: RefundEvidence): string {
  const changes = decideRefund(evidence, situation({ state }));
  if (changes === null) return '-';
  if (changes.state !== undefined) return changes.state;
  if (changes.exception === 'abnormal') return '!';
  return changes.not_found_at === now ? '?' : '=';
}

function everyRefundSituation() {
  const kinds: readonly RefundKind[] = ['merchant', 'late', 'duplicate', 'excess'];
  const times = [null, now - 500, now - 5000];
  return states.flatMap((state) =>
    Object.values(evidences).flatMap((evidence) => kinds.flatMap((kind) => times.map((at) => [state, evidence, kind, at] as const))),
  );
}

describe('What evidence does to a refund', () => {
  for (const state of states) {
    const wanted = Object.fromEntries(table[state].split(' ').map((pair) => pair.split(':') as [string, string]));
    for (const [name, evidence] of Object.entries(evidences)) {
      it(`${state} + ${name} → ${wanted[name]}`, () => expect(mark(state, evidence)).to.equal(wanted[name]));
    }
  }

  it('never plans a move that the state machine does not have, of any kind of refund', () => {
    for (const [state, evidence, kind, notFoundAt] of everyRefundSituation()) {
      const to = decideRefund(evidence, situation({ state, kind, not_found_at: notFoundAt }))?.state ?? state;
      if (to !== state) expect(canMoveRefund(state, to), `${kind} ${state} → ${to}`).to.equal(true);
    }
  });

  it('a repeat that is refused ends a refund only when a refusal long enough before is remembered', () => {
    const repeat = evidences.repeat as RefundEvidence;
    const at = (notFoundAt: number) => decideRefund(repeat, situation({ state: 'unknown', not_found_at: notFoundAt }));
    expect(at(now - 999)).to.equal(null);
    expect(at(now - 1000)?.state).to.equal('failed');
  });

  it('money that should not have come is tried again after every refusal, and given up only when the vendor ends it', () => {
    const late = (state: RefundState, how: 'refused' | 'repeat' | 'ended') =>
      decideRefund({ ...no, how }, situation({ kind: 'late', state, not_found_at: now - 5000 }));
    expect(late('sending', 'refused')).to.deep.equal({ state: 'created', exception: 'abnormal', due_at: now + 5000 });
    expect(late('created', 'refused')).to.deep.equal({ exception: 'abnormal' });
    expect(late('unknown', 'repeat')).to.deep.equal({ exception: 'abnormal' });
    expect(late('processing', 'ended')?.state).to.equal('failed');
  });

  it('what is known already changes nothing', () => {
    const known = situation({ state: 'processing', channel_no: 'R1', exception: 'abnormal' });
    expect(decideRefund(evidences.processing as RefundEvidence, known)).to.equal(null);
    expect(decideRefund(evidences.abnormal as RefundEvidence, known)).to.equal(null);
    const doubted = situation({ state: 'processing', not_found_at: now - 1 });
    expect(decideRefund(evidences.notFound as RefundEvidence, doubted)).to.equal(null);
    expect(decideRefund(evidences.processing as RefundEvidence, doubted)).to.include({ not_found_at: null });
  });
});
