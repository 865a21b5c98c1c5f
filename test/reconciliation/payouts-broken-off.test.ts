import { expect } from 'chai';
import { addDays } from '../../core/reconciliation/day.ts';
import { importGiven } from '../../core/reconciliation/import.ts';
import { reconcileDay } from '../../core/reconciliation/reconcile.ts';
import { replaceDocuments } from '../../core/reconciliation/replace.ts';
import type { Database } from '../../core/store/database.ts';
import { checkMoney } from '../kit/check-money.ts';
import { forEachDatabase, type TestDatabase } from '../kit/database.ts';
import { bankDocument, openPayoutShop, type PayoutShop, payoutLine } from '../kit/payout-shop.ts';
import { writeDocument } from '../kit/statement-shop.ts';

const dayMs = 86_400_000;
const [first, second] = ['2026-05-01', '2026-05-02'];
/** A payout, and when it came. */
interface Story {
  readonly sentOn: string;
  readonly cameOn: string;
  readonly amount: number;
}

const came = [{ day: second, number: 'B1', amount: 700 }];

/** A database whose process dies when it begins its transaction of this number, or when it has just committed it. */
function dyingAt(database: Database, number: number, when: 'before' | 'after'): Database {
  let begun = 0;
  const transaction: Database['transaction'] = async (work, proof) => {
    begun += 1;
    if (begun > number || (begun === number && when === 'before')) throw new Error('killed');
    const result = await database.transaction(work, proof);
    if (begun === number) throw new Error('killed');
    return result;
  };
  return Object.assign(Object.create(database) as Database, { transaction });
}

