import { expect } from 'chai';
import type { PaymentReport } from '../../core/contract/outcome.ts';
import { check } from '../../core/payments/check.ts';
import { closePayment } from '../../core/payments/close.ts';
import { receivePayment } from '../../core/payments/receive.ts';
import { checkMoney } from '../kit/check-money.ts';
import { forEachDatabase } from '../kit/database.ts';
import { approved, lost, paid, type Scripted, scriptKernel } from '../kit/scripted.ts';

const abilities = {
  query: 'by_number',
  close: 'none',
  capture: 'full',
  refund: 'partial',
  queryRefund: 'by_number',
  statement: 'none',
} as const;
const byChannelNo = { abilities: { ...abilities, query: 'by_channel_no' }, idempotency: { create: false } } as const;
const minute = 60_000;
const hour = 60 * minute;

describe('Money that the shopper approved', () => {
  forEachDatabase((_name, open) => {
    const start = async (traits: object = {}): Promise<Scripted> => {
      const shop = scriptKernel((await open()).database, { abilities, ...traits });
      shop.vendor.query = ({ number }) => approved(number);
      return shop;
    };
    const numberOf = async (shop: Scripted, id: string) => (await shop.attempts(id))[0]?.number ?? '';
    const captures = (shop: Scripted) => shop.sent.filter(({ operation }) => operation === 'capture');
    const close = (shop: Scripted, id: string) => closePayment(shop.kernel, { paymentId: id, reason: 'merchant', cause: 'merchant' });
    const expectSound = async (shop: Scripted) => expect(await checkMoney(shop.kernel.database)).to.deep.equal([]);
    const rounds = async (shop: Scripted, count: number, stepMs: number) => {
      for (let round = 0; round < count; round += 1) {
        shop.turn(stepMs);
        await shop.attend();
      }
    };
    const tell = (shop: Scripted, number: string, report: PaymentReport) => {
      const account = shop.kernel.channels.account('acc_1');
      if (account === undefined) throw new Error('there is no account');
      return receivePayment(shop.kernel, account, { of: 'payment', number, report }, 'signed');
    };

    it('while the payment was made is taken with it', async () => {
      const shop = await start();
      shop.vendor.pay = ({ number }) => approved(number);
      expect(await shop.payment(await shop.order())).to.include({ state: 'success', amount_paid: 100 });
      expect(shop.sent.map(({ operation }) => operation)).to.deep.equal(['pay', 'capture']);
      await expectSound(shop);
    });

    it('is taken under the name that the approval was the first to give', async () => {
      const shop = await start();
      const names: unknown[] = [];
      shop.vendor.query = ({ number }) => ({ kind: 'ok', report: { state: 'approved', channelNo: 'agreed-1', echo: { number } } });
      shop.vendor.capture = (request) => {
        names.push((request as { readonly channelNo?: unknown }).channelNo);
        return paid(request.number);
      };
      await shop.order();
      await rounds(shop, 1, minute);
      expect(names).to.deep.equal(['agreed-1']);
    });

    it('is not taken on the word of an answer about another number', async () => {
      const shop = await start();
      shop.vendor.query = () => approved('ANOTHER');
      const id = await shop.order();
      await rounds(shop, 3, minute);
      expect(captures(shop)).to.have.length(0);
      expect(await shop.payment(id)).to.include({ state: 'pending', exception: 'mismatch' });
    });

    it('of which a signed callback tells is asked about by the name in that callback, and taken', async () => {
      const shop = await start(byChannelNo);
      const id = await shop.order();
      const number = await numberOf(shop, id);
      expect(await tell(shop, number, { state: 'approved', channelNo: 'agreed-1', echo: { number } })).to.equal('queried');
      expect((await shop.payment(id)).state).to.equal('success');
      await expectSound(shop);
    });

    it('is taken or closed, never both, when the callback and a close come at the same moment', async () => {
      const shop = await start();
      for (let round = 0; round < 10; round += 1) {
        const id = await shop.order();
        const number = await numberOf(shop, id);
        await Promise.all([tell(shop, number, { state: 'approved', echo: { number } }), close(shop, id)]);
        const isTaken = captures(shop).some((one) => one.number === number);
        expect(await shop.payment(id)).to.include({ state: isTaken ? 'success' : 'closed', exception: null });
      }
      await expectSound(shop);
    });

    it('is asked for twice under one number by two servers, and counted once', async () => {
      const { database } = await open();
      const shop = scriptKernel(database, { abilities });
      const other = scriptKernel(database, { abilities });
      const both = Promise.withResolvers<void>();
      const asked: string[] = [];
      const take = async ({ number }: { readonly number: string }) => {
        asked.push(number);
        if (asked.length === 2) both.resolve();
        await both.promise;
        return paid(number);
      };
      for (const { vendor } of [shop, other])
        Object.assign(vendor, { query: ({ number }: { number: string }) => approved(number), capture: take });
      const id = await shop.order();
      const [attempt] = await shop.attempts(id);
      await Promise.all([shop, other].map(({ kernel }) => check(kernel, attempt?.id ?? '', 'query')));
      expect(asked).to.deep.equal([attempt?.number, attempt?.number]);
      expect(await shop.payment(id)).to.include({ state: 'success', exception: null });
      expect(await shop.refunds(id)).to.have.length(0);
      await expectSound(shop);
    });

    it('is not asked for once its time is over, though nobody has come to close it yet', async () => {
      const shop = await start();
      const id = await shop.order({ expiresInSec: 600 });
      shop.turn(11 * minute);
      const number = await numberOf(shop, id);
      await tell(shop, number, { state: 'approved', echo: { number } });
      expect(captures(shop)).to.have.length(0);
      await rounds(shop, 1, minute);
      expect((await shop.payment(id)).state).to.equal('closed');
    });

    for (const isDropped of [true, false]) {
      const how = isDropped ? 'closed by the merchant' : 'left to expire';
      it(`whose capture was lost, and which the vendor goes on calling approved, ends in time when ${how}`, async () => {
        const shop = await start();
        shop.vendor.capture = () => lost;
        const id = await shop.order({ expiresInSec: 3600 });
        await rounds(shop, 1, minute);
        if (isDropped) expect(await close(shop, id)).to.include({ state: 'processing', closing: 1 });
        await rounds(shop, 5, minute);
        expect((await shop.payment(id)).state).to.equal('processing');
        await rounds(shop, 10, hour);
        expect((await shop.payment(id)).state).to.equal('closed');
        await expectSound(shop);
      });
    }

    it('whose capture arrives after that end is late money', async () => {
      const shop = await start();
      shop.vendor.capture = () => lost;
      const id = await shop.order({ expiresInSec: 3600 });
      await rounds(shop, 1, minute);
      await rounds(shop, 10, hour);
      const told = paid(await numberOf(shop, id));
      if (told.kind !== 'ok') throw new Error('nothing to tell');
      await tell(shop, await numberOf(shop, id), told.report);
      await rounds(shop, 1, minute);
      expect(await shop.payment(id)).to.include({ state: 'closed', exception: 'late' });
      expect((await shop.refunds(id)).map(({ kind, state }) => [kind, state])).to.deep.equal([['late', 'succeeded']]);
      await expectSound(shop);
    });
  });
});
