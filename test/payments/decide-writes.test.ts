import { expect } from 'chai';
import { decide } from '../../core/payments/decide.ts';
import type { Evidence } from '../../core/payments/evidence.ts';
import type { AttemptState } from '../../core/store/tables/attempts.ts';
import { evidences, now, situation } from '../kit/situation.ts';

/** Every column that is written, and no other: what is forgotten here is wrong in the books. */
describe('What is written', () => {
  const failed: Evidence = { kind: 'failed', code: 'declined', advice: 'retry_other_method', vendor: { code: 'NO', message: 'no' } };
  const declinedText = '{"code":"declined","advice":"retry_other_method","vendor":{"code":"NO","message":"no"}}';

  it('of money: what the vendor calls it, how much it was and when, and that nobody need ask again', () => {
    const told: Evidence = { kind: 'paid', amount: 100, channelNo: 'C1', sessionNo: 'S1', at: 900_000 };
    const plan = decide(told, situation({}, { failure: 'old', closing: 1 }));
    expect(plan.attempt).to.deep.equal({
      state: 'succeeded',
      channel_no: 'C1',
      session_no: 'S1',
      amount_paid: 100,
      currency_paid: 'CNY',
      succeeded_at: 900_000,
      ended_at: now,
      due_at: null,
    });
    expect(plan.payment).to.deep.equal({
      state: 'success',
      closing: 0,
      exception: null,
      failure: null,
      accepted_attempt_id: 'att_1',
      method: 'm_x',
      channel: 'm',
      amount_paid: 100,
      succeeded_at: 900_000,
      due_at: null,
    });
  });

  it('of money whose time the vendor does not tell: our time', () => {
    const plan = decide(evidences.paid as Evidence, situation({}, {}));
    expect([plan.attempt?.succeeded_at, plan.payment?.succeeded_at]).to.deep.equal([now, now]);
  });

  it('of late money that is accepted: the payment is a success, marked as late, and all of it counts', () => {
    const less: Evidence = { kind: 'paidOther', amount: 90, channelNo: 'C1', at: null };
    const late = situation({ state: 'closed', amount_paid: 90 }, { state: 'closed' }, { latePolicy: 'accept' });
    expect(decide(less, late).refund, 'too little cannot be accepted').to.deep.equal({ kind: 'late', amount: 90 });
    const more: Evidence = { kind: 'paidOther', amount: 130, channelNo: 'C1', at: null };
    const plan = decide(more, situation({ state: 'closed', amount_paid: 130 }, { state: 'closed' }, { latePolicy: 'accept' }));
    expect([plan.payment?.exception, plan.refund]).to.deep.equal(['late', { kind: 'excess', amount: 30 }]);
  });

  it('of a success beside money that is held: the operator goes on being shown it', () => {
    const plan = decide(evidences.paid as Evidence, situation({}, {}, { heldElsewhere: true }));
    expect([plan.payment?.state, plan.payment?.exception]).to.deep.equal(['success', 'mismatch']);
  });

  it('of too little money while others may still pay: the payment goes on being looked after', () => {
    const less: Evidence = { kind: 'paidOther', amount: 70, channelNo: 'C1', at: null };
    expect(decide(less, situation({ amount_paid: 70 }, {}, { othersLive: true })).payment).to.deep.equal({ exception: 'mismatch' });
  });

  it('of a decline: the vendor’s words, and the end', () => {
    const plan = decide(failed, situation({}, {}));
    expect(plan.attempt).to.deep.equal({ state: 'failed', failure: declinedText, ended_at: now, due_at: null });
    expect(plan.payment).to.deep.equal({
      state: 'failed',
      closing: 0,
      action: null,
      closed_at: null,
      due_at: null,
      failure: declinedText,
    });
    expect([plan.event, plan.refund]).to.deep.equal(['payment.failed', null]);
  });

  it('of a send that did not arrive: that the channel is unavailable, and another method may do', () => {
    const plan = decide(evidences.notSent as Evidence, situation({ state: 'sending' }, {}));
    expect(plan.attempt).to.deep.equal({ state: 'not_sent', failure: null, ended_at: now, due_at: null });
    expect(plan.payment?.failure).to.equal('{"code":"channel_unavailable","advice":"retry_other_method","vendor":null}');
  });

  it('of a close: its reason where there is one, else that the channel did it', () => {
    const closed = evidences.closed as Evidence;
    const byChannel = decide(closed, situation({}, {}));
    const ended = { closing: 0, action: null, closed_at: now, due_at: null, state: 'closed' };
    expect(byChannel.payment).to.deep.equal({ ...ended, close_reason: 'channel' });
    expect(byChannel.event).to.equal('payment.closed');
    const byMerchant = decide(closed, situation({ state: 'closing' }, { closing: 1, close_reason: 'merchant' }));
    expect(byMerchant.payment).to.deep.equal({ ...ended, close_reason: 'merchant' });
  });

  it('of an end after which the shopper may choose again: the payment waits, with what went wrong', () => {
    const again = { staysOpen: true };
    expect(decide(failed, situation({}, {}, again))).to.deep.include({
      payment: { state: 'pending', action: null, failure: declinedText },
      event: null,
    });
    expect(decide(evidences.closed as Evidence, situation({}, {}, again)).payment).to.deep.equal({
      state: 'pending',
      action: null,
      failure: null,
    });
  });

  for (const [why, more] of Object.entries({
    'another attempt may be paid': { othersLive: true },
    'the next account is tried': { failsOver: true },
    'money is held': { heldElsewhere: true },
  })) {
    it(`of an end while ${why}: nothing on the payment`, () => {
      for (const evidence of [failed, evidences.closed, evidences.notSent] as Evidence[]) {
        const plan = decide(evidence, situation({ state: 'sending' }, {}, more));
        expect([plan.payment, plan.event, plan.refund], evidence.kind).to.deep.equal([null, null, null]);
      }
    });
  }

  it('of an end of a payment that has ended: nothing on the payment', () => {
    for (const state of ['success', 'refunded', 'failed', 'closed'] as const)
      expect(decide(failed, situation({}, { state })).payment, state).to.equal(null);
  });

  it('of a code to show: the code, and the names that the vendor gave; a name that it leaves out is not forgotten', () => {
    const action = { type: 'qr', qrContent: 'q' } as const;
    const told: Evidence = { kind: 'waiting', action, channelNo: 'C1', sessionNo: 'S1' };
    const plan = decide(told, situation({ state: 'sending' }, { state: 'processing' }));
    expect(plan.attempt).to.deep.equal({ state: 'waiting', channel_no: 'C1', session_no: 'S1', not_found_at: null });
    expect(plan.payment).to.deep.equal({ state: 'pending', action: JSON.stringify(action) });
    const nameless = decide({ ...told, channelNo: null }, situation({ state: 'sending' }, { state: 'processing' }));
    expect(nameless.attempt?.channel_no).to.equal(undefined);
    const known = decide(evidences.waiting as Evidence, situation({}, { action: '{"type":"qr"}' }));
    expect([known.payment?.state, known.payment?.action]).to.deep.equal(['pending', undefined]);
  });

  it('of a code that comes while the payment is closed: only that the attempt is known at the vendor', () => {
    const told: Evidence = { kind: 'waiting', action: { type: 'qr', qrContent: 'q' }, channelNo: 'C1' };
    for (const over of [{ closing: 1 }, { state: 'closed' }, { state: 'success' }] as const) {
      const plan = decide(told, situation({ state: 'unknown' }, over));
      expect([plan.attempt?.state, plan.payment]).to.deep.equal(['waiting', null]);
    }
    const closing = decide(told, situation({ state: 'closing' }, { closing: 1 }));
    expect(closing.attempt).to.deep.equal({ channel_no: 'C1', session_no: undefined, not_found_at: null });
  });

  it('of an answer that leaves the shopper nothing to act on: that it is asked about in a second', () => {
    const plan = decide(evidences.waiting as Evidence, situation({ state: 'sending' }, { action: null }));
    expect(plan.attempt).to.include({ state: 'unknown', due_at: now + 1000 });
    const asked = decide(evidences.waiting as Evidence, situation({ state: 'unknown' }, { action: null }));
    expect(asked.attempt).to.not.have.any.keys('state', 'due_at');
  });

  it('of a shopper who acts: the payment is processing, and the merchant is told once', () => {
    const told: Evidence = { kind: 'processing', channelNo: 'C1', sessionNo: 'S1' };
    const plan = decide(told, situation({}, { state: 'pending' }));
    expect(plan.attempt).to.deep.equal({ state: 'processing', channel_no: 'C1', session_no: 'S1', not_found_at: null, acted: 1 });
    expect([plan.payment, plan.event, plan.refund]).to.deep.equal([{ state: 'processing' }, 'payment.processing', null]);
    const again = decide(told, situation({}, { state: 'processing' }));
    expect([again.payment, again.event]).to.deep.equal([null, null]);
  });

  it('of an answer that was lost: that it is asked about in a second', () => {
    const plan = decide(evidences.unknown as Evidence, situation({ state: 'sending' }, {}));
    expect(plan).to.deep.equal({ attempt: { state: 'unknown', due_at: now + 1000 }, payment: null, refund: null, event: null });
  });
});

