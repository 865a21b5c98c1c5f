import { expect } from 'chai';
import type { Settling } from '../../core/payments/settle.ts';
import { settleTogether } from '../../core/payments/settle-together.ts';
import { checkMoney } from '../kit/check-money.ts';
import { forEachDatabase } from '../kit/database.ts';
import { type Scripted, scriptKernel } from '../kit/scripted.ts';

describe('Attempts that are settled together', () => {
  forEachDatabase((_name, open) => {
    const start = async (): Promise<Scripted> => {
      const shop = scriptKernel((await open()).database);
      shop.vendor.pay = () => ({ kind: 'action', action: { type: 'qr', qrContent: 'code' } });
      return shop;
    };
    const waiting = async (shop: Scripted, count: number) => {
      const ids = await Promise.all(Array.from({ length: count }, () => shop.order()));
      return Promise.all(
        ids.map(async (id) => {
          const [attempt] = await shop.attempts(id);
          if (attempt === undefined) throw new Error('no attempt');
          return { id, attempt };
        }),
      );
    };
    const paidBy = (channelNo: string): Settling['evidence'] => ({ kind: 'paid', amount: 100, channelNo, at: null });

    it('come out as each would alone, whatever the others are', async () => {
      const shop = await start();
      const [one, two, three, four, five] = await waiting(shop, 5);
      if (!one || !two || !three || !four || !five) throw new Error('too few');
      const settled = await settleTogether(shop.kernel, [
        { attempt: one.attempt, evidence: paidBy('v1'), cause: 'callback' },
        { attempt: two.attempt, evidence: { kind: 'processing', channelNo: null }, cause: 'query' },
        { attempt: three.attempt, evidence: { kind: 'unknown', reason: 'timeout' }, cause: 'query' },
        {
          attempt: four.attempt,
          evidence: { kind: 'failed', code: 'declined', advice: 'retry_other_method', vendor: null },
          cause: 'query',
        },
        { attempt: five.attempt, evidence: paidBy('v5'), cause: 'query' },
      ]);
      const states = ['success', 'processing', 'pending', 'failed', 'success'];
      expect(settled.map(({ payment }) => payment.state)).to.deep.equal(states);
      expect(settled.map(({ changed }) => changed)).to.deep.equal([true, true, false, true, true]);
      for (const [index, { id }] of [one, two, three, four, five].entries()) {
        const row = await shop.payment(id);
        expect(row.state).to.equal(states[index]);
        // What settling answers is what is stored.
        expect(settled[index]?.payment).to.deep.equal(row);
        expect(settled[index]?.attempt).to.deep.include({ state: (await shop.attempts(id))[0]?.state });
      }
      expect(await checkMoney(shop.kernel.database)).to.deep.equal([]);
    });

    it('are paid once by one transaction of the vendor, though neither is stored when the other is looked at', async () => {
      const shop = await start();
      const [one, two] = await waiting(shop, 2);
      if (!one || !two) throw new Error('too few');
      await settleTogether(
        shop.kernel,
        [one, two].map(({ attempt }) => ({ attempt, evidence: paidBy('same'), cause: 'callback' as const })),
      );
      expect((await shop.payment(one.id)).state).to.equal('success');
      expect(await shop.payment(two.id)).to.include({ state: 'pending', exception: 'mismatch' });
      expect(await checkMoney(shop.kernel.database)).to.deep.equal([]);
    });

    it('are all undone when one cannot be written', async () => {
      const shop = await start();
      const [one, two] = await waiting(shop, 2);
      if (!one || !two) throw new Error('too few');
      const missing = { ...two.attempt, id: 'att_none' };
      const failed = await settleTogether(shop.kernel, [
        { attempt: one.attempt, evidence: paidBy('v1'), cause: 'callback' },
        { attempt: missing, evidence: paidBy('v2'), cause: 'callback' },
      ]).catch(String);
      expect(failed).to.equal('Error: attempt att_none is not stored');
      expect((await shop.payment(one.id)).state).to.equal('pending');
      const told = await Promise.allSettled([
        shop.kernel.settleTogether({ attempt: missing, evidence: paidBy('v2'), cause: 'callback' }),
        shop.kernel.settleTogether({ attempt: one.attempt, evidence: paidBy('v1'), cause: 'callback' }),
      ]);
      expect(told.map(({ status }) => status)).to.deep.equal(['rejected', 'fulfilled']);
      expect((await shop.payment(one.id)).state).to.equal('success');
    });

    it('that come at once for many payments, each several times, change each payment once', async () => {
      const shop = await start();
      const all = await waiting(shop, 20);
      await Promise.all(
        [0, 1, 2].flatMap(() =>
          all.map(({ attempt, id }) => shop.kernel.settleTogether({ attempt, evidence: paidBy(`v-${id}`), cause: 'callback' })),
        ),
      );
      for (const { id } of all) expect(await shop.payment(id)).to.include({ state: 'success', exception: null });
      const told = await shop.kernel.database.get("SELECT COUNT(*) AS n FROM events WHERE type = 'payment.succeeded'");
      expect(told?.['n']).to.equal(20);
      expect(await checkMoney(shop.kernel.database)).to.deep.equal([]);
    });
  });
});
