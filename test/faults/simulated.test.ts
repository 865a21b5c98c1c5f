import { expect } from 'chai';
import type { CallbackItem } from '../../core/contract/channel.ts';
import { closePayment } from '../../core/payments/close.ts';
import { receivePayment } from '../../core/payments/receive.ts';
import type { Database } from '../../core/store/database.ts';
import { checkMoney } from '../kit/check-money.ts';
import { forEachDatabase } from '../kit/database.ts';
import { lost, paid, type Scripted, scriptKernel, type Traits, unpaid } from '../kit/scripted.ts';

const closedThere = (number: string) => ({ kind: 'ok', report: { state: 'closed', echo: { number } } }) as const;

/** Each of these was found by `npm run simulate`; the seed stands beside it. */
describe('What the simulation found', () => {
  forEachDatabase((_name, open) => {
    const expectSound = async (shop: Scripted) => expect(await checkMoney(shop.kernel.database)).to.deep.equal([]);
    const rounds = async (shop: Scripted, count: number, stepMs: number) => {
      for (let round = 0; round < count; round += 1) {
        shop.turn(stepMs);
        await shop.attend();
      }
    };

    // Seed 1068, 400 steps: an unsigned callback was the only word of late money, and was acknowledged.
    describe('A hint that money came late, when the question that it leads to is lost', () => {
      const hinted = async (answer: Parameters<typeof ask>[1]) => ask(scriptKernel((await open()).database), answer);
      const ask = async (shop: Scripted, answer: typeof lost | ReturnType<typeof paid>) => {
        const id = await shop.order();
        shop.vendor.query = ({ number }) => closedThere(number);
        await closePayment(shop.kernel, { paymentId: id, reason: 'merchant', cause: 'merchant' });
        expect(await shop.payment(id)).to.include({ state: 'closed' });
        const [attempt] = await shop.attempts(id);
        const account = shop.kernel.channels.account('acc_1');
        if (attempt === undefined || account === undefined) throw new Error('there is no attempt');
        shop.vendor.query = () => answer;
        const item: CallbackItem = { of: 'payment', number: attempt.number, report: { state: 'changed' } };
        await receivePayment(shop.kernel, account, item, 'unverified');
        return { shop, id, number: attempt.number };
      };

      it('is asked about again, until the money is known and goes back', async () => {
        const { shop, id, number } = await hinted(lost);
        shop.vendor.query = () => paid(number);
        await rounds(shop, 2, 10_000);
        expect((await shop.attempts(id))[0]).to.include({ state: 'succeeded_late' });
        expect((await shop.refunds(id))[0]).to.include({ kind: 'late', state: 'succeeded' });
        await expectSound(shop);
      });

      it('is asked about again where the answer was about something else', async () => {
        const { shop, id, number } = await hinted(paid('0123456789ABCDEFGHJKMNPQRS'));
        shop.vendor.query = () => paid(number);
        await rounds(shop, 2, 10_000);
        expect((await shop.attempts(id))[0]).to.include({ state: 'succeeded_late' });
        await expectSound(shop);
      });

      it('is let go of when no answer came for a month', async () => {
        const { shop, id } = await hinted(lost);
        await rounds(shop, 40, 17 * 3_600_000);
        expect((await shop.attempts(id))[0]?.due_at).to.be.a('number');
        await rounds(shop, 4, 17 * 3_600_000);
        expect((await shop.attempts(id))[0]).to.include({ state: 'closed', due_at: null });
        await expectSound(shop);
      });

      it('is let go of when the channel says that there is no money', async () => {
        const { shop, id, number } = await hinted(lost);
        shop.vendor.query = () => unpaid(number);
        await rounds(shop, 1, 10_000);
        expect((await shop.attempts(id))[0]).to.include({ state: 'closed', due_at: null });
        await expectSound(shop);
      });
    });

    // Seed 3004, 200 steps: a shopper paid another sum at a vendor that answers no questions, and it was only a line in a log.
    // Seeds 335, 978 and 1313, 300 steps: said again, it may be the same message, delivered twice.
    it('Another sum, signed for by a vendor that cannot be asked, is shown to an operator, however often it is said', async () => {
      const abilities = {
        query: 'none',
        close: 'none',
        capture: 'none',
        refund: 'partial',
        queryRefund: 'none',
        statement: 'none',
      } as const;
      const shop = scriptKernel((await open()).database, { abilities });
      const id = await shop.order();
      const [attempt] = await shop.attempts(id);
      const account = shop.kernel.channels.account('acc_1');
      const told = paid(attempt?.number ?? '', 130);
      if (account === undefined || told.kind !== 'ok') throw new Error('there is no account');
      const item = { of: 'payment', number: attempt?.number, report: told.report } as CallbackItem & { readonly of: 'payment' };
      for (let time = 0; time < 3; time += 1) {
        await receivePayment(shop.kernel, account, item, 'signed');
        expect(await shop.payment(id)).to.include({ state: 'pending', exception: 'mismatch' });
      }
      expect((await shop.attempts(id))[0]).to.include({ state: 'waiting', amount_paid: 130 });
      await expectSound(shop);
    });

    // Seed 1109, 400 steps: the server died over its first call, the merchant closed, and nobody could ask.
    describe('A server that dies over its first call to a vendor that cannot be asked about it', () => {
      const abilities = { close: 'unpaid', capture: 'none', refund: 'partial', statement: 'none' } as const;
      const kinds: Readonly<Record<string, Traits>> = {
        'asks by its own number': { abilities: { ...abilities, query: 'by_channel_no', queryRefund: 'by_channel_no' } },
        'answers no questions': { abilities: { ...abilities, query: 'none', queryRefund: 'none' }, idempotency: { create: false } },
      };
      for (const [name, traits] of Object.entries(kinds)) {
        it(`leaves a payment that can be closed, where the vendor ${name}`, async () => {
          const { database } = await open();
          const first = scriptKernel(database, traits);
          first.vendor.pay = () => Promise.reject(new Error('killed'));
          const id = await first.order({ expiresInSec: 600 }).catch(() => findPayment(database));
          const second = scriptKernel(database, traits);
          const action = { type: 'qr', qrContent: 'code' } as const;
          second.vendor.pay = ({ number }) => ({ kind: 'action', action, channelNo: `c-${number}` });
          await closePayment(second.kernel, { paymentId: id, reason: 'merchant', cause: 'merchant' });
          second.vendor.query = ({ number }) => closedThere(number);
          await rounds(second, 20, 60_000);
          expect(await second.payment(id)).to.include({ state: 'closed', close_reason: 'merchant' });
          await expectSound(second);
        });
      }
    });
  });
});

async function findPayment(database: Database): Promise<string> {
  const row = await database.get('SELECT id FROM payments');
  return String(row?.['id']);
}
