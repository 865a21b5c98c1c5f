import { expect } from 'chai';
import type { OpenAccount } from '../../core/channels/accounts.ts';
import type { StatementOutcome } from '../../core/contract/statement.ts';
import { keepDocument } from '../../core/reconciliation/keep.ts';
import { openReconciliation } from '../../core/reconciliation/reconcile.ts';
import { replaceDocuments } from '../../core/reconciliation/replace.ts';
import { checkMoney } from '../kit/check-money.ts';
import { forEachDatabase, type TestDatabase } from '../kit/database.ts';
import { day, type GivenLine, lineOf, noon, openStatementShop, type StatementShop, writeDocument } from '../kit/statement-shop.ts';

describe('A better document of a day that is done', () =>
  forEachDatabase((_name, open) => {
    let stored: TestDatabase;
    let shop: StatementShop;
    let account: OpenAccount;
    let answer: StatementOutcome;

    beforeEach(async () => {
      stored = await open();
      shop = openStatementShop(stored.database);
      account = { ...shop.account, channel: { ...shop.account.channel, fetchStatement: async () => answer } };
    });

    const replace = (lines: readonly GivenLine[] | null) => {
      const document = lines === null ? null : writeDocument(lines);
      return replaceDocuments(shop.deps, { account, day, document, onProgress: () => undefined });
    };
    const states = async () => (await stored.database.all('SELECT state FROM statement_files')).map(({ state }) => String(state)).sort();
    const openClasses = async () =>
      (await stored.database.all("SELECT class FROM discrepancies WHERE state <> 'resolved' ORDER BY class")).map((row) => row['class']);
    const dayNow = () => stored.database.get('SELECT state, reason, entries, totals, done_at FROM reconciliations WHERE day = ?', [day]);
    const ready = (...documents: readonly (readonly GivenLine[])[]): StatementOutcome => ({
      kind: 'ready',
      documents: (async function* () {
        for (const lines of documents) yield writeDocument(lines);
      })(),
    });
    const extra: GivenLine = { number: 'NOTOURS', channelNo: 'x' };
    const afterwards = async () => expect(await checkMoney(stored.database)).to.deep.equal([]);

    it('from the vendor takes the place of the one before, which is kept and counts no more', async () => {
      const paid = lineOf(await shop.paid());
      await shop.run(day, [extra]);
      expect(await openClasses()).to.deep.equal(['missing_here', 'missing_there']);
      answer = ready([paid]);
      expect(await replace(null)).to.include({ kind: 'done' });
      expect(await states()).to.deep.equal(['compared', 'superseded']);
      expect(await openClasses()).to.deep.equal([]);
      expect(await dayNow()).to.include({ state: 'done', entries: 1 });
      expect((await stored.database.all('SELECT id FROM statement_pieces')).length).to.equal(2);
      expect(await shop.reconcile(day)).to.include({ written: 0 });
      await afterwards();
    });

    it('given by hand takes the place of all, and the old one can come back', async () => {
      const paid = lineOf(await shop.paid());
      await shop.run(day, [extra]);
      expect(await replace([paid])).to.include({ kind: 'done' });
      expect(await states()).to.deep.equal(['compared', 'superseded']);
      expect(await replace([extra])).to.include({ kind: 'done' });
      expect(await states()).to.deep.equal(['compared', 'superseded']);
      expect(await openClasses()).to.deep.equal(['missing_here', 'missing_there']);
      await afterwards();
    });

    it('that still does not agree tells by how much it does not now, whatever was decided about what was said before', async () => {
      const paid = lineOf(await shop.paid());
      await shop.run(day, [{ ...paid, amount: 150 }]);
      await stored.database.transaction((tx) => tx.run("UPDATE discrepancies SET state = 'resolved', reason = 'accepted'"));
      expect(await replace([{ ...paid, amount: 170 }])).to.include({ kind: 'done' });
      const sql = 'SELECT class, state, amount_here, amount_there, file_id FROM discrepancies';
      const current = await stored.database.get("SELECT id FROM statement_files WHERE state = 'compared'");
      const now = { class: 'amount_differs', state: 'open', amount_here: 100, amount_there: 170, file_id: current?.['id'] };
      expect(await stored.database.all(sql)).to.deep.equal([now]);
    });

    it('changes nothing where it is the same, or there is none', async () => {
      const paid = lineOf(await shop.paid());
      await shop.run(day, [paid]);
      const before = [await states(), await dayNow()];
      for (const same of [ready([paid]), { kind: 'empty' } as const]) {
        answer = same;
        expect(await replace(null)).to.include({ kind: 'done', written: 0 });
      }
      answer = { kind: 'notYet' };
      expect(await replace(null)).to.deep.equal({ kind: 'notYet' });
      expect([await states(), await dayNow()]).to.deep.equal(before);
      await afterwards();
    });

    it('leaves what is the same in its place, where a day has several', async () => {
      const [one, two] = [lineOf(await shop.paid()), lineOf(await shop.paid())];
      await shop.fetched(day, [one]);
      await shop.run(day, [{ ...two, amount: 1 }]);
      answer = ready([one], [two]);
      expect(await replace(null)).to.include({ kind: 'done' });
      expect(await states()).to.deep.equal(['compared', 'compared', 'superseded']);
      expect(await openClasses()).to.deep.equal([]);
      await afterwards();
    });

    it('leaves all as it was where it is refused, or breaks off', async () => {
      const paid = lineOf(await shop.paid());
      await shop.run(day, [paid]);
      const before = [await states(), await dayNow()];
      answer = ready([{ channelNo: 'late', at: noon + 86_400_000 }]);
      expect(await replace(null)).to.include({ kind: 'refused' });
      expect([await states(), await dayNow()]).to.deep.equal(before);
      answer = {
        kind: 'ready',
        documents: (async function* () {
          yield writeDocument([extra]);
          throw new Error('the line went dead');
        })(),
      };
      await replace(null).catch(() => undefined);
      await shop.reconcile(day);
      expect((await states()).filter((state) => state !== 'superseded')).to.deep.equal(before[0]);
      expect(await dayNow()).to.deep.equal(before[1]);
      await afterwards();
    });

    it('whose comparison was broken off does not count, and is not beside the others when they are compared again', async () => {
      const paid = lineOf(await shop.paid());
      await shop.run(day, [paid]);
      const before = await dayNow();
      const keeping = { ...shop.deps, database: stored.database, newId: shop.kernel.newId, now: () => noon };
      await keepDocument(keeping, await openReconciliation(shop.deps, account, day), writeDocument([extra]), 'vendor', 'replacing');
      expect(await shop.reconcile(day)).to.include({ kind: 'done', written: 0 });
      expect([await states(), await dayNow()]).to.deep.equal([['compared', 'superseded'], before]);
      expect(await replace([extra])).to.include({ kind: 'done' });
      expect(await states()).to.deep.equal(['compared', 'superseded']);
      await afterwards();
    });
  }));
