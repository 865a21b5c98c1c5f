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

  it('money that arrived is written with the vendor’s number and time, or ours where it tells none', () => {
    const at = (when: number | null) =>
      decideRefund({ kind: 'succeeded', channelNo: 'R1', at: when }, situation({ state: 'processing', exception: 'abnormal' }));
    const written = { state: 'succeeded', channel_no: 'R1', exception: null, ended_at: now, due_at: null };
    expect(at(900_000)).to.deep.equal({ ...written, succeeded_at: 900_000 });
    expect(at(null)).to.deep.equal({ ...written, succeeded_at: now });
  });

  it('a refund that the vendor took is asked about in a second; a name that it leaves out is not forgotten', () => {
    const took = (channelNo: string | null) => decideRefund({ kind: 'processing', channelNo }, situation({ state: 'sending' }));
    expect(took('R1')).to.deep.equal({ state: 'processing', channel_no: 'R1', not_found_at: null, due_at: now + 1000 });
    expect(took(null)?.channel_no).to.equal(undefined);
    const known = situation({ state: 'processing', channel_no: 'R1' });
    expect(decideRefund({ kind: 'processing', channelNo: null }, known)).to.equal(null);
    expect(decideRefund({ kind: 'processing', channelNo: 'R2' }, known)).to.deep.equal({ channel_no: 'R2', not_found_at: null });
  });

  it('an answer that was lost is asked for in a second', () => {
    expect(decideRefund(evidences.unknown as RefundEvidence, situation({ state: 'sending' }))).to.deep.equal({
      state: 'unknown',
      due_at: now + 1000,
    });
  });

  it('what the vendor cannot finish keeps its reserve, and is shown', () => {
    const stuck = decideRefund({ kind: 'abnormal', channelNo: 'R1' }, situation({ state: 'sending' }));
    expect(stuck).to.deep.equal({ state: 'processing', exception: 'abnormal', channel_no: 'R1' });
    const here = decideRefund({ kind: 'abnormal', channelNo: null }, situation({ state: 'processing' }));
    expect(here).to.deep.equal({ state: 'processing', exception: 'abnormal', channel_no: undefined });
    expect(decideRefund({ kind: 'abnormal', channelNo: null }, situation({ state: 'sending', exception: 'abnormal' }))?.state).to.equal(
      'processing',
    );
  });

  it('a refusal is written in the vendor’s words, and ends it', () => {
    expect(decideRefund(evidences.refused as RefundEvidence, situation({ exception: 'abnormal' }))).to.deep.equal({
      state: 'failed',
      failure: '{"code":"declined","advice":"contact_support","vendor":null}',
      exception: null,
      ended_at: now,
      due_at: null,
    });
  });

  it('an end that contradicts the books is shown once', () => {
    const shown = { exception: 'abnormal' } as const;
    expect(decideRefund(evidences.succeeded as RefundEvidence, situation({ state: 'failed' }))).to.deep.equal(shown);
    expect(decideRefund(evidences.succeeded as RefundEvidence, situation({ state: 'failed', ...shown }))).to.equal(null);
    expect(decideRefund(evidences.ended as RefundEvidence, situation({ state: 'succeeded', ...shown }))).to.equal(null);
    expect(decideRefund({ ...no, how: 'refused' }, situation({ kind: 'late', state: 'created', ...shown }))).to.equal(null);
  });

  it('each refusal of money that must go back puts it off for longer', () => {
    const later = [0, 1, 2, 3, 4].map(
      (checks) => decideRefund({ ...no, how: 'refused' }, situation({ kind: 'late', checks }))?.due_at ?? 0,
    );
    expect(later).to.deep.equal(later.toSorted((a, b) => a - b));
    expect(later[4]).to.be.greaterThan(later[0] ?? 0);
  });
});
