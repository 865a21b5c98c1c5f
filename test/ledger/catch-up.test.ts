import { expect } from 'chai';
import type { OpenAccount } from '../../core/channels/accounts.ts';
import { catchUp } from '../../core/ledger/catch-up.ts';
import { receivePayment } from '../../core/payments/receive.ts';
import type { Database } from '../../core/store/database.ts';
import { migrate } from '../../core/store/migrations/migrate.ts';
import { beginBacklog, readBacklog } from '../../core/store/tables/ledger.ts';
import { checkMoney } from '../kit/check-money.ts';
import { forEachDatabase } from '../kit/database.ts';
import { declined, paid, refused, type Scripted, scriptKernel, unpaid } from '../kit/scripted.ts';

/** Payments of every kind: bought, also at the second account, refunded in part and in whole, refused to be refunded, paid late, too much, and taken back. */
async function trade(database: Database): Promise<Scripted> {
  const shop = scriptKernel(database, { accounts: 2 });
  const account = shop.kernel.channels.account('acc_1') as OpenAccount;
  const tell = (number: string, report: object) =>
    receivePayment(shop.kernel, account, { of: 'payment', number, report: { ...report, echo: { number } } as never }, 'signed');
  const buy = async (amount = 100) => {
    shop.vendor.pay = ({ number }) => paid(number, amount);
    return shop.order();
  };
  await shop.refund(await buy(), 40);
  await shop.refund(await buy(), 100);
  const refuses = shop.vendor.refund;
  shop.vendor.refund = () => declined();
  await shop.refund(await buy(), 10);
  shop.vendor.refund = () => ({ kind: 'unknown', reason: 'timeout' });
  await shop.refund(await buy(), 10);
  shop.vendor.refund = refuses;
  await buy(130);
  await buy(70);
  shop.turn(20_000);
  await shop.attend();
  const [attempt] = await shop.attempts(await buy());
  await tell(attempt?.number ?? '', { state: 'reversed' });
  const answers = [refused, null];
  shop.vendor.pay = ({ number }) => answers.shift() ?? paid(number);
  await shop.refund(await shop.order(), 30);
  shop.vendor.pay = ({ number }) => unpaid(number);
  const [late] = await shop.attempts(await shop.order());
  shop.vendor.query = ({ number }) => ({ kind: 'ok', report: { state: 'closed', echo: { number } } });
  shop.turn(3 * 3_600_000);
  await shop.attend();
  await tell(late?.number ?? '', { state: 'succeeded', channelNo: 'v-late', money: { amount: 100, currency: 'CNY' } });
  shop.turn(20_000);
  await shop.attend();
  return shop;
}

const readAll = async (database: Database) =>
  (await database.all('SELECT * FROM ledger_postings ORDER BY entry_id, line')).map((row) => ({ ...row }));

/** As the database of a version without a ledger is after its upgrade. */
const forget = (database: Database) =>
  database.transaction(async (tx) => {
    for (const table of ['ledger_postings', 'ledger_tail', 'ledger_accounts']) await tx.run(`DELETE FROM ${table}`);
    await beginBacklog(tx);
  });

describe('Books of before there was a ledger', () => {
  forEachDatabase((_name, open) => {
    it('are posted as they would have been, once, and the money checker says until when they are not', async () => {
      const { database } = await open();
      await trade(database);
      const before = await readAll(database);
      expect(before.length).to.be.greaterThan(20);
      const states = (await database.all('SELECT DISTINCT state FROM attempts')).map(({ state }) => state);
      expect(states).to.include.members(['not_sent', 'succeeded', 'succeeded_late']);
      expect(await checkMoney(database)).to.deep.equal([]);
      await forget(database);
      expect(await checkMoney(database)).to.include('payments after the first have still to be posted: a running server does it');
      expect(await catchUp(database)).to.equal(true);
      expect(await readAll(database)).to.deep.equal(before);
      expect([await catchUp(database), await catchUp(database)]).to.deep.equal([true, false]);
      expect(await checkMoney(database)).to.deep.equal([]);
    });

    it('are found by the upgrade, which begins them once and not where there are none', async () => {
      const { database, ...stored } = await open();
      const upgrade = async () => {
        await database.transaction((tx) => tx.run("DELETE FROM migrations WHERE name = '0008-ledger'"));
        expect(await migrate({ database, ...stored })).to.deep.equal(['0008-ledger']);
        return readBacklog(database);
      };
      expect(await upgrade()).to.equal(null);
      await trade(database);
      await forget(database);
      await database.transaction((tx) => tx.run('DELETE FROM ledger_backlog'));
      expect(await upgrade()).to.deep.include({ done_to: '' });
      expect(await catchUp(database)).to.equal(true);
      const { done_to: to } = (await readBacklog(database)) ?? { done_to: '' };
      expect(to).to.match(/^pay_/);
      expect(await upgrade()).to.deep.include({ done_to: to });
    });

    it('lack nothing when several servers post them while payments go on, and when it is begun again', async () => {
      const { database } = await open();
      const shop = await trade(database);
      await forget(database);
      shop.vendor.pay = ({ number }) => paid(number);
      const sell = async () => shop.refund(await shop.order(), 100);
      await Promise.all([catchUp(database), sell(), catchUp(database), sell(), catchUp(database)]);
      while (await catchUp(database));
      expect(await checkMoney(database)).to.deep.equal([]);
      const complete = await readAll(database);
      await database.transaction(beginBacklog);
      while (await catchUp(database));
      expect(await readAll(database)).to.deep.equal(complete);
    });
  });
});
