import { expect } from 'chai';
import type { CallbackItem, Trust } from '../../core/contract/channel.ts';
import { closePayment } from '../../core/payments/close.ts';
import { receivePayment } from '../../core/payments/receive.ts';
import { checkMoney } from '../kit/check-money.ts';
import { forEachDatabase } from '../kit/database.ts';
import { declined, paid, refunded, refused, type Scripted, scriptKernel, unpaid } from '../kit/scripted.ts';

type PaymentItem = Extract<CallbackItem, { of: 'payment' }>;

describe('Money that comes late, twice, or in another sum', () => {
  forEachDatabase((_name, open) => {
    const start = async (): Promise<Scripted> => scriptKernel((await open()).database);
    const expectSound = async (shop: Scripted) => expect(await checkMoney(shop.kernel.database)).to.deep.equal([]);
    const closed = async (shop: Scripted) => {
      const id = await shop.order();
      shop.vendor.query = ({ number }) => ({ kind: 'ok', report: { state: 'closed', echo: { number } } });
      await closePayment(shop.kernel, { paymentId: id, reason: 'merchant', cause: 'merchant' });
      expect((await shop.payment(id)).state).to.equal('closed');
      const [attempt] = await shop.attempts(id);
      return { id, number: attempt?.number ?? '' };
    };
    const callBack = (shop: Scripted, number: string, amount: number, trust: Trust) => callBackAt(shop, 'acc_1', number, amount, trust);
    const callBackAt = async (shop: Scripted, accountId: string, number: string, amount: number, trust: Trust = 'signed') => {
      const account = shop.kernel.channels.account(accountId);
      const told = paid(number, amount);
      if (account === undefined || told.kind !== 'ok') throw new Error('no account');
      const item: PaymentItem = { of: 'payment', number, report: told.report as PaymentItem['report'] };
      return receivePayment(shop.kernel, account, item, trust);
    };

    it('is noticed after the close although the callback proves nothing by itself: the channel is asked', async () => {
      const shop = await start();
      const { id, number } = await closed(shop);
      shop.vendor.query = () => paid(number);
      expect(await callBack(shop, number, 100, 'unverified')).to.equal('queried');
      expect((await shop.payment(id)).exception).to.equal('late');
      await shop.attend();
      expect((await shop.refunds(id)).map(({ kind, state }) => [kind, state])).to.deep.equal([['late', 'succeeded']]);
      await expectSound(shop);
    });

    it('in another sum after the close is asked about until two answers agree, and then goes back', async () => {
      const shop = await start();
      const { id, number } = await closed(shop);
      shop.vendor.query = () => paid(number, 130);
      await callBack(shop, number, 130, 'signed');
      expect((await shop.attempts(id))[0]).to.include({ state: 'closed', amount_paid: 130 });
      shop.turn(2000);
      await shop.attend();
      expect((await shop.attempts(id))[0]?.state).to.equal('succeeded_late');
      await shop.attend();
      expect((await shop.refunds(id)).map(({ amount, state }) => [amount, state])).to.deep.equal([[130, 'succeeded']]);
      await expectSound(shop);
    });

    it('that the channel then denies is asked about no more', async () => {
      const shop = await start();
      const { id, number } = await closed(shop);
      shop.vendor.query = () => paid(number, 130);
      await callBack(shop, number, 130, 'signed');
      shop.vendor.query = () => unpaid(number);
      shop.turn(2000);
      await shop.attend();
      expect((await shop.attempts(id))[0]).to.include({ state: 'closed', due_at: null });
    });

    it('goes back by itself once the account can pay it, under one number, although it was refused at first', async () => {
      const shop = await start();
      const { id, number } = await closed(shop);
      shop.vendor.query = () => paid(number);
      shop.vendor.refund = () => declined('insufficient_balance');
      await callBack(shop, number, 100, 'signed');
      await shop.attend();
      expect((await shop.refunds(id))[0]).to.include({ state: 'created', exception: 'abnormal' });
      shop.vendor.refund = (request) => refunded(request);
      shop.turn(60_000);
      await shop.attend();
      expect((await shop.refunds(id))[0]).to.include({ state: 'succeeded', exception: null });
      expect(new Set(shop.sent.filter(({ operation }) => operation === 'refund').map((one) => one.number)).size).to.equal(1);
      await expectSound(shop);
    });

    it('of too small a sum is held for an operator, never closed over, and not looked at for ever', async () => {
      const shop = await start();
      const id = await shop.order();
      shop.vendor.query = ({ number }) => paid(number, 70);
      for (let round = 0; round < 2; round += 1) {
        shop.turn(30_000);
        await shop.attend();
      }
      expect((await shop.attempts(id))[0]).to.include({ state: 'succeeded', amount_paid: 70 });
      shop.turn(8_000_000);
      await shop.attend();
      const held = await closePayment(shop.kernel, { paymentId: id, reason: 'merchant', cause: 'merchant' });
      expect(held).to.include({ state: 'pending', exception: 'mismatch', closing: 0, due_at: null });
      await expectSound(shop);
    });

    describe('of too small a sum on one attempt while another one waits', () => {
      const held = async () => {
        const shop = scriptKernel((await open()).database, { accounts: 2 });
        shop.vendor.pay = (_request, account) =>
          account === 'acc_1' ? refused : { kind: 'action', action: { type: 'qr', qrContent: 'code' } };
        const id = await shop.order();
        const one = (await shop.attempts(id)).find((attempt) => attempt.account_id === 'acc_1');
        const two = (await shop.attempts(id)).find((attempt) => attempt.account_id === 'acc_2');
        const number = one?.number ?? '';
        shop.vendor.query = () => paid(number, 70);
        await callBack(shop, number, 70, 'signed');
        await callBack(shop, number, 70, 'signed');
        return { shop, id, other: two?.number ?? '' };
      };

      it('is not closed over when the other one expires, which is closed at the vendor in its time', async () => {
        const { shop, id, other } = await held();
        let state: 'pending' | 'closed' = 'pending';
        shop.vendor.query = () => ({ kind: 'ok', report: { state, echo: { number: other } } });
        shop.vendor.close = () => {
          state = 'closed';
          return { kind: 'closed' };
        };
        shop.turn(7_300_000);
        for (let round = 0; round < 3; round += 1) {
          await shop.attend();
          shop.turn(600_000);
        }
        expect(shop.sent).to.deep.include({ operation: 'close', account: 'acc_2', number: other });
        expect(await shop.payment(id)).to.include({ state: 'processing', exception: 'mismatch', closing: 0, due_at: null });
        await expectSound(shop);
      });

      it('is not forgotten when the other one is paid', async () => {
        const { shop, id, other } = await held();
        await callBackAt(shop, 'acc_2', other, 100);
        expect(await shop.payment(id)).to.include({ state: 'success', exception: 'mismatch' });
        await expectSound(shop);
      });
    });

    it('is kept by a merchant who accepts it, and told again changes nothing', async () => {
      const shop = await start();
      const { id, number } = await closed(shop);
      shop.latePolicy = 'accept';
      await callBack(shop, number, 100, 'signed');
      expect(await shop.payment(id)).to.include({ state: 'success', exception: 'late' });
      await callBack(shop, number, 100, 'signed');
      await callBack(shop, number, 100, 'signed');
      expect(await shop.refunds(id)).to.have.length(0);
      await expectSound(shop);
    });
  });
});
