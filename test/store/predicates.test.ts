import { expect } from 'chai';
import { attemptMoves, paymentMoves } from '../../core/payments/states.ts';
import { refundMoves } from '../../core/refunds/states.ts';
import { type AttemptState, changeAttempt } from '../../core/store/tables/attempts.ts';
import { claimDue, readDue } from '../../core/store/tables/due.ts';
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
        expect(await database.transaction((tx) => changePayment(tx, payment, from, { state: 'closed' })), from).to.equal(false);
      expect(await shop.payment(payment)).to.include({ state: 'success' });
    });

    it('an attempt that is not in the state it was read in', async () => {
      const { database, shop, payment, attempt } = await start();
      for (const from of others<AttemptState>(attemptMoves, 'succeeded'))
        expect(await database.transaction((tx) => changeAttempt(tx, attempt, from, { state: 'failed' })), from).to.equal(false);
      expect((await shop.attempts(payment))[0]).to.include({ state: 'succeeded' });
    });

    it('a refund that is not in the state it was read in', async () => {
      const { database, shop, refund } = await start();
      for (const from of others<RefundState>(refundMoves, 'succeeded'))
        expect(await database.transaction((tx) => changeRefund(tx, refund, from, { state: 'failed' })), from).to.equal(false);
      expect(await shop.refundRow(refund)).to.include({ state: 'succeeded' });
    });

    it('to set aside more than is left, for another app, or of a payment that is no success', async () => {
      const { database, payment } = await start();
      const reserve = (amount: number, app = 'app_1') => database.transaction((tx) => reserveRefund(tx, payment, app, amount));
      expect(await reserve(61)).to.equal(false);
      expect(await reserve(60, 'app_2')).to.equal(false);
      expect(await reserve(60)).to.equal(true);
      expect(await reserve(1)).to.equal(false);
      await database.transaction((tx) => changePayment(tx, payment, 'success', { state: 'closed', refund_reserved: 0 }));
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
