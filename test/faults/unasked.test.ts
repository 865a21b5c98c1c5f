import { expect } from 'chai';
import type { CallbackItem } from '../../core/contract/channel.ts';
import type { CloseOutcome, Outcome, RefundReport } from '../../core/contract/outcome.ts';
import { closePayment } from '../../core/payments/close.ts';
import { receivePayment } from '../../core/payments/receive.ts';
import { receiveRefund } from '../../core/refunds/receive.ts';
import { checkMoney } from '../kit/check-money.ts';
import { forEachDatabase } from '../kit/database.ts';
import { lost, paid, refunded, refused, type Scripted, scriptKernel, type Traits } from '../kit/scripted.ts';

const mute = { query: 'none', close: 'none', capture: 'none', refund: 'partial', queryRefund: 'none', statement: 'none' } as const;
const minute = 60_000;
const hour = 60 * minute;
const shown: Outcome = { kind: 'action', action: { type: 'qr', qrContent: 'code' }, sessionNo: 'session-1' };

describe('A channel that only calls back', () => {
  forEachDatabase((_name, open) => {
    const start = async (traits: Traits = {}): Promise<Scripted> => {
      const shop = scriptKernel((await open()).database, { abilities: mute, ...traits });
      shop.vendor.pay = () => shown;
      return shop;
    };
    const accountOf = (shop: Scripted, id = 'acc_1') => {
      const account = shop.kernel.channels.account(id);
      if (account === undefined) throw new Error('there is no account');
      return account;
    };
    const close = (shop: Scripted, id: string) => closePayment(shop.kernel, { paymentId: id, reason: 'merchant', cause: 'merchant' });
    const expectSound = async (shop: Scripted) => expect(await checkMoney(shop.kernel.database)).to.deep.equal([]);
    const rounds = async (shop: Scripted, count: number, stepMs: number) => {
      for (let round = 0; round < count; round += 1) {
        shop.turn(stepMs);
        await shop.attend();
      }
    };
    const tellPaid = async (shop: Scripted, id: string) => {
      const told = paid((await shop.attempts(id))[0]?.number ?? '');
      if (told.kind !== 'ok') throw new Error('nothing to tell');
      const item = { of: 'payment', sessionNo: 'session-1', report: told.report } as Extract<CallbackItem, { of: 'payment' }>;
      return receivePayment(shop.kernel, accountOf(shop), item, 'signed');
    };
    const succeeds = async (shop: Scripted) => {
      shop.vendor.pay = ({ number }) => paid(number);
      const id = await shop.order();
      expect((await shop.payment(id)).state).to.equal('success');
      return id;
    };

    it('is believed when it says that the session was paid', async () => {
      const shop = await start();
      const id = await shop.order();
      await rounds(shop, 5, minute);
      expect(await tellPaid(shop, id)).to.equal('settled');
      expect((await shop.payment(id)).state).to.equal('success');
      expect(shop.sent.map(({ operation }) => operation)).to.deep.equal(['pay']);
      await expectSound(shop);
    });

    it('is sent the same number again when its answer was lost', async () => {
      const shop = await start();
      shop.vendor.pay = () => lost;
      const id = await shop.order();
      shop.vendor.pay = () => shown;
      await rounds(shop, 1, minute);
      expect((await shop.payment(id)).state).to.equal('pending');
      expect(shop.sent.map(({ operation }) => operation)).to.deep.equal(['pay', 'pay']);
      expect(new Set(shop.sent.map(({ number }) => number)).size).to.equal(1);
    });

    it('has its attempt ended by time, though it is known there by a name, and what comes later is late money', async () => {
      const shop = await start();
      const id = await shop.order({ expiresInSec: 3600 });
      expect(await close(shop, id)).to.include({ state: 'processing', closing: 1 });
      await rounds(shop, 3, 15 * minute);
      expect(await shop.payment(id)).to.include({ state: 'processing', closing: 1 });
      await rounds(shop, 3, 15 * minute);
      expect((await shop.payment(id)).state).to.equal('closed');
      await tellPaid(shop, id);
      expect(await shop.payment(id)).to.include({ state: 'closed', exception: 'late' });
      await expectSound(shop);
    });

    it('and closes ends the attempt when it says so', async () => {
      const shop = await start({ abilities: { ...mute, close: 'unpaid' } });
      expect((await close(shop, await shop.order()))?.state).to.equal('closed');
    });

    it('and does not know what to close has its word for it only when the time is over', async () => {
      const shop = await start({ abilities: { ...mute, close: 'unpaid' } });
      shop.vendor.close = (): CloseOutcome => ({ kind: 'notFound' });
      const id = await shop.order({ expiresInSec: 3600 });
      expect(await close(shop, id)).to.include({ state: 'processing', closing: 1 });
      await rounds(shop, 6, 15 * minute);
      expect((await shop.payment(id)).state).to.equal('closed');
    });

    for (const answer of [{ kind: 'paid' }, lost] as const) {
      it(`and answers a close with “${answer.kind}” is waited for beyond the time`, async () => {
        const shop = await start({ abilities: { ...mute, close: 'unpaid' } });
        shop.vendor.close = (): CloseOutcome => answer;
        const id = await shop.order({ expiresInSec: 3600 });
        await close(shop, id);
        await rounds(shop, 10, hour);
        expect(await shop.payment(id)).to.include({ state: 'processing', closing: 1 });
        await tellPaid(shop, id);
        expect(await shop.payment(id)).to.include({ state: 'success', exception: null });
      });
    }

    describe('about a refund', () => {
      const taken = async (shop: Scripted) => {
        const id = await succeeds(shop);
        const report: Partial<RefundReport> = { state: 'processing' };
        shop.vendor.refund = (request) => refunded(request, { ...report, channelNo: '77' } as Partial<RefundReport>);
        return { id, refundId: await shop.refund(id, 40) };
      };
      const tell = async (shop: Scripted, report: RefundReport, accountId = 'acc_1') =>
        receiveRefund(shop.kernel, accountOf(shop, accountId), { of: 'refund', channelNo: '77', report }, 'signed');

      it('is waited for, then shown to an operator with the money still set aside, and believed when it speaks after all', async () => {
        const shop = await start();
        const { id, refundId } = await taken(shop);
        await rounds(shop, 71, hour);
        expect(await shop.refundRow(refundId)).to.include({ state: 'processing', exception: null });
        await rounds(shop, 3, hour);
        expect(await shop.refundRow(refundId)).to.include({ state: 'processing', exception: 'abnormal' });
        expect((await shop.payment(id)).refund_reserved).to.equal(40);
        expect(shop.sent.filter(({ operation }) => operation === 'refund')).to.have.length(1);
        const money = { amount: 40, currency: 'CNY' };
        await tell(shop, { state: 'succeeded', channelNo: '77', money, echo: {} });
        expect(await shop.refundRow(refundId)).to.include({ state: 'succeeded', exception: null });
        expect(await shop.payment(id)).to.include({ amount_refunded: 40, refund_reserved: 0 });
        await expectSound(shop);
      });

      it('releases the money when it says that the refund failed', async () => {
        const shop = await start();
        const { id, refundId } = await taken(shop);
        await tell(shop, { state: 'failed', code: 'declined', echo: {} });
        expect((await shop.refundRow(refundId)).state).to.equal('failed');
        expect((await shop.payment(id)).refund_reserved).to.equal(0);
        await expectSound(shop);
      });

      it('means the refund of its own account, though another account has one of the same number', async () => {
        const shop = await start({ accounts: 2 });
        const one = await taken(shop);
        shop.vendor.pay = ({ number }, account) => (account === 'acc_1' ? refused : paid(number));
        const id = await shop.order();
        expect((await shop.attempts(id)).find(({ state }) => state === 'succeeded')?.account_id).to.equal('acc_2');
        const otherId = await shop.refund(id, 40);
        expect(await tell(shop, { state: 'failed', code: 'declined', echo: {} }, 'acc_2')).to.equal('settled');
        expect((await shop.refundRow(otherId)).state).to.equal('failed');
        expect((await shop.refundRow(one.refundId)).state).to.equal('processing');
      });
    });

    describe('with a name that cannot be kept', () => {
      const tooLong = 'x'.repeat(256);

      it('proves no payment, however well it is signed', async () => {
        const shop = await start();
        const id = await shop.order();
        const number = (await shop.attempts(id))[0]?.number ?? '';
        const told = paid(number, 100, tooLong);
        if (told.kind !== 'ok') throw new Error('nothing to tell');
        const item = { of: 'payment', number, report: told.report } as Extract<CallbackItem, { of: 'payment' }>;
        expect(await receivePayment(shop.kernel, accountOf(shop), item, 'signed')).to.equal('queried');
        expect((await shop.payment(id)).state).to.equal('pending');
      });

      it('proves no refund, and its money stays set aside', async () => {
        const shop = await start({ idempotency: { create: true, refund: false } });
        const id = await succeeds(shop);
        shop.vendor.refund = (request) => refunded(request, { channelNo: tooLong } as Partial<RefundReport>);
        const refundId = await shop.refund(id, 40);
        expect(await shop.refundRow(refundId)).to.include({ state: 'unknown', channel_no: null });
        expect((await shop.payment(id)).refund_reserved).to.equal(40);
        await expectSound(shop);
      });

      it('is told to the operator as the channel’s fault', async () => {
        const shop = await start();
        const lines: unknown[] = [];
        Object.assign(shop.kernel, { log: { ...shop.kernel.log, error: (message: string) => lines.push(message) } });
        shop.vendor.pay = () => ({ ...shown, sessionNo: tooLong }) as Outcome;
        await shop.order();
        expect(lines).to.deep.equal(['a channel gave a name that cannot be kept: 1 to 255 visible ASCII characters are allowed']);
      });
    });
  });
});
