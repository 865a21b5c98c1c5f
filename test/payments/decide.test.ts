import { expect } from 'chai';
import { decide } from '../../core/payments/decide.ts';
import type { Evidence } from '../../core/payments/evidence.ts';
import { canMoveAttempt, canMovePayment } from '../../core/payments/states.ts';
import type { AttemptState } from '../../core/store/tables/attempts.ts';
import { attemptMoves, paymentMoves } from '../../core/store/tables/moves.ts';
import type { PaymentState } from '../../core/store/tables/payments.ts';
import { evidences, now, situation } from '../kit/situation.ts';

const attemptStates = Object.keys(attemptMoves) as AttemptState[];
const paymentStates = Object.keys(paymentMoves) as PaymentState[];

/** Where each evidence takes an attempt from each state; a dash leaves it. */
const table: Readonly<Record<AttemptState, Readonly<Record<string, string>>>> = {
  sending: {
    paid: 'succeeded',
    paidOther: '-',
    waiting: 'waiting',
    processing: 'processing',
    closed: 'closed',
    failed: 'failed',
    notSent: 'not_sent',
    notFound: '-',
    unknown: 'unknown',
    mismatch: '-',
  },
  waiting: {
    paid: 'succeeded',
    paidOther: '-',
    waiting: 'waiting',
    processing: 'processing',
    closed: 'closed',
    failed: 'failed',
    notSent: '-',
    notFound: '-',
    unknown: '-',
    mismatch: '-',
  },
  processing: {
    paid: 'succeeded',
    paidOther: '-',
    waiting: 'waiting',
    processing: '-',
    closed: 'closed',
    failed: 'failed',
    notSent: '-',
    notFound: '-',
    unknown: '-',
    mismatch: '-',
  },
  unknown: {
    paid: 'succeeded',
    paidOther: '-',
    waiting: 'waiting',
    processing: 'processing',
    closed: 'closed',
    failed: 'failed',
    notSent: 'not_sent',
    notFound: '-',
    unknown: '-',
    mismatch: '-',
  },
  closing: {
    paid: 'succeeded',
    paidOther: '-',
    waiting: '-',
    processing: '-',
    closed: 'closed',
    failed: 'failed',
    notSent: 'closed',
    notFound: '-',
    unknown: '-',
    mismatch: '-',
  },
  closed: {
    paid: 'succeeded_late',
    paidOther: '-',
    waiting: '-',
    processing: '-',
    closed: '-',
    failed: '-',
    notSent: '-',
    notFound: '-',
    unknown: '-',
    mismatch: '-',
  },
  failed: {
    paid: 'succeeded_late',
    paidOther: '-',
    waiting: '-',
    processing: '-',
    closed: '-',
    failed: '-',
    notSent: '-',
    notFound: '-',
    unknown: '-',
    mismatch: '-',
  },
  not_sent: {
    paid: 'succeeded_late',
    paidOther: '-',
    waiting: '-',
    processing: '-',
    closed: '-',
    failed: '-',
    notSent: '-',
    notFound: '-',
    unknown: '-',
    mismatch: '-',
  },
  succeeded: {
    paid: '-',
    paidOther: '-',
    waiting: '-',
    processing: '-',
    closed: '-',
    failed: '-',
    notSent: '-',
    notFound: '-',
    unknown: '-',
    mismatch: '-',
  },
  succeeded_late: {
    paid: '-',
    paidOther: '-',
    waiting: '-',
    processing: '-',
    closed: '-',
    failed: '-',
    notSent: '-',
    notFound: '-',
    unknown: '-',
    mismatch: '-',
  },
};

describe('What evidence does to an attempt', () => {
  for (const from of attemptStates) {
    for (const [name, evidence] of Object.entries(evidences)) {
      it(`${from} + ${name} → ${table[from][name]}`, () => {
        const plan = decide(evidence, situation({ state: from }, {}));
        expect(plan.attempt?.state ?? '-').to.equal(table[from][name]);
      });
    }
  }

  it('never plans a move that the state machines do not have, from any pair of states', () => {
    for (const [attempt, payment, evidence, closing, othersLive, latePolicy] of everySituation()) {
      const on = situation({ state: attempt }, { state: payment, closing }, { othersLive, latePolicy, unpayable: true });
      const plan = decide(evidence, on);
      const to = plan.attempt?.state ?? attempt;
      const next = plan.payment?.state ?? payment;
      if (to !== attempt) expect(canMoveAttempt(attempt, to), `${attempt} → ${to}`).to.equal(true);
      if (next !== payment) expect(canMovePayment(payment, next), `${payment} → ${next} on ${evidence.kind}`).to.equal(true);
    }
  });
});

