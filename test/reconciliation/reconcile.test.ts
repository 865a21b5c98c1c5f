import { expect } from 'chai';
import { settle } from '../../core/payments/settle.ts';
import { importGiven } from '../../core/reconciliation/import.ts';
import type { Reconciled } from '../../core/reconciliation/reconcile.ts';
import type { Database } from '../../core/store/database.ts';
import type { DiscrepancyRow } from '../../core/store/tables/discrepancies.ts';
import { forEachDatabase } from '../kit/database.ts';
import { paid } from '../kit/scripted.ts';
import { day, lineOf, noon, openStatementShop, type StatementShop } from '../kit/statement-shop.ts';

const hourMs = 3_600_000;
const [next, after] = ['2026-05-02', '2026-05-03'];

describe('Comparing a day with its statement', () =>
  forEachDatabase((_name, open) => {
    let shop: StatementShop;

    let database: Database;

    before(async () => {
      database = (await open()).database;
    });
    // One database for all: making and removing one for each test takes MariaDB longer than the tests.
    beforeEach(async () => {
      for (const table of [...tables, 'refunds', 'events']) await database.transaction((tx) => tx.run(`DELETE FROM ${table}`));
      shop = openStatementShop(database);
    });

    const found = async () => (await database.all('SELECT * FROM discrepancies ORDER BY day, class, entry')) as unknown as DiscrepancyRow[];
    const shown = async () => (await found()).map((row) => [row.day, row.class, row.state, row.reason]);
    const classes = (done: Reconciled) => {
      if (done.kind !== 'done') throw new Error(done.reason);
      return Object.fromEntries(
        done.sums.map((sum) => [
          `${sum.class} ${sum.kind}${sum.currency === 'CNY' ? '' : ` ${sum.currency}`}`,
          [sum.entries_there, sum.amount_there, sum.entries_here, sum.amount_here],
        ]),
      );
    };
    const refusal = (done: Reconciled) => (done.kind === 'refused' ? done.reason : done.kind);

    it('finds what agrees by our number, and by the vendor’s where it names none of ours', async () => {
      const [one, other] = [await shop.paid(), await shop.paid()];
      const done = await shop.run(day, [lineOf(one), { ...lineOf(other), number: null }]);
      expect(classes(done)).to.deep.equal({ 'matched payment': [2, 200, 2, 200] });
      expect(await found()).to.deep.equal([]);
    });

    it('gives every entry and everything of ours one class', async () => {
      const rows = await Promise.all(Array.from({ length: 6 }, () => shop.paid()));
      const [same, less, dear, dollar, twice, gone] = rows.map(lineOf);
      await database.transaction((tx) => tx.run('UPDATE attempts SET fee_expected = 2', []));
      const late = await shop.paid(Date.UTC(2026, 4, 2) - hourMs);
      const fee = (amount: number) => ({ amount, currency: 'CNY' });
      const lines = [same, { ...less, amount: 99 }, { ...dear, fee: fee(3) }, { ...dollar, currency: 'USD' }, twice, twice];
      const strangers = [
        { number: 'NOTOURS', channelNo: 'x1', amount: 7 },
        { kind: 'fee', channelNo: 'f1', amount: -5 },
      ] as const;
      expect([gone?.number, late.state]).to.deep.equal([rows[5]?.number, 'succeeded']);
      expect(classes(await shop.run(day, [...lines.map((line) => line ?? {}), ...strangers]))).to.deep.equal({
        'matched payment': [2, 200, 2, 200],
        'amount_differs payment': [1, 99, 1, 100],
        'currency_differs payment': [0, 0, 1, 100],
        'currency_differs payment USD': [1, 100, 0, 0],
        'fee_differs payment': [1, 100, 1, 100],
        'missing_here payment': [1, 7, 0, 0],
        'missing_there payment': [0, 0, 1, 100],
        'timing payment': [0, 0, 1, 100],
        'duplicate payment': [1, 100, 0, 0],
        'not_compared fee': [1, -5, 0, 0],
      });
      expect((await shown()).map(([, name, state]) => `${name} ${state}`)).to.have.members([
        'amount_differs open',
        'currency_differs open',
        'duplicate open',
        'fee_differs open',
        'missing_here open',
        'missing_there open',
        'timing suspended',
      ]);
    });

    it('writes nothing when the same day is imported and compared again', async () => {
      const lines = [lineOf(await shop.paid()), { number: 'NOTOURS' }];
      await shop.paid();
      expect(await shop.given(day, lines)).to.equal('kept');
      await shop.reconcile(day);
      const stored = async () => JSON.stringify(await Promise.all(tables.map((name) => database.all(`SELECT * FROM ${name}`))));
      const before = await stored();
      expect(await shop.given(day, lines)).to.equal('known');
      const again = await shop.reconcile(day);
      expect(again).to.include({ kind: 'done', written: 0 });
      expect(await stored()).to.equal(before);
    });

    it('waits for what stood at the end of the day, and finds it on the next', async () => {
      const midnight = Date.UTC(2026, 4, 2);
      const late = await shop.paid(midnight - 1000);
      await shop.run(day, []);
      expect(await shown()).to.deep.equal([[day, 'timing', 'suspended', null]]);
      expect(classes(await shop.run(next, [{ ...lineOf(late), at: midnight + 1000 }]))).to.deep.equal({ 'timing payment': [1, 100, 0, 0] });
      const paired = [day, next].map((of) => [of, 'timing', 'resolved', 'on_two_days']);
      expect(await shown()).to.deep.equal(paired);
      expect([await shop.reconcile(day), await shop.reconcile(next)].map((one) => one.kind === 'done' && one.written)).to.deep.equal([
        0, 0,
      ]);
      expect(await shown()).to.deep.equal(paired);
    });

    it('finds on the day itself what the vendor had on the day before', async () => {
      const midnight = Date.UTC(2026, 4, 2);
      const early = await shop.paid(midnight + 1000);
      await shop.run(day, [{ ...lineOf(early), at: midnight - 1000 }]);
      expect(classes(await shop.run(next, []))).to.deep.equal({ 'timing payment': [0, 0, 1, 100] });
      expect(await shown()).to.deep.equal([day, next].map((of) => [of, 'timing', 'resolved', 'on_two_days']));
      expect(await shop.reconcile(day)).to.include({ written: 0 });
    });

    it('says that it is missing there when the days of waiting are over', async () => {
      await shop.paid(Date.UTC(2026, 4, 2) - 1000);
      await shop.run(day, []);
      shop.turn(5 * 24 * hourMs);
      expect(classes(await shop.reconcile(day))).to.deep.equal({ 'missing_there payment': [0, 0, 1, 100] });
      expect(await shown()).to.deep.equal([[day, 'missing_there', 'open', null]]);
    });

    it('tells a second entry of an earlier day’s payment from one that was late', async () => {
      const payment = await shop.paid();
      await shop.run(day, [lineOf(payment)]);
      await shop.run(after, [{ ...lineOf(payment), at: noon + 48 * hourMs }]);
      expect(await shown()).to.deep.equal([[after, 'duplicate', 'open', null]]);
    });

    it('waits for everything where the vendor lists what it settled', async () => {
      shop = openStatementShop(database, 'settlement');
      const payment = await shop.paid();
      await shop.run(day, []);
      expect(await shown()).to.deep.equal([[day, 'timing', 'suspended', null]]);
      await shop.run(after, [lineOf(payment)]);
      expect((await shown()).map(([, , state]) => state)).to.deep.equal(['resolved', 'resolved']);
    });

    it('books what the vendor has and was not booked here, by the word of its statement', async () => {
      const open = await shop.unpaid();
      const done = await shop.run(day, [{ number: open.number, channelNo: `v-${open.number}` }]);
      expect((await shop.payment(open.payment_id)).state).to.equal('success');
      expect(classes(done)).to.deep.equal({ 'matched payment': [1, 100, 1, 100] });
      expect(await shown()).to.deep.equal([[day, 'status_differs', 'resolved', 'settled']]);
      const history = await database.all("SELECT subject_id FROM history WHERE cause = 'statement'");
      expect(history.map((row) => row['subject_id'])).to.have.members([open.id, open.payment_id]);
      expect(await shop.reconcile(day)).to.include({ written: 0 });
    });

    it('believes a document that a person gave no further than the vendor says the same', async () => {
      const [real, forged] = [await shop.unpaid(), await shop.unpaid()];
      const { query } = shop.vendor;
      shop.vendor.query = (request) => (request.number === real.number ? paid(real.number) : query(request));
      await shop.given(
        day,
        [real, forged].map(({ number }) => ({ number, channelNo: `v-${number}` })),
      );
      await shop.reconcile(day);
      const states = await Promise.all([real, forged].map(async (one) => (await shop.payment(one.payment_id)).state));
      expect(states).to.deep.equal(['success', 'pending']);
      expect((await shown()).map(([, name, state]) => [name, state])).to.deep.equal([
        ['status_differs', 'resolved'],
        ['status_differs', 'open'],
      ]);
    });

    it('does not book another amount than was asked for', async () => {
      const open = await shop.unpaid();
      await shop.run(day, [{ number: open.number, amount: 1 }]);
      expect((await shop.payment(open.payment_id)).state).to.equal('pending');
      expect(await shown()).to.deep.equal([[day, 'status_differs', 'open', null]]);
    });

    it('ends a discrepancy when the two sides agree by now', async () => {
      const open = await shop.unpaid();
      await shop.given(day, [{ number: open.number, channelNo: 'v' }]);
      await shop.reconcile(day);
      const evidence = { kind: 'paid', amount: 100, channelNo: 'v', at: noon } as const;
      await settle(shop.kernel, { attempt: open, evidence, cause: 'callback' });
      await shop.reconcile(day);
      expect(await shown()).to.deep.equal([[day, 'status_differs', 'resolved', 'agrees_now']]);
    });

    it('compares refunds as what they are: less money', async () => {
      const payment = await shop.paid();
      const id = await shop.refund(payment.payment_id, 40);
      await shop.attend();
      const { number, channel_no: channelNo } = await shop.refundRow(id);
      const refund = { kind: 'refund', number, channelNo: channelNo ?? '', amount: -40 } as const;
      expect(classes(await shop.run(day, [lineOf(payment), refund]))).to.deep.equal({
        'matched payment': [1, 100, 1, 100],
        'matched refund': [1, -40, 1, -40],
      });
    });

    describe('refuses a document whole, and leaves what was', () => {
      /** Something that the lines of a vendor hold and nobody reads. */
      const padding = (length: number): object => ({ note: 'x'.repeat(length) });
      const refusing = async (lines: Parameters<StatementShop['given']>[1]) => {
        await shop.given(day, lines);
        return refusal(await shop.reconcile(day));
      };

      beforeEach(async () => {
        await shop.run(day, [lineOf(await shop.paid()), { number: 'NOTOURS' }]);
      });

      const keepsState = (name: string, run: () => Promise<void>) =>
        it(name, async () => {
          const stored = async () => JSON.stringify(await Promise.all(tables.map((table) => database.all(`SELECT * FROM ${table}`))));
          const before = await stored();
          await run();
          expect(await stored()).to.equal(before);
        });

      keepsState('of another day', async () => {
        const reason = `${day}.jsonl is not of ${day}: no entry is, and entry 1 is of 2026-04-03`;
        expect(await refusing([{ channelNo: 'a', at: Date.UTC(2026, 3, 3) }])).to.equal(reason);
      });

      keepsState('that was put together of the same twice', async () => {
        const once = ['a', 'b', 'c'].map((channelNo) => ({ channelNo }));
        expect(await refusing([...once, ...once])).to.equal(`every entry of ${day}.jsonl stands in it twice`);
      });

      keepsState('that the day has already, in other bytes', async () => {
        const [attempt] = await database.all('SELECT number FROM attempts');
        const same = [
          { channelNo: 'v', number: 'NOTOURS', note: 'again' },
          { number: String(attempt?.['number']), channelNo: 'v2' },
        ];
        expect(await refusing(same)).to.equal(`every entry of ${day}.jsonl stands in another document of the day`);
      });

      keepsState('whose amounts are beyond any account', async () => {
        const most = Number.MAX_SAFE_INTEGER;
        expect(
          await refusing([
            { channelNo: 'a', amount: most },
            { channelNo: 'b', amount: most },
          ]),
        ).to.match(/^the amounts of the statement cannot be/);
      });

      keepsState('with an entry that is longer than any', async () => {
        expect(await refusing([{ channelNo: 'a' }, { channelNo: 'b', ...padding(16_384) }])).to.match(
          /^entry 2 of .* has more than 16384 characters$/,
        );
      });

      keepsState('whose differences are more than can be held', async () => {
        const lines = Array.from({ length: 4200 }, (_, index) => ({ channelNo: `c${index}`, ...padding(16_000) }));
        expect(await refusing(lines)).to.match(/^the entries that do not agree have more than 67108864 characters/);
      });

      keepsState('with an amount that is no integer', async () => {
        expect(await refusing([{ amount: 0.5 }])).to.match(/^entry 1 of .* has an amount that is no integer/);
      });

      it('of another account', async () => {
        const attempt = await shop.paid();
        await database.transaction((tx) => tx.run("UPDATE attempts SET account_id = 'acc_2' WHERE id = ?", [attempt.id]));
        expect(await refusing([{ channelNo: 'a' }, { number: attempt.number }])).to.equal('entry 2 is of the account acc_2');
      });
    });

    it('throws nothing away because a key is missing', async () => {
      await shop.fetched(day, [{ channelNo: 'a' }]);
      const keyless = openStatementShop(database);
      const failed = await keyless.reconcile(day).catch((error: Error) => error.name);
      expect(failed).to.equal('KeptUnreadable');
      expect(await shop.reconcile(day)).to.include({ kind: 'done' });
    });

    it('never takes for kept what somebody threw away while it came', async () => {
      const content = (async function* () {
        yield Buffer.from('half');
        await database.transaction((tx) => tx.run("DELETE FROM statement_files WHERE state = 'receiving'"));
        yield Buffer.from('and half');
      })();
      const refused = await importGiven(shop.deps, shop.account, day, { name: 'bill', content }).catch((error: Error) => error.message);
      expect(refused).to.match(/^the document was dropped while it came/);
      expect(await database.all('SELECT * FROM statement_pieces')).to.deep.equal([]);
    });

    it('keeps the document as it came, and readable to nobody without the key', async () => {
      await shop.run(day, [{ number: 'NOTOURS', channelNo: 'tell-tale' }]);
      const rows = await Promise.all(tables.map((name) => database.all(`SELECT * FROM ${name}`)));
      const [row] = await found();
      expect(row?.channel_no).to.equal('tell-tale');
      expect(JSON.stringify(rows)).not.to.contain('NOTOURS\\"');
    });
  }));

const tables = [
  'reconciliations',
  'statement_files',
  'statement_pieces',
  'discrepancies',
  'discrepancy_actions',
  'attempts',
  'payments',
  'history',
];
