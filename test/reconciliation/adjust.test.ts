import { expect } from 'chai';
import { accept, adjust, assign, reopen } from '../../core/reconciliation/act.ts';
import type { Adjustment } from '../../core/reconciliation/adjust.ts';
import type { Database } from '../../core/store/database.ts';
import type { DiscrepancyRow } from '../../core/store/tables/discrepancies.ts';
import { checkMoney } from '../kit/check-money.ts';
import { forEachDatabase } from '../kit/database.ts';
import { day, type GivenLine, lineOf, noon, openStatementShop, type StatementShop } from '../kit/statement-shop.ts';

const aloneUpTo = 50;
const nextDay = '2026-05-02';

describe('A discrepancy that is put right in the ledger', () =>
  forEachDatabase((_name, open) => {
    let shop: StatementShop;
    let database: Database;

    before(async () => {
      database = (await open()).database;
    });
    beforeEach(async () => {
      for (const table of tables) await database.transaction((tx) => tx.run(`DELETE FROM ${table}`));
      shop = openStatementShop(database);
    });

    const rows = async () => (await database.all('SELECT * FROM discrepancies ORDER BY id')) as unknown as DiscrepancyRow[];
    const differing = async (change: GivenLine): Promise<DiscrepancyRow> => {
      await shop.run(day, [{ ...lineOf(await shop.paid()), ...change }]);
      const [row] = await rows();
      if (row === undefined) throw new Error('Everything agrees');
      return row;
    };
    const acting = (id: string, actor = 'key_1') => ({ id, actor, note: 'Seen' });
    const adjusting = async (id: string, change: Partial<Adjustment> = {}, actor = 'key_1') => {
      const adjustment = { reason: 'vendor_correction', amount: -1, currency: 'CNY', appId: 'app_9', ...change } as const;
      const done = await adjust(shop.kernel, acting(id, actor), adjustment, aloneUpTo);
      return done.kind === 'discrepancy' ? [done.discrepancy.state, done.discrepancy.reason] : done.kind;
    };
    const posted = async () => {
      const sql = "SELECT * FROM ledger_postings WHERE entry_id LIKE 'adjust%' ORDER BY entry_id, line";
      const cause = (id: unknown) => String(id).split(':')[0];
      return (await database.all(sql)).map((row) => [cause(row['entry_id']), row['account_id'], row['amount']]);
    };
    afterEach(async () => {
      expect(await checkMoney(database)).to.deep.equal([]);
    });

    it('is posted in balance, names the payment, and is posted back when it is opened again', async () => {
      const { id, payment_id, app_id } = await differing({ amount: 99 });
      expect(await adjusting(id)).to.deep.equal(['resolved', 'adjusted']);
      const entry = [
        ['adjusted', 'channel_receivable:acc_1:CNY', -1],
        ['adjusted', `adjustments:${app_id}:CNY`, 1],
      ];
      expect(await posted()).to.deep.equal(entry);
      const told = await database.get("SELECT payment_id, note FROM ledger_postings WHERE entry_id LIKE 'adjusted:%'");
      expect({ ...told }).to.deep.equal({ payment_id, note: `vendor_correction of ${id} by key_1` });
      const back = [
        ['adjustment_reversed', 'channel_receivable:acc_1:CNY', 1],
        ['adjustment_reversed', `adjustments:${app_id}:CNY`, -1],
      ];
      await reopen(shop.kernel, acting(id));
      expect(await posted()).to.have.deep.members([...back, ...entry]);
    });

    it('is posted back once, however often it is ended and opened again in other ways', async () => {
      const { id } = await differing({ amount: 99 });
      await adjusting(id);
      await reopen(shop.kernel, acting(id));
      await accept(shop.kernel, acting(id), aloneUpTo);
      await reopen(shop.kernel, acting(id));
      expect(await posted()).to.have.length(4);
      await adjusting(id);
      expect(await posted()).to.have.length(6);
    });

    it('is posted back when a later day has what was missing, whose own day is then looked at again', async () => {
      const late = await shop.paid(noon, 40);
      await shop.run(day, []);
      const [row] = await rows();
      expect(await adjusting(row?.id ?? '', { reason: 'unexplained', amount: -40 })).to.deep.equal(['resolved', 'adjusted']);
      await shop.run(nextDay, [{ ...lineOf(late), at: noon + 21 * 3_600_000 }, lineOf(await shop.paid(noon + 86_400_000))]);
      expect((await rows())[0]).to.include({ class: 'timing', state: 'resolved', reason: 'on_two_days' });
      expect(await posted()).to.have.length(4);
      expect(
        (await posted()).reduce((sum, [, account, amount]) => sum + (account === 'channel_receivable:acc_1:CNY' ? Number(amount) : 0), 0),
      ).to.equal(0);
      const due = await database.all('SELECT day FROM reconciliations WHERE due_at <= ?', [shop.kernel.clock.now().getTime()]);
      expect(due.map((one) => one['day'])).to.deep.equal([day]);
      for (const again of [day, nextDay]) await shop.reconcile(again);
      for (const again of [day, nextDay]) expect(await shop.reconcile(again)).to.include({ kind: 'done', written: 0 });
    });

    it('is ended once, whoever asks at the same time', async () => {
      const { id } = await differing({ amount: 99 });
      const done = await Promise.all(['key_1', 'key_2', 'key_3'].map((key) => adjusting(id, {}, key)));
      expect(done.filter((one) => one === 'not_open')).to.have.length(2);
      expect(await posted()).to.have.length(2);
    });

    for (const moment of ['get 1', 'get 2', 'get 3', 'transaction 1'])
      it(`is ended once, where another one comes before ${moment}`, async () => {
        const { id } = await differing({ amount: 99 });
        const seen = { get: 0, transaction: 0 };
        let isEnded = false;
        const arrive = async (step: 'get' | 'transaction') => {
          seen[step] += 1;
          if (`${step} ${seen[step]}` !== moment) return;
          isEnded = true;
          await accept(shop.kernel, acting(id, 'key_2'), aloneUpTo);
        };
        const between: Database = {
          ...database,
          get: (...asked) => arrive('get').then(() => database.get(...asked)),
          transaction: (...asked) => arrive('transaction').then(() => database.transaction(...asked)),
        };
        const adjustment = { reason: 'vendor_correction', amount: -1, currency: 'CNY', appId: 'app_9' } as const;
        const done = await adjust({ ...shop.kernel, database: between }, acting(id), adjustment, aloneUpTo);
        expect(done.kind).to.equal(isEnded ? 'not_open' : 'discrepancy');
        expect(await posted()).to.have.length(isEnded ? 0 : 2);
      });

    it('names the account by its reason', async () => {
      const { id, app_id } = await differing({ amount: 90 });
      const against = async (reason: Adjustment['reason']) => {
        await adjusting(id, { reason, amount: -10 });
        await reopen(shop.kernel, acting(id));
      };
      for (const reason of ['fee_differs', 'chargeback', 'vendor_correction', 'unexplained'] as const) await against(reason);
      const accounts = (await posted()).filter(([cause, , amount]) => cause === 'adjusted' && amount === 10).map(([, account]) => account);
      expect(accounts).to.have.members([
        'fees_actual:acc_1:CNY',
        `taken_back:${app_id}:CNY`,
        `adjustments:${app_id}:CNY`,
        'statement_suspense:acc_1:CNY',
      ]);
    });

    it('moves no more than the difference, in its direction and currency, and nothing otherwise', async () => {
      const { id } = await differing({ amount: 97 });
      for (const change of [{ amount: -4 }, { amount: 1 }, { amount: 0 }, { currency: 'USD' }])
        expect(await adjusting(id, change), JSON.stringify(change)).to.equal('not_adjustable');
      expect(await posted()).to.deep.equal([]);
      expect(await adjusting(id, { amount: -3 })).to.deep.equal(['resolved', 'adjusted']);
    });

    it('follows a fee: what the channel kept beyond what was agreed it does not owe', async () => {
      const payment = await shop.paid();
      await database.transaction((tx) => tx.run('UPDATE attempts SET fee_expected = 2', []));
      await shop.run(day, [{ ...lineOf(payment), fee: { amount: 5, currency: 'CNY' } }]);
      const [row] = await rows();
      expect(row?.class).to.equal('fee_differs');
      expect(await adjusting(row?.id ?? '', { reason: 'fee_differs', amount: 3 })).to.equal('not_adjustable');
      await adjusting(row?.id ?? '', { reason: 'fee_differs', amount: -3 });
      expect(await posted()).to.deep.equal([
        ['adjusted', 'channel_receivable:acc_1:CNY', -3],
        ['adjusted', 'fees_actual:acc_1:CNY', 3],
      ]);
      // The payment was booked without a fee, as the checker sees.
      await database.transaction((tx) => tx.run('UPDATE attempts SET fee_expected = NULL', []));
    });

    it('puts a stranger’s money on the app that asks', async () => {
      await shop.run(day, [{ number: 'NOTOURS', amount: 7 }]);
      const [row] = await rows();
      await adjusting(row?.id ?? '', { amount: 7 });
      expect(await posted()).to.deep.equal([
        ['adjusted', 'channel_receivable:acc_1:CNY', 7],
        ['adjusted', 'adjustments:app_9:CNY', -7],
      ]);
    });

    it('is not for what `settle` alone may book, nor for what may yet come', async () => {
      const open = await shop.unpaid();
      await shop.given(day, [{ number: open.number, amount: 1 }]);
      await shop.paid(Date.UTC(2026, 4, 2) - 1000);
      await shop.reconcile(day);
      const found = await rows();
      expect(found.map((row) => row.class)).to.have.members(['status_differs', 'timing']);
      for (const { id } of found) for (const amount of [1, -100]) expect(await adjusting(id, { amount })).to.equal('not_adjustable');
    });

    it('takes two above the threshold, who want the same, whoever owns it meanwhile', async () => {
      const { id } = await differing({ amount: 49 });
      const asked = ['open', 'adjust_asked: vendor_correction -51'];
      expect(await adjusting(id, { amount: -51 })).to.deep.equal(asked);
      await assign(shop.kernel, acting(id, 'key_1'), 'key_2');
      expect(await adjusting(id, { amount: -51 }), 'the first again').to.deep.equal(asked);
      expect(await adjusting(id, { amount: -50 }, 'key_2'), 'something else').to.deep.equal([
        'open',
        'adjust_asked: vendor_correction -50',
      ]);
      expect(await posted()).to.deep.equal([]);
      expect(await adjusting(id, { amount: -50 }, 'key_1')).to.deep.equal(['resolved', 'adjusted']);
      expect(await posted()).to.have.length(2);
    });

    it('is posted back when the sides agree by themselves after all', async () => {
      const payment = await shop.paid();
      await shop.run(day, []);
      const [row] = await rows();
      expect(row?.class).to.equal('missing_there');
      await adjusting(row?.id ?? '', { amount: -50, reason: 'unexplained' }, 'key_1');
      await adjusting(row?.id ?? '', { amount: -50, reason: 'unexplained' }, 'key_2');
      await shop.run(day, [lineOf(payment)]);
      expect((await rows()).map(({ state, reason }) => [state, reason])).to.deep.equal([['resolved', 'agrees_now']]);
      expect((await posted()).map(([cause, , amount]) => [cause, amount])).to.have.deep.members([
        ['adjusted', -50],
        ['adjusted', 50],
        ['adjustment_reversed', 50],
        ['adjustment_reversed', -50],
      ]);
      expect(await shop.reconcile(day)).to.include({ written: 0 });
    });
    it('is missed by the money checker where the ledger lacks it, and where it stands for nothing', async () => {
      const { id } = await differing({ amount: 99 });
      await adjusting(id);
      const without = async (change: string) =>
        checkMoney(database).then(async (none) => {
          expect(none).to.deep.equal([]);
          await database.transaction((tx) => tx.run(change));
          return checkMoney(database);
        });
      const [opened] = await without("UPDATE discrepancies SET state = 'open'");
      expect(opened).to.equal(`${id} is open (adjusted), and 1 adjustments of it stand`);
      await database.transaction((tx) => tx.run("UPDATE discrepancies SET state = 'resolved'"));
      const lost = await without("UPDATE ledger_postings SET entry_id = CONCAT(entry_id, 'x') WHERE entry_id LIKE 'adjusted:%'");
      expect(lost.filter((one) => one.includes('do not tell the same'))).to.have.length(2);
      await database.transaction((tx) =>
        tx.run("UPDATE ledger_postings SET entry_id = SUBSTR(entry_id, 1, LENGTH(entry_id) - 1) WHERE entry_id LIKE 'adjusted:%'"),
      );
    });
  }));

const tables = [
  ...['reconciliations', 'statement_files', 'statement_pieces', 'discrepancies', 'discrepancy_actions'],
  ...['ledger_postings', 'ledger_tail', 'ledger_accounts', 'attempts', 'refunds', 'payments', 'history', 'events'],
];
