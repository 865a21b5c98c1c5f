import { expect } from 'chai';
import type { OpenAccount } from '../../core/channels/accounts.ts';
import type { StatementOutcome } from '../../core/contract/statement.ts';
import { attendDay, listDueDays } from '../../core/reconciliation/due.ts';
import type { ReconcileDeps } from '../../core/reconciliation/reconcile.ts';
import type { Database } from '../../core/store/database.ts';
import { forEachDatabase } from '../kit/database.ts';
import { day, lineOf, openStatementShop, type StatementShop, writeDocument } from '../kit/statement-shop.ts';

const hourMs = 3_600_000;

describe('The days that are due', () =>
  forEachDatabase((_name, open) => {
    let database: Database;
    let shop: StatementShop;
    let deps: ReconcileDeps;
    let answers: (of: string) => StatementOutcome;
    const asked: string[] = [];

    before(async () => {
      database = (await open()).database;
      shop = openStatementShop(database);
      const account: OpenAccount = {
        ...shop.account,
        channel: {
          ...shop.account.channel,
          async fetchStatement(of) {
            asked.push(of);
            return answers(of);
          },
        },
      };
      const kernel = { ...shop.kernel, channels: { ...shop.kernel.channels, accounts: () => [account] } };
      deps = { ...shop.deps, kernel };
      const made = Date.UTC(2026, 3, 30, 20);
      const columns = 'id, channel, livemode, status, priority, weight, config, version, created_at, updated_at';
      const sql = `INSERT INTO channel_accounts (${columns}) VALUES ('acc_1', 'fake', 0, 'enabled', 1, 1, '{}', 1, ?, ?)`;
      await database.transaction((tx) => tx.run(sql, [made, made]));
    });

    const listed = async () => (await listDueDays(deps.kernel)).map((one) => one.day);
    const attendAll = async () => {
      const results: string[] = [];
      for (const due of await listDueDays(deps.kernel)) results.push(`${due.day} ${await attendDay(deps, due)}`);
      return results;
    };
    const ready = (lines: Parameters<typeof writeDocument>[0]): StatementOutcome => ({
      kind: 'ready',
      documents: (async function* () {
        yield writeDocument(lines);
      })(),
    });

    it('are those since the account was made, once the vendor has them by its own clock', async () => {
      expect(await listed()).to.deep.equal(['2026-04-30']);
      answers = () => ({ kind: 'empty' });
      expect(await attendAll()).to.deep.equal(['2026-04-30 done']);
      expect(await listed()).to.deep.equal([]);
      // It is noon, and the statement of this day is there at six in the next morning.
      shop.turn(17 * hourMs);
      expect(await listed()).to.deep.equal([]);
      shop.turn(hourMs);
      expect(await listed()).to.deep.equal([day]);
    });

    it('are asked for again every hour while the vendor has not made them', async () => {
      answers = () => ({ kind: 'notYet' });
      expect(await attendAll()).to.deep.equal([`${day} not_yet`]);
      expect(await listed()).to.deep.equal([]);
      shop.turn(hourMs);
      expect(await attendAll()).to.deep.equal([`${day} not_yet`]);
    });

    it('are asked for ever more rarely when asking fails, and say why', async () => {
      answers = () => ({ kind: 'rejected', reason: 'config' }) as never;
      const hours: number[] = [];
      for (let passed = 0; hours.length < 3; passed += 1) {
        shop.turn(hourMs);
        if ((await attendAll()).length > 0) hours.push(passed);
      }
      expect(hours.map((one) => one - (hours[0] ?? 0))).to.deep.equal([0, 4, 12]);
      expect(await database.get('SELECT state, reason FROM reconciliations WHERE day = ?', [day])).to.deep.include({
        state: 'waiting',
        reason: 'rejected: config',
      });
    });

    it('are fetched anew when a fetch broke off, whatever the vendor had given by then', async () => {
      shop.turn(24 * hourMs);
      const one = { channelNo: 'a', at: Date.parse(`${day}T12:00:00Z`) };
      answers = () => ({
        kind: 'ready',
        documents: (async function* () {
          yield writeDocument([one]);
          throw new Error('the line went dead');
        })(),
      });
      const failed = await attendAll().catch((error: Error) => error.message);
      expect(failed).to.equal('the line went dead');
      // The same in other bytes: both together would be one entry too many.
      answers = () => ready([{ ...one, net: null }]);
      expect((await attendAll())[0]).to.equal(`${day} done`);
      expect((await database.all('SELECT id FROM discrepancies')).length).to.equal(1);
      await database.transaction((tx) => tx.run('DELETE FROM discrepancies'));
      await database.transaction((tx) => tx.run('DELETE FROM statement_files'));
      await database.transaction((tx) => tx.run('DELETE FROM reconciliations WHERE day >= ?', [day]));
    });

    it('are all caught up after an outage, each compared with what was booked', async () => {
      const payment = await shop.paid();
      shop.turn(24 * hourMs);
      asked.length = 0;
      answers = (of) => (of === day ? ready([lineOf(payment)]) : { kind: 'empty' });
      const results = await attendAll();
      expect(results[0]).to.equal(`${day} done`);
      expect(results.map((one) => one.split(' ')[1])).to.deep.equal(results.map(() => 'done'));
      expect(asked)
        .to.deep.equal([...asked].sort())
        .and.to.have.lengthOf(results.length);
      expect(await listed()).to.deep.equal([]);
      expect(await database.all('SELECT id FROM discrepancies')).to.deep.equal([]);
    });

    it('come back when what they wait for should have come', async () => {
      const own = shop.kernel.clock.now().toISOString().slice(0, 10);
      await shop.paid(Date.parse(own) + 1000);
      shop.turn(24 * hourMs);
      answers = () => ({ kind: 'empty' });
      await attendAll();
      const classOf = async () => (await database.get('SELECT class FROM discrepancies WHERE day = ?', [own]))?.['class'];
      const before = await classOf();
      shop.turn(4 * 24 * hourMs);
      expect(await attendAll()).to.include(`${own} done`);
      expect([before, await classOf()]).to.deep.equal(['timing', 'missing_there']);
    });
  }));
