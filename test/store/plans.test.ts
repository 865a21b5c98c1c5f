import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Database, Reader, Value } from '../../core/store/database.ts';
import { migrate } from '../../core/store/migrations/migrate.ts';
import { openDatabase } from '../../core/store/open.ts';
import { readAttemptByNumber, readAttemptsOf, readPaidBy } from '../../core/store/tables/attempts.ts';
import { readDue } from '../../core/store/tables/due.ts';
import { listEvents } from '../../core/store/tables/events.ts';
import { listPayments, readPayment, readPaymentByOrderNo } from '../../core/store/tables/payments.ts';
import { readRefundByMerchantNo } from '../../core/store/tables/refunds.ts';

/** What SQLite says it does: MariaDB decides by what a table holds. A table that grows for ever is read by a key. What is not, is well in every test and slow after a year. */
describe('What is read of tables that grow', () => {
  let database: Database;
  const dataDir = mkdtempSync(join(tmpdir(), 'paymux-plans-'));
  before(async () => {
    const stored = await openDatabase({ dataDir });
    await migrate(stored);
    database = stored.database;
  });
  after(async () => {
    await database.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  /** How the engine goes about each statement of some reading, in its own words. */
  const plansOf = async (read: (reader: Reader) => Promise<unknown>) => {
    const asked: (readonly [string, readonly Value[]])[] = [];
    const note = (sql: string, params: readonly Value[] = []) => void asked.push([sql, params]);
    await read({
      get: (sql, params) => {
        note(sql, params);
        return database.get(sql, params);
      },
      all: (sql, params) => {
        note(sql, params);
        return database.all(sql, params);
      },
    } as Reader);
    const plans = await Promise.all(asked.map(([sql, params]) => database.all(`EXPLAIN QUERY PLAN ${sql}`, params)));
    return plans.flat().map((row) => String(row['detail']));
  };

  const page = { limit: 100 };
  const pages: Readonly<Record<string, (reader: Reader) => Promise<unknown>>> = {
    'the first page of payments': (reader) => listPayments(reader, { appId: 'app_1' }, page),
    'the next page': (reader) => listPayments(reader, { appId: 'app_1' }, { ...page, startingAfter: 'pay_9' }),
    'the page before': (reader) => listPayments(reader, { appId: 'app_1' }, { ...page, endingBefore: 'pay_9' }),
    'a page of one state': (reader) => listPayments(reader, { appId: 'app_1', state: 'failed' }, page),
    'a page of events': (reader) => listEvents(reader, { appId: 'app_1', after: 7, limit: 100 }),
  };
  for (const [what, read] of Object.entries(pages)) {
    it(`${what} is found in its order, and nothing is sorted`, async () => {
      const plans = await plansOf(read);
      expect(plans.join('\n')).to.match(/^SEARCH \w+ USING INDEX \w+ \(app_id=\?/);
      expect(plans.join('\n')).to.not.match(/SCAN|TEMP B-TREE/);
    });
  }

  it('payments of a day are a piece of the index', async () => {
    const from = Date.UTC(2026, 0, 31);
    const plans = await plansOf((reader) =>
      listPayments(reader, { appId: 'app_1', createdFrom: from, createdTo: from + 86_400_000 }, page),
    );
    expect(plans).to.deep.equal(['SEARCH payments USING INDEX payments_page (app_id=? AND id>? AND id<?)']);
  });

  const lookups: Readonly<Record<string, (reader: Reader) => Promise<unknown>>> = {
    'a payment': (reader) => readPayment(reader, 'pay_1'),
    'a payment by its order': (reader) => readPaymentByOrderNo(reader, 'app_1', 'order-1'),
    'an attempt by its number': (reader) => readAttemptByNumber(reader, '1'),
    'the attempts of payments': (reader) => readAttemptsOf(reader, ['pay_1', 'pay_2']),
    'a refund by the merchant’s number': (reader) => readRefundByMerchantNo(reader, 'app_1', 'refund-1'),
    'whether vendors’ numbers have paid before': (reader) =>
      readPaidBy(
        reader,
        ['4200', '4201'].map((channel_no) => ({ account_id: 'acc_1', channel_no })),
      ),
    'what is due': (reader) => readDue(reader, 'attempts', 1, 100),
  };
  for (const [what, read] of Object.entries(lookups)) {
    it(`${what} is found by a key`, async () => {
      expect((await plansOf(read)).join('\n'))
        .to.match(/SEARCH \w+ USING/)
        .and.not.match(/SCAN/);
    });
  }
});