describe('A channel that refuses to close', () => {
  const refusal: Evidence = { kind: 'waiting', action: null, channelNo: null, refusesClose: true };
  const closing = { state: 'closing', expires_at: now + 1 } as const;
  const switched = { state: 'processing', action: '{"type":"qr","qrContent":"x"}' } as const;

  it('gives the shopper back what he had', () => {
    const plan = decide(refusal, situation(closing, switched));
    expect(plan.attempt?.state).to.equal('waiting');
    expect(plan.payment).to.deep.equal({ state: 'pending', action: undefined });
    expect(plan.event).to.equal(null);
  });

  it('changes nothing where the payment itself is closed or over, its time has passed, another attempt lives, or there is nothing to give back', () => {
    const stays = [
      situation(closing, { ...switched, closing: 1 }),
      situation(closing, { ...switched, state: 'success' }),
      situation({ ...closing, expires_at: now }, switched),
      situation(closing, switched, { othersLive: true }),
      situation(closing, { ...switched, action: null }),
    ];
    for (const on of stays) {
      expect(decide(refusal, on)).to.deep.include({ payment: null, event: null });
      expect(decide(refusal, on).attempt?.state).to.equal(undefined);
    }
    const without: Evidence = { kind: 'waiting', action: null, channelNo: null };
    expect(decide(without, situation(closing, switched)).attempt?.state).to.equal(undefined);
  });
});

/** Where each evidence about a waiting attempt takes its payment, whose code was shown, from each state; a dash leaves it. Money is the payment's whole amount. */
const payments: Readonly<Record<PaymentState, string>> = {
  pending: 'paid:success paidOther:- waiting:- processing:processing closed:closed failed:failed notSent:- notFound:- unknown:- mismatch:-',
  processing: 'paid:success paidOther:- waiting:pending processing:- closed:closed failed:failed notSent:- notFound:- unknown:- mismatch:-',
  success: 'paid:- paidOther:- waiting:- processing:- closed:- failed:- notSent:- notFound:- unknown:- mismatch:-',
  refunded: 'paid:- paidOther:- waiting:- processing:- closed:- failed:- notSent:- notFound:- unknown:- mismatch:-',
  failed: 'paid:- paidOther:- waiting:- processing:- closed:- failed:- notSent:- notFound:- unknown:- mismatch:-',
  closed: 'paid:- paidOther:- waiting:- processing:- closed:- failed:- notSent:- notFound:- unknown:- mismatch:-',
};

describe('What evidence does to a payment', () => {
  for (const from of paymentStates) {
    const wanted = Object.fromEntries(payments[from].split(' ').map((pair) => pair.split(':') as [string, string]));
    for (const [name, evidence] of Object.entries(evidences)) {
      it(`${from} + ${name} → ${wanted[name]}`, () => {
        const to = decide(evidence, situation({}, { state: from })).payment?.state ?? from;
        expect(to === from ? '-' : to).to.equal(wanted[name]);
      });
    }
  }

  it('of an app that accepts late money: a success from failed and closed too, and from nowhere else', () => {
    for (const from of paymentStates) {
      const plan = decide(evidences.paid as Evidence, situation({}, { state: from }, { latePolicy: 'accept' }));
      expect(plan.payment?.state ?? '-', from).to.equal(from === 'success' || from === 'refunded' ? '-' : 'success');
    }
  });
});

function everySituation() {
  const policies = ['auto_refund', 'accept', 'hold'] as const;
  return attemptStates.flatMap((attempt) =>
    paymentStates.flatMap((payment) =>
      Object.values(evidences).flatMap((evidence) =>
        [0, 1].flatMap((closing) =>
          [true, false].flatMap((othersLive) =>
            policies.map((policy) => [attempt, payment, evidence, closing, othersLive, policy] as const),
          ),
        ),
      ),
    ),
  );
}

