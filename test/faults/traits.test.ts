import { expect } from 'chai';
import type { CallbackItem } from '../../core/contract/channel.ts';
import type { CloseOutcome, RefundOutcome } from '../../core/contract/outcome.ts';
import { closePayment } from '../../core/payments/close.ts';
import { receivePayment } from '../../core/payments/receive.ts';
import { receiveRefund } from '../../core/refunds/receive.ts';
import { checkMoney } from '../kit/check-money.ts';
import { forEachDatabase } from '../kit/database.ts';
import { lost, notFound, paid, refunded, type Scripted, scriptKernel, type Traits, unpaid } from '../kit/scripted.ts';

const minute = 60_000;
const hour = 60 * minute;

describe('What channels have of their own', () => {
  forEachDatabase((_name, open) => {
    const start = async (traits: Traits = {}): Promise<Scripted> => scriptKernel((await open()).database, traits);
    const expectSound = async (shop: Scripted) => expect(await checkMoney(shop.kernel.database)).to.deep.equal([]);
    const rounds = async (shop: Scripted, count: number, stepMs: number) => {
      for (let round = 0; round < count; round += 1) {
        shop.turn(stepMs);
        await shop.attend();
      }
    };
    const close = (shop: Scripted, id: string) => closePayment(shop.kernel, { paymentId: id, reason: 'merchant', cause: 'merchant' });

    describe('An order that the vendor does not know until the shopper opens its page', () => {
      const unopened = async () => {
        const shop = await start();
        shop.vendor.query = () => notFound;
        shop.vendor.close = (): CloseOutcome => ({ kind: 'notFound' });
        return { shop, id: await shop.order() };
      };

      it('is not closed by the merchant’s wish as long as the page can be opened', async () => {
        const { shop, id } = await unopened();
        expect(await close(shop, id)).to.include({ state: 'processing', closing: 1 });
        await rounds(shop, 10, minute);
        expect(await shop.payment(id)).to.include({ state: 'processing', closing: 1 });
        shop.vendor.query = ({ number }) => paid(number);
        await rounds(shop, 5, 10 * minute);
        expect(await shop.payment(id)).to.include({ state: 'success', closing: 0 });
        await expectSound(shop);
      });

      it('is closed when its time is over, the vendor’s time to settle too, and it is still not known twice', async () => {
        const { shop, id } = await unopened();
        await close(shop, id);
        await rounds(shop, 20, 10 * minute);
        expect(await shop.payment(id)).to.include({ state: 'closed', close_reason: 'merchant' });
        await expectSound(shop);
      });

      it('is asked about less often the longer it takes', async () => {
        const { shop, id } = await unopened();
        await close(shop, id);
        const before = shop.sent.length;
        await rounds(shop, 360, 10_000);
        expect(shop.sent.filter(({ operation }) => operation === 'close').length).to.be.below(150);
        expect(shop.sent.length).to.be.greaterThan(before);
      });

      it('that was opened in between begins to be unknown anew', async () => {
        const { shop, id } = await unopened();
        await close(shop, id);
        expect((await shop.attempts(id))[0]?.not_found_at).to.not.equal(null);
        shop.vendor.query = ({ number }) => unpaid(number);
        await rounds(shop, 2, minute);
        expect((await shop.attempts(id))[0]).to.include({ state: 'closing', not_found_at: null });
      });
    });

    describe('A vendor that is asked by its own number, whose answer with that number was lost', () => {
      const traits: Traits = {
        abilities: {
          query: 'by_channel_no',
          close: 'unpaid',
          capture: 'none',
          refund: 'partial',
          queryRefund: 'by_channel_no',
          statement: 'none',
        },
        idempotency: { create: true, ttlHours: 24 },
      };
      const silent = async () => {
        const shop = await start(traits);
        shop.vendor.pay = () => lost;
        return { shop, id: await shop.order({ expiresInSec: 600 }) };
      };
      const shows = (shop: Scripted) => {
        shop.vendor.pay = ({ number }) => ({ kind: 'action', action: { type: 'qr', qrContent: 'code' }, channelNo: `c-${number}` });
      };

      it('is told the same number again, and learns it', async () => {
        const { shop, id } = await silent();
        shows(shop);
        await rounds(shop, 1, 2000);
        const [attempt] = await shop.attempts(id);
        expect(attempt).to.include({ state: 'waiting', channel_no: `c-${attempt?.number}` });
        await expectSound(shop);
      });

      it('is told it even after the payment’s time, so that what may exist there can be closed', async () => {
        const { shop, id } = await silent();
        await rounds(shop, 5, 3 * minute);
        expect(await shop.payment(id)).to.include({ state: 'processing', closing: 1 });
        shows(shop);
        shop.vendor.query = ({ number }) => ({ kind: 'ok', report: { state: 'closed', echo: { number } } });
        await rounds(shop, 5, 10 * minute);
        const [attempt] = await shop.attempts(id);
        expect(await shop.payment(id)).to.include({ state: 'closed' });
        expect(shop.sent).to.deep.include({ operation: 'close', account: 'acc_1', number: attempt?.number ?? '' });
        await expectSound(shop);
      });

      it('is not told it any more once its key has been forgotten there', async () => {
        const { shop } = await silent();
        await rounds(shop, 1, 25 * hour);
        const before = shop.sent.filter(({ operation }) => operation === 'pay').length;
        await rounds(shop, 10, hour);
        expect(shop.sent.filter(({ operation }) => operation === 'pay').length).to.equal(before);
      });
    });

    describe('Refunds that the vendor takes first and carries out afterwards', () => {
      it('are done once, whether its callback overtakes its answer or comes a hundred times', async () => {
        const shop = await start();
        shop.vendor.pay = ({ number }) => paid(number);
        const id = await shop.order();
        const answer = Promise.withResolvers<RefundOutcome>();
        shop.vendor.refund = () => answer.promise;
        const refunding = shop.refund(id, 100);
        while (!shop.sent.some(({ operation }) => operation === 'refund')) await new Promise((resolve) => setTimeout(resolve, 5));
        const [row] = await shop.refunds(id);
        const account = shop.kernel.channels.account('acc_1');
        const report = { state: 'succeeded', channelNo: 'r1', money: { amount: 100, currency: 'CNY' }, echo: {} } as const;
        if (account === undefined || row === undefined) throw new Error('nothing to call back about');
        const item = { of: 'refund', number: row.number, report } as Extract<CallbackItem, { of: 'refund' }>;
        const times = Array.from({ length: 100 }, () => receiveRefund(shop.kernel, account, item, 'signed'));
        expect(new Set(await Promise.all(times))).to.deep.equal(new Set(['settled']));
        answer.resolve({ kind: 'ok', report: { state: 'processing', echo: { number: row.number } } });
        await refunding;
        expect(await shop.payment(id)).to.include({ state: 'refunded', amount_refunded: 100, refund_reserved: 0 });
        await expectSound(shop);
      });

      it('stay reserved while the vendor cannot finish them, whatever is asked of it', async () => {
        const shop = await start();
        shop.vendor.pay = ({ number }) => paid(number);
        const id = await shop.order();
        shop.vendor.refund = (request) => ({ kind: 'ok', report: { state: 'processing', echo: { number: request.number } } });
        shop.vendor.queryRefund = (request) => ({ kind: 'ok', report: { state: 'abnormal', echo: { number: request.number } } });
        const refundId = await shop.refund(id, 100);
        await rounds(shop, 10, hour);
        expect(await shop.refundRow(refundId)).to.include({ state: 'processing', exception: 'abnormal' });
        expect((await shop.payment(id)).refund_reserved).to.equal(100);
        shop.vendor.queryRefund = (request) => refunded(request);
        await rounds(shop, 1, hour);
        expect(await shop.refundRow(refundId)).to.include({ state: 'succeeded', exception: null });
        await expectSound(shop);
      });
    });

    describe('A clock that is wrong', () => {
      it('a day ahead closes nothing that the vendor says is paid', async () => {
        const shop = await start();
        const id = await shop.order();
        shop.vendor.query = ({ number }) => paid(number);
        shop.vendor.close = (): CloseOutcome => ({ kind: 'paid' });
        shop.turn(24 * hour);
        await shop.attend();
        expect((await shop.payment(id)).state).to.equal('success');
        await expectSound(shop);
      });

      it('that steps back an hour and comes right again loses nothing and does nothing twice', async () => {
        const shop = await start();
        const id = await shop.order();
        await rounds(shop, 3, minute);
        shop.turn(-hour);
        await shop.attend();
        shop.vendor.query = ({ number }) => paid(number);
        const [attempt] = await shop.attempts(id);
        const account = shop.kernel.channels.account('acc_1');
        const told = paid(attempt?.number ?? '');
        if (account === undefined || told.kind !== 'ok') throw new Error('nothing to call back about');
        const item = { of: 'payment', number: attempt?.number ?? '', report: told.report } as Extract<CallbackItem, { of: 'payment' }>;
        await receivePayment(shop.kernel, account, item, 'signed');
        await shop.refund(id, 100);
        shop.turn(hour);
        await shop.attend();
        expect((await shop.payment(id)).state).to.equal('refunded');
        await expectSound(shop);
      });
    });
  });
});
