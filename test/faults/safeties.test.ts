import { expect } from 'chai';
import { systemClock } from '../../core/clock.ts';
import type { Outcome } from '../../core/contract/outcome.ts';
import { createLog } from '../../core/log.ts';
import { createRecorder } from '../../core/notifications/record.ts';
import { check } from '../../core/payments/check.ts';
import { closePayment } from '../../core/payments/close.ts';
import { newAttempt } from '../../core/payments/rows.ts';
import { settle } from '../../core/payments/settle.ts';
import { execute } from '../../core/refunds/execute.ts';
import { checkMoney } from '../kit/check-money.ts';
import { forEachDatabase } from '../kit/database.ts';
import { eventually } from '../kit/merchant.ts';
import { approved, declined, lost, notFound, paid, refunded, refused, type Scripted, scriptKernel, type Traits } from '../kit/scripted.ts';

const abilities = {
  query: 'by_number',
  close: 'unpaid',
  capture: 'none',
  refund: 'partial',
  queryRefund: 'by_number',
  statement: 'none',
} as const;

/** `npm run mutants` takes each of these away, and nothing else noticed. */
describe('A safety that stands behind another', () => {
  forEachDatabase((_name, open) => {
    const start = async (traits: Traits = {}): Promise<Scripted> => scriptKernel((await open()).database, traits);
    const calls = (shop: Scripted, operation: string) => shop.sent.filter((one) => one.operation === operation).length;
    const close = (shop: Scripted, id: string) => closePayment(shop.kernel, { paymentId: id, reason: 'merchant', cause: 'merchant' });
    const paidOrder = async (shop: Scripted) => {
      shop.vendor.pay = ({ number }) => paid(number);
      return shop.order();
    };

    it('a refund that two servers take up at once is sent by one', async () => {
      const shop = await start({ abilities, idempotency: { create: true, refund: false } });
      const id = await paidOrder(shop);
      shop.vendor.refund = () => refused;
      const refund = await shop.refund(id, 40);
      expect(await shop.refundRow(refund)).to.include({ state: 'created' });
      shop.vendor.refund = (request) => refunded(request);
      await Promise.all([execute(shop.kernel, refund), execute(shop.kernel, refund)]);
      expect(calls(shop, 'refund')).to.equal(2);
      expect(await checkMoney(shop.kernel.database)).to.deep.equal([]);
    });

    it('a refund whose answer was lost is not sent again where the vendor would take it for a second one', async () => {
      const shop = await start({ abilities, idempotency: { create: true, refund: false } });
      const id = await paidOrder(shop);
      shop.vendor.refund = () => lost;
      shop.vendor.queryRefund = () => notFound;
      const refund = await shop.refund(id, 40);
      for (let round = 0; round < 4; round += 1) {
        shop.turn(120_000);
        await shop.attend();
      }
      expect(calls(shop, 'refund')).to.equal(1);
      expect(await shop.refundRow(refund)).to.include({ state: 'processing', exception: 'abnormal' });
      expect(await shop.payment(id)).to.include({ refund_reserved: 40 });
    });

    it('no attempt follows on one whose outcome is unknown, whoever asks for it', async () => {
      const shop = await start();
      shop.vendor.pay = () => lost;
      const id = await shop.order();
      const [attempt] = await shop.attempts(id);
      const account = shop.kernel.channels.account('acc_1');
      const [method] = account?.manifest.methods ?? [];
      if (attempt === undefined || account === undefined || method === undefined) throw new Error('there is nothing to try');
      const next = newAttempt(shop.kernel, await shop.payment(id), { account, method }, shop.kernel.clock.now());
      shop.turn(1000);
      const evidence = { kind: 'processing', channelNo: null } as const;
      expect((await settle(shop.kernel, { attempt, evidence, cause: 'query', next })).next).to.equal(null);
      expect(await shop.attempts(id)).to.have.length(1);
    });

    it('a decline that is not on the channel’s list is not tried elsewhere', async () => {
      const shop = await start({ accounts: 2 });
      shop.vendor.pay = () => declined('insufficient_funds');
      const id = await shop.order();
      expect(calls(shop, 'pay')).to.equal(1);
      expect(await shop.payment(id)).to.include({ state: 'failed' });
    });

    it('a confirmed close is not the end before the channel was asked whether it was paid', async () => {
      const shop = await start();
      const id = await shop.order();
      shop.vendor.query = () => lost;
      expect(await close(shop, id)).to.include({ state: 'processing', closing: 1 });
      shop.vendor.query = ({ number }) => paid(number);
      shop.turn(60_000);
      await shop.attend();
      expect(await shop.payment(id)).to.include({ state: 'success', closing: 0 });
    });

    it('a refused repeat proves nothing about the first send when it is said once', async () => {
      const shop = await start();
      shop.vendor.pay = () => lost;
      shop.vendor.query = () => notFound;
      const id = await shop.order();
      shop.vendor.pay = () => declined();
      for (const state of ['unknown', 'unknown', 'failed']) {
        shop.turn(40_000);
        await shop.attend();
        expect((await shop.attempts(id))[0]).to.include({ state });
      }
    });

    it('nothing is captured of an attempt that was being opened when its payment began to close', async () => {
      const shop = await start({ abilities: { ...abilities, capture: 'full' } });
      const opening = Promise.withResolvers<Outcome>();
      shop.vendor.pay = () => opening.promise;
      const ordering = shop.order();
      const row = await eventually(() => shop.kernel.database.get('SELECT id FROM attempts'));
      const payment = await shop.kernel.database.get('SELECT id FROM payments');
      await close(shop, String(payment?.['id']));
      opening.resolve({ kind: 'action', action: { type: 'qr', qrContent: 'code' } });
      expect(await shop.payment(await ordering)).to.include({ closing: 1 });
      shop.vendor.query = ({ number }) => approved(number);
      await check(shop.kernel, String(row['id']), 'query');
      expect(calls(shop, 'capture')).to.equal(0);
    });

    it('a try of a notification that failed is not written over the lease of whoever has it now', async () => {
      const { database } = await open();
      const columns = '(id, event_id, app_id, url, state, tries, due_at, created_at)';
      await database.transaction((tx) =>
        tx.run(`INSERT INTO deliveries ${columns} VALUES ('dlv_1', 'evt_1', 'app_1', '', 'pending', 3, 9000, 0)`),
      );
      const recorder = createRecorder({ database, clock: systemClock, log: createLog({ level: 'silent' }), onRecorded: () => undefined });
      const delivery = {
        id: 'dlv_1',
        appId: 'app_1',
        endpointId: null,
        url: '',
        tries: 3,
        createdAt: 0,
        event: {} as never,
        leaseUntil: 5000,
      };
      recorder.add({ delivery, state: 'dead', dueAt: null, tried: { at: 1, durationMs: 1, status: 500, error: 'status_500' } });
      await recorder.drained();
      expect(await database.get('SELECT state, tries, due_at FROM deliveries')).to.include({ state: 'pending', tries: 3, due_at: 9000 });
    });
  });
});