describe('An attempt that has ended', () => {
  const ended = { state: 'closed', due_at: null } as const;

  it('is asked about again only where a callback told that there is news and the answer was lost', () => {
    for (const evidence of [evidences.unknown, evidences.mismatch] as Evidence[]) {
      expect(decide(evidence, situation(ended, { state: 'closed' }, { isTold: true })).attempt).to.deep.equal({ due_at: now + 1000 });
      expect(decide(evidence, situation(ended, { state: 'closed' })).attempt).to.equal(null);
      const due = situation({ ...ended, due_at: 5 }, { state: 'closed' }, { isTold: true });
      expect(decide(evidence, due).attempt, 'due already').to.equal(null);
      const live = situation({ state: 'waiting', due_at: null }, {}, { isTold: true });
      expect(decide(evidence, live).attempt, 'asked about anyway').to.equal(null);
      const paid = situation({ state: 'succeeded', due_at: null }, { state: 'success' }, { isTold: true });
      expect(decide(evidence, paid).attempt, 'known').to.equal(null);
    }
  });

  it('is no longer asked about once an answer without money is heard', () => {
    for (const name of ['waiting', 'processing', 'notFound', 'failed', 'closed', 'notSent'])
      expect(decide(evidences[name] as Evidence, situation({ ...ended, due_at: 5 }, { state: 'closed' })), name).to.deep.equal({
        attempt: { due_at: null },
        payment: null,
        refund: null,
        event: null,
      });
    expect(decide(evidences.failed as Evidence, situation({ state: 'succeeded', due_at: 5 }, { state: 'success' })).attempt).to.equal(null);
  });

  it('with other money than was asked is asked about in a second, unless the vendor cannot be asked', () => {
    const other: Evidence = { kind: 'paidOther', amount: 130, channelNo: 'C1', at: null };
    expect(decide(other, situation(ended, { state: 'closed' })).attempt).to.deep.equal({ amount_paid: 130, due_at: now + 1000 });
    const told: Evidence = { ...other, onlyTold: true };
    expect(decide(told, situation(ended, { state: 'closed' })).attempt).to.deep.equal({ amount_paid: 130 });
    const twice = decide(told, situation({ ...ended, amount_paid: 130 }, { state: 'closed' }));
    expect(twice.attempt, 'one message that came twice is no second answer').to.deep.equal({ amount_paid: 130 });
  });
});

