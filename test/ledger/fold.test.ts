import { expect } from 'chai';
import fc from 'fast-check';
import { balanceOf } from '../../core/ledger/balance.ts';
import type { Entry, LedgerAccount } from '../../core/ledger/entry.ts';
import { foldTail } from '../../core/ledger/fold.ts';
import { postEntries } from '../../core/ledger/post.ts';
import type { Database } from '../../core/store/database.ts';
import { countTail } from '../../core/store/tables/ledger.ts';
import { checkMoney } from '../kit/check-money.ts';
import { forEachDatabase } from '../kit/database.ts';

const at = new Date(1_700_000_000_000);
const account = (ownerId: string): LedgerAccount => ({ kind: 'merchant_payable', ownerId, currency: 'CNY' });
const transfer = (id: string, from: string, to: string, amount: number): Entry => ({
  id: `moved:${id}`,
  livemode: true,
  paymentId: null,
  note: null,
  at,
  postings: [
    { account: account(from), amount },
    { account: account(to), amount: -amount },
  ],
});

describe('The balances of the ledger', () => {
  forEachDatabase((name, open) => {
    let database: Database;
    before(async () => {
      ({ database } = await open());
    });
    const count = async (table: string) => Number((await database.get(`SELECT COUNT(*) AS n FROM ${table}`))?.['n']);
    const post = (...entries: readonly Entry[]) => database.transaction((tx) => postEntries(tx, entries));

    it('are the same before and after their postings are counted, and remember how many those were', async () => {
      await post(transfer('1', 'a', 'b', 5), transfer('2', 'b', 'a', 2));
      const before = [await balanceOf(database, account('a')), await balanceOf(database, account('b'))];
      expect(before).to.deep.equal([3, -3]);
      expect(await countTail(database)).to.equal(2);
      expect(await foldTail(database, at)).to.equal(2);
      expect(await foldTail(database, at)).to.equal(0);
      expect(await countTail(database)).to.equal(0);
      expect([await balanceOf(database, account('a')), await balanceOf(database, account('b'))]).to.deep.equal(before);
      expect({ ...(await database.get('SELECT * FROM ledger_accounts WHERE owner_id = ?', ['a'])) }).to.deep.equal({
        id: 'merchant_payable:a:CNY',
        kind: 'merchant_payable',
        owner_id: 'a',
        currency: 'CNY',
        livemode: 1,
        balance: 3,
        postings: 2,
        updated_at: at.getTime(),
      });
      expect(await checkMoney(database)).to.deep.equal([]);
    });

    it('count each posting once, however many servers count while others post', async () => {
      const random = fc.sample(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('d', 'e'), fc.integer({ min: 1, max: 99 })), 60);
      const entries = random.map(([from, to, amount], index) => transfer(`many-${index}`, from, to, amount));
      await post(...entries.slice(0, 30));
      await Promise.all([...entries.slice(30).map((entry) => post(entry)), ...Array.from({ length: 12 }, () => foldTail(database, at))]);
      expect(await checkMoney(database)).to.deep.equal([]);
      while ((await count('ledger_tail')) > 0) await foldTail(database, at);
      expect(await checkMoney(database)).to.deep.equal([]);
      const owed = random.filter(([from]) => from === 'c').reduce((total, [, , amount]) => total + amount, 0);
      expect(await balanceOf(database, account('c'))).to.equal(owed);
    });

    // SQLite has one writer, whatever it writes.
    if (name === 'mariadb')
      it('keep nobody waiting: one account is posted to and counted while another transaction that posts to it is open', async () => {
        const [entered, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
        const before = await balanceOf(database, account('busy'));
        const open = database.transaction(async (tx) => {
          await postEntries(tx, [transfer('slow', 'busy', 'b', 5)]);
          entered.resolve();
          await ended.promise;
        });
        await entered.promise;
        await post(transfer('quick', 'busy', 'b', 7));
        expect(await foldTail(database, at)).to.equal(1);
        expect(await balanceOf(database, account('busy'))).to.equal(before + 7);
        ended.resolve();
        await open;
        expect(await balanceOf(database, account('busy'))).to.equal(before + 12);
        expect(await foldTail(database, at)).to.equal(1);
        expect(await checkMoney(database)).to.deep.equal([]);
      });

    it('take up more entries than one transaction counts', async () => {
      await post(...Array.from({ length: 600 }, (_, index) => transfer(`long-${index}`, 'a', 'f', 2)));
      expect([await foldTail(database, at), await foldTail(database, at)]).to.deep.equal([500, 100]);
      expect(await count('ledger_tail')).to.equal(0);
      expect(await balanceOf(database, account('f'))).to.equal(-1200);
      expect(await checkMoney(database)).to.deep.equal([]);
    });
  });
});
