import { expect } from 'chai';
import type { Tx } from '../../core/store/database.ts';
import { type AttemptState, changeAttempt } from '../../core/store/tables/attempts.ts';
import { claimDue, readDue } from '../../core/store/tables/due.ts';
import { attemptMoves, paymentMoves, refundMoves } from '../../core/store/tables/moves.ts';
import {
  bookRefund,
  changePayment,
  lockPayment,
  type PaymentState,
  releaseRefund,
  reserveRefund,
} from '../../core/store/tables/payments.ts';
import { changeRefund, type RefundState } from '../../core/store/tables/refunds.ts';
import { forEachDatabase } from '../kit/database.ts';
import { scriptKernel } from '../kit/scripted.ts';

/** Whoever decides reads first. What it read may be old when it writes: the database has the last word. */
describe('The database refuses what was decided on old facts', () => {
  forEachDatabase((_name, open) => {
    /** A payment of 100 that was paid, with its attempt and a refund of 40 that has ended. */
    const start = async () => {
      const { database } = await open();
      const shop = scriptKernel(database);
      shop.vendor.pay = ({ number }) => ({
        kind: 'ok',
        report: { state: 'succeeded', channelNo: 'v1', money: { amount: 100, currency: 'CNY' }, echo: { number } },
      });
      const payment = await shop.order();
      const refund = await shop.refund(payment, 40);
      const [attempt] = await shop.attempts(payment);
      return { database, shop, payment, refund, attempt: attempt?.id ?? '' };
    };
    const others = <T extends string>(moves: Readonly<Record<T, unknown>>, own: T) =>
      (Object.keys(moves) as T[]).filter((one) => one !== own);

    it('a payment that is not in the state it was read in', async () => {
      const { database, shop, payment } = await start();
      for (const from of others<PaymentState>(paymentMoves, 'success'))
        expect(await database.transaction((tx) => changePayment(tx, payment, from, { exception: 'late' })), from).to.equal(false);
      expect(await shop.payment(payment)).to.include({ state: 'success' });
    });

    it('an attempt that is not in the state it was read in', async () => {
      const { database, shop, payment, attempt } = await start();
      for (const from of others<AttemptState>(attemptMoves, 'succeeded'))
        expect(await database.transaction((tx) => changeAttempt(tx, attempt, from, { acted: 1 })), from).to.equal(false);
      expect((await shop.attempts(payment))[0]).to.include({ state: 'succeeded' });
    });

    it('a refund that is not in the state it was read in', async () => {
      const { database, shop, refund } = await start();
      for (const from of others<RefundState>(refundMoves, 'succeeded'))
        expect(await database.transaction((tx) => changeRefund(tx, refund, from, { failure: 'x' })), from).to.equal(false);
      expect(await shop.refundRow(refund)).to.include({ state: 'succeeded' });
    });

    /** Puts a row into each state by force, and then asks for each other one. */
    const steps = async <State extends string>(
      moves: Readonly<Record<State, readonly State[]>>,
      put: (state: State) => Promise<unknown>,
      change: (from: State, to: State) => Promise<boolean>,
    ) => {
      const states = Object.keys(moves) as State[];
      for (const from of states) {
        for (const to of states) {
          await put(from);
          expect(await change(from, to), `${from} → ${to}`).to.equal(from === to || moves[from].includes(to));
        }
      }
    };

    it('a step of an attempt, a payment or a refund that is not in the table of its states', async function () {
      this.timeout(30_000);
      const { database, payment, attempt, refund } = await start();
      const run = <T>(work: (tx: Tx) => Promise<T>) => database.transaction(work);
      const put = (table: string, id: string) => (state: string) =>
        run((tx) => tx.run(`UPDATE ${table} SET state = ? WHERE id = ?`, [state, id]));
      await steps(attemptMoves, put('attempts', attempt), (from, to) => run((tx) => changeAttempt(tx, attempt, from, { state: to })));
      await steps(paymentMoves, put('payments', payment), (from, to) => run((tx) => changePayment(tx, payment, from, { state: to })));
      await steps(refundMoves, put('refunds', refund), (from, to) => run((tx) => changeRefund(tx, refund, from, { state: to })));
    });

    it('to set aside more than is left, for another app, or of a payment that is no success', async () => {
      const { database, payment } = await start();
      const reserve = (amount: number, app = 'app_1') => database.transaction((tx) => reserveRefund(tx, payment, app, amount));
      expect(await reserve(61)).to.equal(false);
      expect(await reserve(60, 'app_2')).to.equal(false);
      expect(await reserve(60)).to.equal(true);
      expect(await reserve(1)).to.equal(false);
      await database.transaction((tx) => tx.run("UPDATE payments SET state = 'closed', refund_reserved = 0 WHERE id = ?", [payment]));
      expect(await reserve(1)).to.equal(false);
    });

    it('to book or to set free what was not set aside', async () => {
      const { database, shop, payment } = await start();
      expect(await database.transaction((tx) => bookRefund(tx, payment, 1))).to.equal(false);
      expect(await database.transaction((tx) => releaseRefund(tx, payment, 1))).to.equal(false);
      expect(await shop.payment(payment)).to.include({ amount_refunded: 40, refund_reserved: 0 });
    });

    it('a claim of a row that somebody else has claimed', async () => {
      const { database, shop } = await start();
      shop.vendor.pay = () => ({ kind: 'unknown', reason: 'timeout' });
      await shop.order();
      const now = shop.kernel.clock.now().getTime() + 5000;
      const [due] = await readDue(database, 'attempts', now, 1);
      if (due === undefined) throw new Error('nothing is due');
      expect(await claimDue(database, 'attempts', due, now, now + 10_000)).to.equal(true);
      expect(await claimDue(database, 'attempts', due, now, now + 20_000)).to.equal(false);
    });

    it('nothing of a payment that is locked: its row is written, so that a cluster sees the conflict too', async () => {
      const { database, shop, payment } = await start();
      const before = await shop.payment(payment);
      await database.transaction((tx) => lockPayment(tx, payment));
      expect((await shop.payment(payment)).version).to.equal(before.version + 1);
    });
  });
});