describe('What does not agree', () => {
  it('is shown once, and not over what is shown already', () => {
    const mismatch = evidences.mismatch as Evidence;
    expect(decide(mismatch, situation({}, {}))).to.deep.include({ payment: { exception: 'mismatch' }, event: 'payment.exception' });
    expect(decide(mismatch, situation({}, { exception: 'late' }))).to.deep.include({ payment: null, event: null });
    expect(decide(mismatch, situation({ state: 'succeeded' }, { state: 'success' }))).to.deep.include({ payment: null, event: null });
  });
});

describe('A repeat that is refused', () => {
  const repeated: Evidence = { kind: 'failed', code: 'declined', advice: 'retry_other_method', vendor: null, repeated: true };

  it('ends an attempt only when it is said twice, far enough apart', () => {
    expect(decide(repeated, situation({ state: 'unknown' }, {})).attempt).to.deep.equal({ not_found_at: now });
    expect(decide(repeated, situation({ state: 'unknown', not_found_at: now - 999 }, {})).attempt).to.equal(null);
    expect(decide(repeated, situation({ state: 'unknown', not_found_at: now - 1000 }, {})).attempt?.state).to.equal('failed');
  });

  it('says nothing of an attempt that has ended', () => {
    for (const state of ['closed', 'succeeded'] as const)
      expect(decide(repeated, situation({ state, not_found_at: now - 5000 }, {})).attempt, state).to.equal(null);
  });
});

describe('A number that is not found', () => {
  it('was never sent if no answer came to it, and is closed if the vendor had known it', () => {
    const end = (state: AttemptState) =>
      decide(evidences.notFound as Evidence, situation({ state, not_found_at: now - 1000 }, {}, { unpayable: true })).attempt?.state;
    expect([end('sending'), end('unknown'), end('waiting'), end('processing'), end('closing')]).to.deep.equal([
      'not_sent',
      'not_sent',
      'closed',
      'closed',
      'closed',
    ]);
    expect(end('failed')).to.equal(undefined);
  });
});
