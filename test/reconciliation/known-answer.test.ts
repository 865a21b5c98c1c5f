import { expect } from 'chai';
import fc from 'fast-check';
import type { Database } from '../../core/store/database.ts';
import { forEachDatabase } from '../kit/database.ts';
import { day, type GivenLine, lineOf, noon, openStatementShop, type StatementShop } from '../kit/statement-shop.ts';
import { makeVault } from '../kit/vault.ts';

const dayMs = 86_400_000;
const end = Date.UTC(2026, 4, 2);

/** What a vendor may do to an entry, and the classes that it must get for it. */
const mishaps = {
  none: { classes: [], lines: (line: GivenLine) => [line] },
  byTheirNumber: { classes: [], lines: (line: GivenLine) => [{ ...line, number: null }] },
  lost: { classes: ['missing_there'], lines: () => [] },
  amount: { classes: ['amount_differs'], lines: (line: GivenLine) => [{ ...line, amount: (line.amount ?? 0) + 1 }] },
  currency: { classes: ['currency_differs'], lines: (line: GivenLine) => [{ ...line, currency: 'USD' }] },
  fee: { classes: ['fee_differs'], lines: (line: GivenLine) => [{ ...line, fee: { amount: 9, currency: 'CNY' } }] },
  twice: { classes: ['duplicate'], lines: (line: GivenLine) => [line, line] },
  thrice: { classes: ['duplicate', 'duplicate'], lines: (line: GivenLine) => [line, line, line] },
  stranger: { classes: ['missing_here'], lines: (line: GivenLine) => [line, { ...line, number: null, channelNo: `x${line.number}` }] },
  late: { classes: ['timing'], lines: () => [], at: end - 1000 },
  early: { classes: ['timing'], lines: (line: GivenLine) => [{ ...line, at: end - 1000 }], at: end + 1000 },
} as const satisfies Readonly<Record<string, { classes: readonly string[]; lines(line: GivenLine): readonly GivenLine[]; at?: number }>>;

type Mishap = keyof typeof mishaps;
const names = Object.keys(mishaps) as Mishap[];
const tables = ['reconciliations', 'statement_files', 'statement_pieces', 'discrepancies', 'discrepancy_actions'];

describe('A day whose answer is known', () =>
  forEachDatabase((_name, open) => {
    let database: Database;

    before(async () => {
      database = (await open()).database;
    });

    const wipe = async () => {
      for (const table of [...tables, 'attempts', 'payments', 'refunds', 'history', 'events'])
        await database.transaction((tx) => tx.run(`DELETE FROM ${table}`));
    };
    const makeDay = async (shop: StatementShop, wanted: readonly Mishap[]) => {
      const lines: GivenLine[] = [
        { kind: 'fee', channelNo: 'f', amount: -1 },
        { kind: 'payment', channelNo: 'anchor', amount: 3 },
      ];
      for (const [index, name] of wanted.entries()) {
        const mishap: { lines(line: GivenLine): readonly GivenLine[]; at?: number } = mishaps[name];
        lines.push(...mishap.lines(lineOf(await shop.paid(mishap.at ?? noon, 100 + index))));
      }
      await database.transaction((tx) => tx.run('UPDATE attempts SET fee_expected = 0'));
      return lines;
    };
    const answerOf = (wanted: readonly Mishap[]) => ['missing_here', ...wanted.flatMap((name) => mishaps[name].classes)].sort();
    const classes = async () => (await database.all('SELECT class FROM discrepancies')).map((row) => String(row['class'])).sort();
    const dump = async () => JSON.stringify(await Promise.all(tables.map((table) => database.all(`SELECT * FROM ${table}`))));

    it('gets exactly its classes, in whatever order, and the same again', async function () {
      this.timeout(60_000);
      const anyDay = fc.array(fc.constantFrom(...names), { maxLength: 12 });
      await fc.assert(
        fc.asyncProperty(anyDay, fc.integer({ min: 0, max: 99 }), async (wanted, turn) => {
          await wipe();
          const shop = openStatementShop(database);
          const lines = await makeDay(shop, wanted);
          const at = turn % lines.length;
          const done = await shop.run(day, [...lines.slice(at), ...lines.slice(0, at)]);
          expect(done.kind === 'refused' ? done.reason : done.kind).to.equal('done');
          expect(await classes()).to.deep.equal(answerOf(wanted));
          const before = await dump();
          expect(await shop.reconcile(day)).to.include({ written: 0 });
          expect(await dump()).to.equal(before);
        }),
        { numRuns: 15 },
      );
    });

    it('gets them as well when the server dies at any of its commits', async function () {
      this.timeout(60_000);
      await wipe();
      const vault = makeVault();
      const shop = openStatementShop(database, 'trade', vault);
      const lines = [...(await makeDay(shop, names)), { number: (await shop.unpaid()).number, channelNo: 'v-open', at: end - dayMs }];
      let deaths = 0;
      for (let most = 0; ; most += 1) {
        const mortal = dieAfter(database, most);
        const dying = openStatementShop(mortal, 'trade', vault);
        const done = await dying.run(day, lines).catch((error: Error) => error);
        if (!(done instanceof Error)) {
          expect(done.kind === 'refused' ? done.reason : done.kind).to.equal('done');
          break;
        }
        expect(done.message).to.equal('the server died');
        deaths += 1;
      }
      expect(deaths).to.be.greaterThan(4);
      expect(await classes()).to.deep.equal([...answerOf(names), 'status_differs'].sort());
      const [files] = await database.all('SELECT COUNT(*) AS n FROM statement_files');
      expect(Number(files?.['n'])).to.equal(1);
      expect(await shop.reconcile(day)).to.include({ written: 0 });
    });
  }));

/** The database as a server has it that dies at one of its commits. */
function dieAfter(database: Database, commits: number): Database {
  let left = commits;
  return {
    ...database,
    get: (sql, params) => database.get(sql, params),
    all: (sql, params) => database.all(sql, params),
    transaction(work, proof) {
      if (left === 0) throw new Error('the server died');
      left -= 1;
      return database.transaction(work, proof);
    },
  };
}
