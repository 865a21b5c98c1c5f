import { expect } from 'chai';
import type { OpenAccount } from '../../core/channels/accounts.ts';
import { receivePayment } from '../../core/payments/receive.ts';
import { listBalances } from '../../core/store/tables/ledger.ts';
import { checkMoney } from '../kit/check-money.ts';
import { forEachDatabase } from '../kit/database.ts';
import { declined, paid, type Scripted, scriptKernel } from '../kit/scripted.ts';

describe('The ledger says of a payment', () => {
  forEachDatabase((_name, open) => {
    let shop: Scripted;
    beforeEach(async () => {
      shop = scriptKernel((await open()).database);
    });

    /** Accounts that stand at something, without the currency. */
    const balances = async () => {
      expect(await checkMoney(shop.kernel.database)).to.deep.equal([]);
      const all = await listBalances(shop.kernel.database, null);
      const some = all.filter(({ balance }) => balance !== 0);
      return Object.fromEntries(some.map(({ account_id: id, balance }) => [id.replace(/:CNY$/, ''), balance]));
    };
    const tell = async (id: string, report: ReturnType<typeof paid>, index = 0) => {
      const attempt = (await shop.attempts(id))[index];
      if (attempt === undefined || report.kind !== 'ok') throw new Error('no attempt');
      const account = shop.kernel.channels.account('acc_1') as OpenAccount;
      await receivePayment(shop.kernel, account, { of: 'payment', number: attempt.number, report: report.report }, 'signed');
    };
    const pay = async (amount = 100) => {
      const id = await shop.order();
      const [attempt] = await shop.attempts(id);
      // Other money is believed when it is told twice.
      shop.vendor.query = ({ number }) => paid(number, amount);
      for (const _ of [1, 2]) await tell(id, paid(attempt?.number ?? '', amount));
      shop.turn(20_000);
      await shop.attend();
      return id;
    };

    it('nothing while nobody has paid', async () => {
      await shop.order();
      expect(await balances()).to.deep.equal({});
    });

    it('that the channel owes what was paid less its fee, and the merchant is owed all of it', async () => {
      const id = await shop.order();
      const [attempt] = await shop.attempts(id);
      await shop.kernel.database.transaction((tx) => tx.run('UPDATE attempts SET fee_expected = 2'));
      await tell(id, paid(attempt?.number ?? ''));
      expect(await balances()).to.deep.equal({
        'channel_receivable:acc_1': 98,
        'fees_expected:acc_1': 2,
        'merchant_payable:app_1': -100,
      });
      await shop.refund(id, 100);
      expect(await balances()).to.deep.equal({ 'channel_receivable:acc_1': -2, 'fees_expected:acc_1': 2 });
    });

    it('what is set aside while a refund is under way, and gives it back when the refund fails', async () => {
      const id = await pay();
      shop.vendor.refund = () => ({ kind: 'unknown', reason: 'timeout' });
      await shop.refund(id, 30);
      const underWay = { 'channel_receivable:acc_1': 100, 'merchant_payable:app_1': -70, 'refunds_pending:app_1': -30 };
      expect(await balances()).to.deep.equal(underWay);
      shop.vendor.refund = () => declined();
      await shop.refund(id, 50);
      expect(await balances()).to.deep.equal(underWay);
    });

    it('that too little is nobody’s yet, and what is too much goes back', async () => {
      await pay(70);
      expect(await balances()).to.deep.equal({ 'channel_receivable:acc_1': 70, 'suspense:app_1': -70 });
      shop.vendor.refund = () => ({ kind: 'unknown', reason: 'timeout' });
      await pay(130);
      expect(await balances()).to.deep.equal({
        'channel_receivable:acc_1': 200,
        'merchant_payable:app_1': -100,
        'suspense:app_1': -70,
        'refunds_pending:app_1': -30,
      });
    });

    it('that late money waits where it is held, and leaves no trace but its entries where it went back', async () => {
      shop.vendor.query = ({ number }) => ({ kind: 'ok', report: { state: 'closed', echo: { number } } });
      const ids = [await shop.order(), await shop.order()];
      shop.turn(3 * 3_600_000);
      await shop.attend();
      for (const [index, policy] of (['hold', 'auto_refund'] as const).entries()) {
        shop.latePolicy = policy;
        const id = ids[index] ?? '';
        const [attempt] = await shop.attempts(id);
        await tell(id, paid(attempt?.number ?? ''));
      }
      shop.turn(20_000);
      await shop.attend();
      expect(await balances()).to.deep.equal({ 'channel_receivable:acc_1': 100, 'suspense:app_1': -100 });
    });

    it('that what the channel took back is undecided: nobody has said whose loss it is', async () => {
      const id = await pay();
      const [attempt] = await shop.attempts(id);
      const number = attempt?.number ?? '';
      for (const _ of [1, 2]) await tell(id, { kind: 'ok', report: { state: 'reversed', echo: { number } } } as never);
      expect(await balances()).to.deep.equal({ 'merchant_payable:app_1': -100, 'taken_back:app_1': 100 });
    });
  });
});
