import { expect } from 'chai';
import type { Database, Row } from '../../core/store/database.ts';
import { forEachDatabase } from '../kit/database.ts';
import { day, lineOf, openStatementShop, type StatementShop } from '../kit/statement-shop.ts';

describe('What a day came to', () =>
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

    const insert = (table: string, row: Row) =>
      database.transaction(async (tx) => {
        const columns = Object.keys(row);
        const sql = `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`;
        await tx.run(sql, Object.values(row));
      });
    const merchant = (id: string) => insert('merchants', { id, name: id, status: 'active', created_at: 1 });
    const app = (id: string, merchantId: string, livemode = 0) => {
      const names = { id, merchant_id: merchantId, name: id, livemode, status: 'active', late_policy: 'hold' };
      return insert('apps', { ...names, rate_per_second: 1, secret: '-', created_at: 1 });
    };
    const account = (merchantId: string | null) => {
      const names = { id: 'acc_1', channel: 'fake', merchant_id: merchantId, livemode: 0, status: 'enabled', config: '{}' };
      return insert('channel_accounts', { ...names, priority: 1, weight: 1, version: 1, created_at: 1, updated_at: 1 });
    };
    const told = async () => {
      const rows = await database.all("SELECT * FROM events WHERE type LIKE 'reconciliation%' ORDER BY app_id, sequence");
      return rows.map((row) => [row['app_id'], row['type'], row['sequence'], JSON.parse(String(row['data'])).state]);
    };

    it('is told in each app of the merchant whose account it is, of its mode, and in no other', async () => {
      await Promise.all([merchant('mch_1'), merchant('mch_2'), account('mch_1')]);
      await Promise.all([app('app_1', 'mch_1'), app('app_2', 'mch_1'), app('app_3', 'mch_2'), app('app_4', 'mch_1', 1)]);
      await shop.run(day, [lineOf(await shop.paid())]);
      expect(await told()).to.deep.equal([
        ['app_1', 'reconciliation.done', 1, 'done'],
        ['app_2', 'reconciliation.done', 1, 'done'],
      ]);
    });

    it('of an account that merchants share is told where there is one merchant alone', async () => {
      await Promise.all([merchant('mch_1'), account(null), app('app_1', 'mch_1')]);
      await shop.run(day, [lineOf(await shop.paid())]);
      expect(await told()).to.have.length(1);
      await Promise.all([merchant('mch_2'), app('app_2', 'mch_2')]);
      await shop.run(day, [lineOf(await shop.paid())]);
      expect(await told()).to.have.length(1);
    });

    it('is told again when it is another, and not when nothing changed', async () => {
      await Promise.all([merchant('mch_1'), account('mch_1'), app('app_1', 'mch_1')]);
      const payment = await shop.paid();
      await shop.run(day, [lineOf(payment)]);
      await shop.reconcile(day);
      await shop.given(day, [{ number: 'NOTOURS' }]);
      await shop.reconcile(day);
      await shop.reconcile(day);
      expect(await told()).to.deep.equal([
        ['app_1', 'reconciliation.done', 1, 'done'],
        ['app_1', 'reconciliation.done', 2, 'done'],
      ]);
    });

    it('tells of a refusal once, however often the same is tried', async () => {
      await Promise.all([merchant('mch_1'), account('mch_1'), app('app_1', 'mch_1')]);
      const ofAnotherDay = [{ number: 'NOTOURS', at: 0 }];
      for (let time = 0; time < 3; time += 1) expect((await shop.run(day, ofAnotherDay)).kind).to.equal('refused');
      expect(await told()).to.deep.equal([['app_1', 'reconciliation.refused', 1, 'refused']]);
      await shop.run(day, [lineOf(await shop.paid())]);
      expect((await told()).at(-1)).to.deep.equal(['app_1', 'reconciliation.done', 2, 'done']);
    });
  }));

const tables = [
  ...['merchants', 'apps', 'channel_accounts', 'reconciliations', 'statement_files', 'statement_pieces', 'discrepancies'],
  ...['discrepancy_actions', 'attempts', 'payments', 'events', 'ledger_postings'],
];