describe('Comparing payouts', () =>
  forEachDatabase((_name, open) => {
    let stored: TestDatabase;
    let shop: PayoutShop;

    beforeEach(async () => {
      stored = await open();
      shop = openPayoutShop(stored.database);
      shop.turn(2 * dayMs);
    });
    afterEach(async () => expect(await checkMoney(stored.database)).to.deep.equal([]));

    const states = async () => (await shop.payouts()).map(({ channel_no: number, state }) => `${number} ${state}`).sort();
    const depsOn = (database: Database) => ({ ...shop.deps, kernel: { ...shop.kernel, database } });

    /** Lives the story once for each place where it may be killed, on days of its own. Answers how many places there were. */
    const dieEverywhere = async (live: (of: Story, database: Database) => Promise<unknown>, end: (of: Story) => Promise<unknown>) => {
      let lives = 0;
      for (const when of ['before', 'after'] as const) {
        for (let number = 1; ; number += 1) {
          lives += 1;
          const of = await prepare(lives);
          const ended = await live(of, dyingAt(stored.database, number, when)).then(
            () => 'lived',
            (error: Error) => error.message,
          );
          if (ended === 'lived') break;
          expect(ended).to.equal('killed');
          expect(await checkMoney(stored.database)).to.deep.equal([]);
          await end(of);
          expect(await checkMoney(stored.database)).to.deep.equal([]);
        }
      }
      return lives - 2;
    };
    const prepare = async (life: number): Promise<Story> => {
      const of = { sentOn: addDays(first, -2 * life), cameOn: addDays(first, 1 - 2 * life), amount: 700 + life };
      await importGiven(shop.deps, shop.account, of.sentOn, writeDocument([payoutLine(of.sentOn, of.amount)]));
      await importGiven(shop.deps, shop.bank, of.cameOn, bankDocument(of.cameOn, [{ day: of.cameOn, number: 'B1', amount: of.amount }]));
      return of;
    };
    const statesOf = async ({ sentOn }: Story) =>
      (await shop.payouts()).flatMap(({ paid_on: on, amount, state }) => (on === sentOn ? [`${amount} ${state}`] : []));

    it('may be killed before and after each transaction of either side, and comes to the same', async function () {
      this.timeout(60_000);
      const compare = async ({ sentOn, cameOn }: Story, database: Database) => {
        await reconcileDay(depsOn(database), { account: shop.channelAccount(), day: sentOn });
        await reconcileDay(depsOn(database), { account: shop.bank, day: cameOn });
      };
      const places = await dieEverywhere(compare, async (of) => {
        await compare(of, stored.database);
        await shop.lookAgain();
        expect(await statesOf(of)).to.deep.equal([`${of.amount} arrived`]);
        expect(new Set(await shop.found())).to.deep.equal(new Set(['timing payout resolved agrees_now']));
        expect(await shop.reconcile(of.sentOn)).to.include({ written: 0 });
      });
      expect(places).to.be.above(8);
    });

    it('with a better document may be killed as well: the payout that it does not have is withdrawn once', async function () {
      this.timeout(60_000);
      const replace = async ({ sentOn, cameOn }: Story, database: Database) => {
        await reconcileDay(shop.deps, { account: shop.channelAccount(), day: sentOn });
        await reconcileDay(shop.deps, { account: shop.bank, day: cameOn });
        await shop.lookAgain();
        const better = { account: shop.channelAccount(), day: sentOn, document: writeDocument([payoutLine(sentOn, 9)]) };
        return replaceDocuments(depsOn(database), { ...better, onProgress: () => undefined });
      };
      const places = await dieEverywhere(replace, async (of) => {
        await shop.lookAgain();
        const said = (await stored.database.get(
          "SELECT totals FROM statement_files WHERE day = ? AND state = 'compared' AND account_id = 'acc_1'",
          [of.sentOn],
        )) as { totals: string };
        const standing = (await statesOf(of)).filter((state) => !state.endsWith('withdrawn'));
        expect(standing).to.deep.equal([said.totals.includes('"gross":-9}') ? '9 awaited' : `${of.amount} arrived`]);
      });
      expect(places).to.be.above(8);
    });

    /** The bank's day, compared by a server that another overtakes when it has just read what payouts there are. */
    const bankDayOvertaken = async (overtake: () => Promise<unknown>) => {
      await importGiven(shop.deps, shop.bank, second, bankDocument(second, came));
      let isOvertaken = false;
      const all: Database['all'] = async (sql, params) => {
        const rows = await stored.database.all(sql, params);
        if (!isOvertaken && sql.includes('FROM payouts WHERE bank_account_id')) {
          isOvertaken = true;
          shop.turn(1);
          await overtake();
        }
        return rows;
      };
      const database = Object.assign(Object.create(stored.database) as Database, { all });
      expect(await reconcileDay(depsOn(database), { account: shop.bank, day: second })).to.include({ kind: 'done' });
      expect(isOvertaken).to.equal(true);
    };

    it('overlooks no payout that another server writes meanwhile', async () => {
      await bankDayOvertaken(() => shop.channelDay(first, [payoutLine(first, 700)]));
      await shop.lookAgain();
      expect(await states()).to.deep.equal(['po_1000001 arrived']);
    });

    it('lets none arrive that another server withdraws meanwhile', async () => {
      await shop.channelDay(first, [payoutLine(first, 700)]);
      await bankDayOvertaken(() => shop.channelDayAgain(first, [payoutLine(first, 900)]));
      expect(await states()).to.deep.equal(['po_1000001 awaited', 'po_1000001 withdrawn']);
      expect(await shop.found()).to.include('missing_here payment open');
    });

    it('on two servers at once comes to rest with each entry at most one payout, whoever was first', async function () {
      this.timeout(60_000);
      const sent = ['po_1000001', 'po_1000002'].map((number) => payoutLine(first, 700, number));
      for (let round = 0; round < 5; round += 1) {
        const [there, bank] = round % 2 === 0 ? [sent, came] : [sent.slice(1), []];
        await Promise.all([
          shop.channelDayAgain(first, there),
          shop.bankDayAgain(second, [...bank, { day: second, number: 'B9', amount: 1 }]),
        ]);
        shop.turn(1000);
        await shop.lookAgain();
        const now = (await states()).filter((state) => !state.endsWith('withdrawn'));
        expect(now, `round ${round}`).to.deep.equal(
          round % 2 === 0 ? ['po_1000001 arrived', 'po_1000002 awaited'] : ['po_1000002 awaited'],
        );
        expect(await checkMoney(stored.database)).to.deep.equal([]);
      }
    });
  }));