describe('What money does to a payment', () => {
  const paid = evidences.paid as Evidence;

  it('makes an open payment a success, and closes other attempts at once', () => {
    const plan = decide(paid, situation({}, { state: 'pending' }, { othersLive: true }));
    expect(plan.payment).to.include({ state: 'success', accepted_attempt_id: 'att_1', amount_paid: 100, due_at: now });
    expect([plan.event, plan.refund]).to.deep.equal(['payment.succeeded', null]);
  });

  for (const state of ['success', 'refunded'] as const) {
    it(`is refunded when the payment is ${state} already`, () => {
      const plan = decide(paid, situation({}, { state }));
      expect(plan.refund).to.deep.equal({ kind: 'duplicate', amount: 100 });
      expect(plan.payment).to.deep.equal({ exception: 'duplicate' });
    });
  }

  for (const state of ['closed', 'failed'] as const) {
    it(`that comes after ${state} follows the late policy`, () => {
      const late = (latePolicy: 'auto_refund' | 'accept' | 'hold') =>
        decide(paid, situation({ state: 'closed' }, { state }, { latePolicy }));
      expect(late('auto_refund').refund).to.deep.equal({ kind: 'late', amount: 100 });
      expect(late('auto_refund').payment).to.deep.equal({ exception: 'late' });
      expect(late('hold').refund).to.equal(null);
      expect(late('accept').payment).to.include({ state: 'success', exception: 'late' });
      expect(late('accept').refund).to.equal(null);
    });
  }

  it('of another amount counts only when a second answer agrees: more is accepted and the rest refunded', () => {
    const more: Evidence = { kind: 'paidOther', amount: 130, channelNo: 'C1', at: null };
    const first = decide(more, situation({}, {}));
    expect([first.attempt, first.payment]).to.deep.equal([{ amount_paid: 130 }, { exception: 'mismatch' }]);
    const second = decide(more, situation({ amount_paid: 130 }, { exception: 'mismatch' }));
    expect(second.payment).to.include({ state: 'success', exception: 'excess', amount_paid: 100 });
    expect(second.refund).to.deep.equal({ kind: 'excess', amount: 30 });
  });

  it('of less than the amount is held, never a success', () => {
    const less: Evidence = { kind: 'paidOther', amount: 70, channelNo: 'C1', at: null };
    const plan = decide(less, situation({ amount_paid: 70 }, {}));
    expect(plan.attempt).to.include({ state: 'succeeded', amount_paid: 70 });
    expect([plan.payment, plan.refund]).to.deep.equal([{ exception: 'mismatch', due_at: null }, null]);
  });

  it('about another merchant, number, environment or currency changes no state', () => {
    for (const what of ['merchant', 'number', 'livemode', 'currency'] as const) {
      const plan = decide({ kind: 'mismatch', what }, situation({}, {}));
      expect([plan.attempt, plan.payment]).to.deep.equal([null, { exception: 'mismatch' }]);
    }
  });
});

describe('A channel that waits for the shopper', () => {
  it('makes a payment pending only when there is something to act on', () => {
    const silent: Evidence = { kind: 'waiting', action: null, channelNo: 'C1' };
    const lost = decide(silent, situation({ state: 'sending' }, { state: 'processing', action: null }));
    expect([lost.attempt?.state, lost.attempt?.channel_no, lost.payment]).to.deep.equal(['unknown', 'C1', null]);
    const told: Evidence = { kind: 'waiting', action: { type: 'qr', qrContent: 'q' }, channelNo: null };
    const shown = decide(told, situation({ state: 'unknown' }, { state: 'processing', action: null }));
    expect([shown.attempt?.state, shown.payment?.state]).to.deep.equal(['waiting', 'pending']);
  });
});

describe('An end without money', () => {
  it('fails the payment, closes it when it was closing, and leaves it when another attempt lives or follows', () => {
    const failed = evidences.failed as Evidence;
    expect(decide(failed, situation({}, {})).payment?.state).to.equal('failed');
    expect(decide(failed, situation({ state: 'closing' }, { state: 'processing', closing: 1 })).payment?.state).to.equal('closed');
    expect(decide(failed, situation({}, {}, { othersLive: true })).payment).to.equal(null);
    expect(decide(failed, situation({}, {}, { failsOver: true })).payment).to.equal(null);
  });

  it('needs "not found" twice, far enough apart, of a number that can no longer be paid', () => {
    const notFound = evidences.notFound as Evidence;
    expect(decide(notFound, situation({ state: 'unknown' }, {})).attempt).to.deep.equal({ not_found_at: now });
    const soon = situation({ state: 'unknown', not_found_at: now - 999 }, {}, { unpayable: true });
    expect(decide(notFound, soon).attempt).to.equal(null);
    const payable = situation({ state: 'unknown', not_found_at: now - 1000 }, {});
    expect(decide(notFound, payable).attempt).to.equal(null);
    const final = situation({ state: 'unknown', not_found_at: now - 1000 }, {}, { unpayable: true });
    expect(decide(notFound, final).attempt?.state).to.equal('not_sent');
  });
});
