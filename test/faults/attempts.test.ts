import { expect } from 'chai';
import { closePayment } from '../../core/payments/close.ts';
import { settle } from '../../core/payments/settle.ts';
import { settleTogether } from '../../core/payments/settle-together.ts';
import type { Database } from '../../core/store/database.ts';
import { checkMoney } from '../kit/check-money.ts';
import { forEachDatabase } from '../kit/database.ts';
import { declined, lost, notFound, paid, refused, type Scripted, scriptKernel, type Traits, unpaid } from '../kit/scripted.ts';

describe('An attempt under faults', () => {
  forEachDatabase((_name, open) => {
    const start = async (traits: Traits = {}): Promise<Scripted> => scriptKernel((await open()).database, traits);
    const expectSound = async (shop: Scripted) => expect(await checkMoney(shop.kernel.database)).to.deep.equal([]);

    it('is followed by the next one in the same commit, so a crash between them cannot leave a payment without any', async () => {
      const { database } = await open();
      // The server dies after its second commit: the one that says that the first account was not reached.
      let commits = 0;
      const mortal: Database = {
        ...database,
        transaction: async (...work) => {
          if (commits === 2) throw new Error('killed');
          commits += 1;
          return database.transaction(...work);
        },
      };
      const dying = scriptKernel(mortal, { accounts: 2 });
      dying.vendor.pay = (_request, account) => (account === 'acc_1' ? refused : lost);
      await dying.order({ merchantOrderNo: 'crash-1' }).catch(() => undefined);
      const stored = await database.all('SELECT state FROM attempts');
      expect(stored.map((row) => row.state)).to.have.members(['not_sent', 'sending']);
      const shop = scriptKernel(database, { accounts: 2 });
      shop.vendor.query = () => notFound;
      shop.turn(12_000);
      await shop.attend();
      const payment = await database.get('SELECT state, action FROM payments');
      expect(payment).to.include({ state: 'pending' });
      expect(String(payment?.action)).to.contain('code');
      await expectSound(shop);
    });

    it('of a server that slept is not failed over by what that server says, because another one has sent it since', async () => {
      const shop = await start({ accounts: 2 });
      const awake = Promise.withResolvers<typeof refused>();
      shop.vendor.pay = () => awake.promise;
      const ordering = shop.order();
      while (shop.sent.length < 1) await new Promise((resolve) => setTimeout(resolve, 5));
      shop.turn(12_000);
      shop.vendor.query = () => notFound;
      shop.vendor.pay = () => lost;
      await shop.attend();
      awake.resolve(refused);
      const id = await ordering;
      const attempts = await shop.attempts(id);
      expect(attempts.map((attempt) => attempt.state)).to.deep.equal(['unknown']);
      shop.vendor.query = ({ number }) => paid(number);
      shop.turn(5000);
      await shop.attend();
      expect((await shop.payment(id)).state).to.equal('success');
      await expectSound(shop);
    });

    it('gets its code a second time when the channel has it and the answer with the code was lost', async () => {
      const shop = await start();
      let code = 0;
      shop.vendor.pay = () => {
        code += 1;
        return code === 1 ? lost : { kind: 'action', action: { type: 'qr', qrContent: `code ${code}` } };
      };
      const id = await shop.order();
      shop.turn(2000);
      await shop.attend();
      const payment = await shop.payment(id);
      expect(payment.state).to.equal('pending');
      expect(payment.action).to.contain('code 2');
      expect(new Set(shop.sent.map(({ number }) => number)).size, 'one number').to.equal(1);
    });

    it('is not failed by one refusal of its second send: the first may show itself later', async () => {
      const shop = await start();
      shop.vendor.pay = () => lost;
      const id = await shop.order();
      shop.vendor.query = () => notFound;
      shop.vendor.pay = () => declined();
      shop.turn(2000);
      await shop.attend();
      expect((await shop.payment(id)).state).to.equal('processing');
      shop.vendor.query = ({ number }) => paid(number);
      shop.turn(10_000);
      await shop.attend();
      expect((await shop.payment(id)).state).to.equal('success');
      await expectSound(shop);
    });

    it('is failed by a second refusal that comes long enough after the first', async () => {
      const shop = await start();
      shop.vendor.pay = () => lost;
      const id = await shop.order();
      shop.vendor.query = () => notFound;
      shop.vendor.pay = () => declined('insufficient_funds');
      for (const wait of [2000, 30_000, 61_000]) {
        shop.turn(wait);
        await shop.attend();
      }
      expect((await shop.payment(id)).state).to.equal('failed');
      await expectSound(shop);
    });

    it('that is refused while its payment is being closed ends the payment, and none follows', async () => {
      const shop = await start({ accounts: 2 });
      const answer = Promise.withResolvers<typeof refused>();
      shop.vendor.pay = () => answer.promise;
      const ordering = shop.order();
      while (shop.sent.length < 1) await new Promise((resolve) => setTimeout(resolve, 5));
      const [row] = await shop.kernel.database.all('SELECT id FROM payments');
      await closePayment(shop.kernel, { paymentId: String(row?.id), reason: 'merchant', cause: 'merchant' });
      answer.resolve(refused);
      const id = await ordering;
      expect((await shop.payment(id)).state).to.equal('closed');
      expect(await shop.attempts(id)).to.have.length(1);
      await expectSound(shop);
    });

    it('is never paid by a transaction of the vendor that has paid another one', async () => {
      const shop = await start();
      const [one, two] = [await shop.order(), await shop.order()];
      shop.vendor.query = ({ number }) => paid(number, 100, 'the-same');
      shop.turn(15_000);
      await shop.attend();
      const payments = await Promise.all([one, two].map((id) => shop.payment(id)));
      expect(payments.map(({ state }) => state).sort()).to.deep.equal(['pending', 'success']);
      expect(payments.find(({ state }) => state === 'pending')?.exception).to.equal('mismatch');
      await expectSound(shop);
    });

    for (const amount of [0, -100, 1.5, Number.NaN, 2 ** 53]) {
      it(`is not paid by an amount of ${amount}, however often it is said`, async () => {
        const shop = await start();
        const id = await shop.order();
        shop.vendor.query = ({ number }) => paid(number, amount);
        for (let round = 0; round < 3; round += 1) {
          shop.turn(60_000);
          await shop.attend();
        }
        expect(await shop.payment(id)).to.include({ state: 'pending', exception: 'mismatch' });
        expect((await shop.attempts(id))[0]).to.include({ state: 'waiting', amount_paid: 0 });
      });
    }

    it('is paid even if the vendor writes a date that is none', async () => {
      const shop = await start();
      const id = await shop.order();
      shop.vendor.query = ({ number }) => {
        const told = paid(number);
        return told.kind === 'ok' ? ({ ...told, report: { ...told.report, at: new Date(Number.NaN) } } as typeof told) : told;
      };
      shop.turn(15_000);
      await shop.attend();
      expect((await shop.payment(id)).state).to.equal('success');
    });

    it('events of one payment sort by id as they are numbered, whoever waited for whom', async () => {
      const shop = await start();
      const id = await shop.order();
      const [attempt] = await shop.attempts(id);
      if (attempt === undefined) throw new Error('no attempt');
      // The one who came first is held up before its transaction; its event must not be older than what happened meanwhile.
      const { database } = shop.kernel;
      const held = Promise.withResolvers<void>();
      const slow = {
        ...shop.kernel,
        database: {
          ...database,
          transaction: async (...work: Parameters<typeof database.transaction>) => {
            await held.promise;
            return database.transaction(...work);
          },
        },
      } as typeof shop.kernel;
      const paying = settleTogether(slow, [
        { attempt, evidence: { kind: 'paid', amount: 100, channelNo: 'v', at: null }, cause: 'callback' },
      ]);
      shop.turn(50);
      await settle(shop.kernel, { attempt, evidence: { kind: 'processing', channelNo: null }, cause: 'query' });
      shop.turn(50);
      held.resolve();
      await paying;
      const rows = await database.all('SELECT sequence FROM events WHERE subject_id = ? ORDER BY id', [id]);
      expect(rows.map((row) => row.sequence)).to.deep.equal([1, 2, 3]);
    });

    it('a shopper who paid while the code was being asked for again pays once', async () => {
      const shop = await start();
      shop.vendor.pay = () => lost;
      const id = await shop.order();
      shop.vendor.query = ({ number }) => unpaid(number);
      shop.vendor.pay = ({ number }) => paid(number);
      shop.turn(2000);
      await shop.attend();
      expect((await shop.payment(id)).state).to.equal('success');
      expect(await shop.attempts(id)).to.have.length(1);
      await expectSound(shop);
    });
  });
});
