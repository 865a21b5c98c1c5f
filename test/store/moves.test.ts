import { expect } from 'chai';
import { canMoveAttempt, canMovePayment, isFinal, isLive, isPaid } from '../../core/payments/states.ts';
import { canMoveRefund, isOpenRefund } from '../../core/refunds/states.ts';
import type { AttemptState } from '../../core/store/tables/attempts.ts';
import {
  attemptMoves,
  onlyFrom,
  paymentMoves,
  payoutMoves,
  reconciliationMoves,
  refundMoves,
  statementFileMoves,
} from '../../core/store/tables/moves.ts';
import type { PaymentState } from '../../core/store/tables/payments.ts';
import type { PayoutState } from '../../core/store/tables/payouts.ts';
import type { ReconciliationState } from '../../core/store/tables/reconciliations.ts';
import type { RefundState } from '../../core/store/tables/refunds.ts';
import type { StatementFileState } from '../../core/store/tables/statement-files.ts';

/** From where each state may be reached: the tables of the program say it the other way round. */
type Sources<State extends string> = Readonly<Record<State, readonly NoInfer<State>[]>>;

const attempts: Sources<AttemptState> = {
  sending: [],
  waiting: ['sending', 'processing', 'unknown', 'closing'],
  processing: ['sending', 'waiting', 'unknown'],
  unknown: ['sending'],
  closing: ['waiting', 'processing', 'unknown'],
  succeeded: ['sending', 'waiting', 'processing', 'unknown', 'closing'],
  failed: ['sending', 'waiting', 'processing', 'unknown', 'closing'],
  not_sent: ['sending', 'unknown'],
  closed: ['sending', 'waiting', 'processing', 'unknown', 'closing'],
  succeeded_late: ['closed', 'failed', 'not_sent'],
};

const payments: Sources<PaymentState> = {
  pending: ['processing'],
  processing: ['pending'],
  success: ['pending', 'processing', 'failed', 'closed'],
  failed: ['pending', 'processing'],
  closed: ['pending', 'processing'],
  refunded: ['success'],
};

const refunds: Sources<RefundState> = {
  created: ['sending'],
  sending: ['created'],
  unknown: ['sending'],
  processing: ['sending', 'unknown'],
  succeeded: ['sending', 'unknown', 'processing'],
  failed: ['created', 'sending', 'unknown', 'processing'],
};

const days: Sources<ReconciliationState> = {
  waiting: [],
  fetched: ['waiting', 'refused'],
  refused: ['waiting', 'fetched'],
  done: ['waiting', 'fetched', 'refused'],
};

const documents: Sources<StatementFileState> = {
  receiving: [],
  kept: ['receiving'],
  replacing: ['receiving', 'superseded'],
  compared: ['kept', 'replacing'],
  superseded: ['replacing', 'compared'],
};

const payouts: Sources<PayoutState> = {
  awaited: ['arrived', 'differs'],
  arrived: ['awaited'],
  differs: ['awaited'],
  withdrawn: ['awaited', 'arrived', 'differs'],
};

const namesOf = <State extends string>(table: Readonly<Record<State, unknown>>) => Object.keys(table) as State[];
const listed = <State extends string>(sources: Sources<State>, from: State, to: State) => sources[to].some((one) => one === from);

describe('The states', () => {
  const machines: readonly (readonly [string, Sources<string>, Readonly<Record<string, readonly string[]>>])[] = [
    ['an attempt', attempts, attemptMoves],
    ['a payment', payments, paymentMoves],
    ['a refund', refunds, refundMoves],
    ['a reconciled day', days, reconciliationMoves],
    ['a document', documents, statementFileMoves],
    ['a payout', payouts, payoutMoves],
  ];
  for (const [what, sources, moves] of machines) {
    for (const [to, expected] of Object.entries(sources)) {
      it(`of ${what}: ${to} is reached from ${expected.join(', ') || 'none'}`, () => {
        const found = Object.keys(sources).filter((from) => moves[from]?.includes(to));
        expect(found).to.have.members([...expected]);
      });
    }
    it(`of ${what} lead to none but those that it has`, () => {
      expect(Object.keys(moves)).to.have.members(Object.keys(sources));
      for (const to of Object.values(moves).flat()) expect(Object.keys(sources)).to.include(to);
    });
  }

  it('are asked about by the same tables', () => {
    for (const to of namesOf(attempts))
      for (const from of namesOf(attempts)) expect(canMoveAttempt(from, to), `${from} → ${to}`).to.equal(listed(attempts, from, to));
    for (const to of namesOf(payments))
      for (const from of namesOf(payments)) expect(canMovePayment(from, to), `${from} → ${to}`).to.equal(listed(payments, from, to));
    for (const to of namesOf(refunds))
      for (const from of namesOf(refunds)) expect(canMoveRefund(from, to), `${from} → ${to}`).to.equal(listed(refunds, from, to));
  });

  it('of an attempt that may still be paid, and of one that was', () => {
    expect(namesOf(attempts).filter(isLive)).to.have.members(['sending', 'waiting', 'processing', 'unknown', 'closing']);
    expect(namesOf(attempts).filter(isPaid)).to.have.members(['succeeded', 'succeeded_late']);
  });

  it('in which nobody can pay any more, and in which a refund is not yet at its end', () => {
    expect(namesOf(payments).filter(isFinal)).to.have.members(['success', 'failed', 'closed', 'refunded']);
    expect(namesOf(refunds).filter(isOpenRefund)).to.have.members(['created', 'sending', 'unknown', 'processing']);
  });

  it('stand in the database’s condition: those that lead to the next one and that one itself; none where it is no step', () => {
    expect(onlyFrom(paymentMoves, 'refunded')).to.equal(" AND state IN ('success', 'refunded')");
    expect(onlyFrom(paymentMoves, 'pending')).to.equal(" AND state IN ('pending', 'processing')");
    expect(onlyFrom(paymentMoves, undefined)).to.equal('');
  });
});
