import { expect } from 'chai';
import type { RefundRequest } from '../../core/contract/channel.ts';
import type { RefundOutcome } from '../../core/contract/outcome.ts';
import { refund } from '../../core/refunds/refund.ts';
import { settleRefund } from '../../core/refunds/settle.ts';
import type { Database } from '../../core/store/database.ts';
import { checkMoney } from '../kit/check-money.ts';
import { forEachDatabase } from '../kit/database.ts';
import { declined, lost, notFound, paid, refunded, type Scripted, scriptKernel, type Traits } from '../kit/scripted.ts';

const byNumber = {
  query: 'by_number',
  close: 'unpaid',
  capture: 'none',
  refund: 'partial',
  queryRefund: 'by_number',
  statement: 'none',
} as const;
const byChannelNo: Traits = { abilities: { ...byNumber, queryRefund: 'by_channel_no' }, idempotency: { create: true, ttlHours: 24 } };
const hour = 3_600_000;

describe('A refund under faults', () => {
  forEachDatabase((_name, open) => {
    const expectSound = async (shop: Scripted) => expect(await checkMoney(shop.kernel.database)).to.deep.equal([]);
    const paidOrder = async (traits: Traits = {}, database?: Database) => {
      const shop = scriptKernel(database ?? (await open()).database, traits);
      shop.vendor.pay = ({ number }) => paid(number);
      const id = await shop.order();
      expect((await shop.payment(id)).state).to.equal('success');
      return { shop, id };
    };
    const reserved = async (shop: Scripted, id: string) => (await shop.payment(id)).refund_reserved;

    it('names the attempt that was accepted, even if the payment becomes a success while it is asked for', async () => {
      const { database } = await open();
      let overtake = async () => undefined as unknown;
      const racing: Database = {
        ...database,
        transaction: async (...work) => {
          const first = overtake;
          overtake = async () => undefined;
          await first();
          return database.transaction(...work);
        },
      };
      const shop = scriptKernel(racing);
      const id = await shop.order();
      shop.vendor.query = ({ number }) => paid(number);
      shop.turn(15_000);
      overtake = () => shop.attend();
      const refundId = await shop.refund(id, 40);
      expect(await shop.refundRow(refundId)).to.include({ state: 'succeeded', attempt_id: (await shop.attempts(id))[0]?.id });
      await expectSound(shop);
    });

    it('keeps its reserve when only its repeat is refused: the first send may have moved the money', async () => {
      const { shop, id } = await paidOrder();
      shop.vendor.refund = () => lost;
      const refundId = await shop.refund(id, 60);
      shop.vendor.queryRefund = () => notFound;
      shop.vendor.refund = () => declined('refund_exceeds_payment');
      shop.turn(2000);
      await shop.attend();
      expect(await reserved(shop, id)).to.equal(60);
      const second = await shop.refund(id, 60).catch((error: Error) => error.message);
      expect(second).to.contain('refund_exceeds_payment');
      shop.vendor.queryRefund = (request) => refunded(request);
      shop.turn(10_000);
      await shop.attend();
      expect((await shop.refundRow(refundId)).state).to.equal('succeeded');
      await expectSound(shop);
    });

    it('releases its reserve once, when its repeat is refused again long enough afterwards', async () => {
      const { shop, id } = await paidOrder();
      shop.vendor.refund = () => lost;
      const refundId = await shop.refund(id, 60);
      shop.vendor.queryRefund = () => notFound;
      shop.vendor.refund = () => declined();
      for (const wait of [2000, 30_000, 61_000, 600_000]) {
        shop.turn(wait);
        await shop.attend();
      }
      expect((await shop.refundRow(refundId)).state).to.equal('failed');
      expect(await reserved(shop, id)).to.equal(0);
      await expectSound(shop);
    });

    it('releases its reserve at once when its first send is refused', async () => {
      const { shop, id } = await paidOrder();
      shop.vendor.refund = () => declined('insufficient_balance');
      await shop.refund(id, 60);
      expect(await reserved(shop, id)).to.equal(0);
      await expectSound(shop);
    });

    it('of a server that slept is not ended by what that server says, because another one has sent it since', async () => {
      const { shop, id } = await paidOrder();
      const awake = Promise.withResolvers<RefundOutcome>();
      shop.vendor.refund = () => awake.promise;
      const refunding = shop.refund(id, 60);
      while (!shop.sent.some(({ operation }) => operation === 'refund')) await new Promise((resolve) => setTimeout(resolve, 5));
      shop.turn(13_000);
      shop.vendor.queryRefund = () => notFound;
      shop.vendor.refund = () => lost;
      await shop.attend();
      awake.resolve({ kind: 'rejected', reason: 'auth' });
      const refundId = await refunding;
      expect((await shop.refundRow(refundId)).state).to.equal('unknown');
      expect(await reserved(shop, id)).to.equal(60);
      shop.vendor.queryRefund = (request) => refunded(request);
      shop.turn(20_000);
      await shop.attend();
      expect((await shop.refundRow(refundId)).state).to.equal('succeeded');
      await expectSound(shop);
    });

    it('that the vendor took and then does not know is sent again, under its number', async () => {
      const { shop, id } = await paidOrder();
      shop.vendor.refund = (request) => ({ kind: 'ok', report: { state: 'processing', echo: { number: request.number } } });
      const refundId = await shop.refund(id, 60);
      shop.vendor.queryRefund = () => notFound;
      shop.vendor.refund = (request) => refunded(request);
      for (const wait of [13_000, 20_000, 61_000]) {
        shop.turn(wait);
        await shop.attend();
      }
      expect((await shop.refundRow(refundId)).state).to.equal('succeeded');
      expect(new Set(shop.sent.filter(({ operation }) => operation === 'refund').map((one) => one.number)).size).to.equal(1);
      await expectSound(shop);
    });

    it('without the vendor’s id is repeated while its key holds, and afterwards is an operator’s, reserve and all', async () => {
      const { shop, id } = await paidOrder(byChannelNo);
      shop.vendor.refund = () => lost;
      const refundId = await shop.refund(id, 60);
      for (let round = 0; round < 30; round += 1) {
        shop.turn(hour);
        await shop.attend();
      }
      expect(await shop.refundRow(refundId)).to.include({ state: 'processing', exception: 'abnormal' });
      const sends = shop.sent.filter(({ operation }) => operation === 'refund').length;
      expect(sends).to.be.within(20, 25);
      expect(await reserved(shop, id)).to.equal(60);
      await expectSound(shop);
    });

    it('that ended otherwise than was booked is shown, and books nothing a second time', async () => {
      const { shop, id } = await paidOrder();
      shop.vendor.refund = () => declined();
      const failed = await shop.refundRow(await shop.refund(id, 60));
      await settleRefund(shop.kernel, { refund: failed, evidence: { kind: 'succeeded', channelNo: 'r', at: null }, cause: 'callback' });
      expect(await shop.refundRow(failed.id)).to.include({ state: 'failed', exception: 'abnormal' });
      shop.vendor.refund = (request) => refunded(request);
      const done = await shop.refundRow(await shop.refund(id, 30));
      const reversed = { kind: 'failed', code: 'declined', advice: 'contact_support', vendor: null, how: 'ended' } as const;
      await settleRefund(shop.kernel, { refund: done, evidence: reversed, cause: 'callback' });
      expect(await shop.refundRow(done.id)).to.include({ state: 'succeeded', exception: 'abnormal' });
      expect((await shop.payment(id)).amount_refunded).to.equal(30);
      await expectSound(shop);
    });

    it('that succeeds whole while another is refused leaves no reserve and one end', async () => {
      const { shop, id } = await paidOrder();
      const outcomes: ((request: RefundRequest) => RefundOutcome)[] = [() => lost, () => declined(), (request) => refunded(request)];
      shop.vendor.refund = (request) => (outcomes.shift() ?? refunded)(request);
      await shop.refund(id, 50);
      await shop.refund(id, 50);
      shop.turn(2000);
      await shop.attend();
      await shop.refund(id, 50);
      expect(await shop.payment(id)).to.include({ state: 'refunded', amount_refunded: 100, refund_reserved: 0 });
      expect(await refund(shop.kernel, { id: 'app_1' } as never, asked(id))).to.include({ kind: 'refused' });
      await expectSound(shop);
    });
  });
});

function asked(paymentId: string) {
  return { paymentId, merchantRefundNo: 'beyond', amount: 1, reason: null, hash: 'h' };
}
