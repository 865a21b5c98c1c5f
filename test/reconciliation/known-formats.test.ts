import { existsSync, readdirSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import type { OpenAccount } from '../../core/channels/accounts.ts';
import { businessDaysOf, spanOf } from '../../core/reconciliation/day.ts';
import { keepDocument } from '../../core/reconciliation/keep.ts';
import { openReconciliation, reconcileDay } from '../../core/reconciliation/reconcile.ts';
import type { Database } from '../../core/store/database.ts';
import { findViolations } from '../../scripts/money/check.ts';
import { forEachDatabase } from '../kit/database.ts';
import type { Fact } from '../kit/statement-facts.ts';
import { accountOf, type Format, formats } from '../kit/statement-formats.ts';
import { day, noon, openStatementShop, type StatementShop } from '../kit/statement-shop.ts';
import type { Written } from '../kit/statement-writers.ts';

/** `settled`: the class where a vendor lists what it settled, if that is another: what is missing there may still come. */
interface Mishap {
  readonly classes: readonly string[];
  readonly settled?: readonly string[];
  /** How far from the end of the day it was paid here. */
  readonly fromEndMs?: number;
  write(fact: Fact, endMs: number): readonly Fact[];
}

const mishaps = {
  none: { classes: [], write: (fact) => [fact] },
  missing: { classes: ['missing_there'], settled: ['timing'], write: () => [] },
  extra: { classes: ['missing_here'], write: (fact) => [fact, { ...fact, number: 'NOBODYS', channelNo: `9${fact.channelNo}` }] },
  amount: { classes: ['amount_differs'], write: (fact) => [{ ...fact, amount: fact.amount + 1 }] },
  fee: { classes: ['fee_differs'], write: (fact) => [{ ...fact, fee: 9 }] },
  currency: { classes: ['currency_differs'], write: (fact) => [{ ...fact, currency: 'USD' }] },
  twice: { classes: ['duplicate'], write: (fact) => [fact, fact] },
  tomorrow: { classes: ['timing'], fromEndMs: -1000, write: () => [] },
  today: { classes: ['timing'], fromEndMs: 1000, write: (fact, endMs) => [{ ...fact, at: endMs - 1000 }] },
  unbooked: { classes: ['status_differs'], write: (fact) => [fact] },
  refund: { classes: [], write: (fact) => [fact] },
  refundMissing: { classes: ['missing_there'], settled: ['timing'], write: () => [] },
  refundExtra: { classes: ['missing_here'], write: (fact) => [fact, { ...fact, number: 'NOBODYS', channelNo: `9${fact.channelNo}` }] },
  refundTwice: { classes: ['duplicate'], write: (fact) => [fact, fact] },
  refundAmount: { classes: ['amount_differs'], write: (fact) => [{ ...fact, amount: fact.amount + 1 }] },
} as const satisfies Readonly<Record<string, Mishap>>;

type Name = keyof typeof mishaps;
const allNames = Object.keys(mishaps) as Name[];
const tables = ['reconciliations', 'statement_files', 'statement_pieces', 'discrepancies', 'discrepancy_actions'];
const ledger = ['ledger_postings', 'ledger_tail', 'ledger_accounts'];

describe('A statement in a vendor’s own notation, whose answer is known', () =>
  forEachDatabase((_name, open) => {
    let database: Database;

    before(async () => {
      database = (await open()).database;
    });

    const wipe = async () => {
      for (const table of [...tables, ...ledger, 'attempts', 'payments', 'refunds', 'history', 'events'])
        await database.transaction((tx) => tx.run(`DELETE FROM ${table}`));
    };
    const dump = async () => JSON.stringify(await Promise.all(tables.map((table) => database.all(`SELECT * FROM ${table}`))));

    for (const [id, format] of Object.entries(formats)) {
      const names = allNames.filter((name) => !format.lacks.some((lacking) => lacking === name));
      const { end, expected } = answersOf(format);

      const compareDay = async (wanted: readonly Name[], turn: number) => {
        const shop = openStatementShop(database);
        const account = accountOf(shop.account, format);
        const facts: Fact[] = [stranger];
        for (const [index, name] of wanted.entries()) facts.push(...(await happen(shop, name, 100 + index, end)));
        await database.transaction((tx) => tx.run('UPDATE attempts SET fee_expected = 0'));
        const at = turn % facts.length;
        const documents = await format.tell([...facts.slice(at), ...facts.slice(0, at)], day);
        const keep = async () => {
          for (const document of documents) await keepGiven(shop, account, document);
        };
        await keep();
        const done = await reconcileDay(shop.deps, { account, day });
        return { shop, account, done, keep, facts };
      };

      const expectAnswer = async (wanted: readonly Name[], turn: number) => {
        await wipe();
        const { shop, account, done, keep, facts } = await compareDay(wanted, turn);
        expect(done.kind === 'refused' ? done.reason : done.kind).to.equal('done');
        const rows = await database.all('SELECT class FROM discrepancies');
        expect(rows.map((row) => String(row['class'])).sort()).to.deep.equal(expected(wanted));
        if (done.kind === 'done') expect(totalOf(done.sums)).to.equal(totalOfFacts(facts));
        const before = await dump();
        await keep();
        expect(await reconcileDay(shop.deps, { account, day })).to.include({ written: 0 });
        expect(await dump()).to.equal(before);
        const days = await violationsOfDays(database);
        expect(days).to.deep.equal([]);
      };

      it(`${id}: has every class, each exactly once, its own total, and changes nothing when it comes again`, async function () {
        this.timeout(30_000);
        await expectAnswer(names, 3);
      });

      it(`${id}: has exactly its classes on whatever day`, async function () {
        this.timeout(60_000);
        const anyDay = fc.array(fc.constantFrom(...names), { maxLength: 10 });
        await fc.assert(fc.asyncProperty(anyDay, fc.nat(99), expectAnswer), { numRuns: 4, seed: 20260501 });
      });
    }
  }));

describe('The formats whose answer is known', () => {
  it('are those of every channel that reads statements', () => {
    const channels = readdirSync('plugins/channels').filter((id) => existsSync(`plugins/channels/${id}/statement.ts`));
    expect(Object.keys(formats)).to.include.members(channels);
  });
});

/** So that a day of which nothing else is listed is a day all the same. */
const stranger: Fact = { kind: 'payment', number: 'ANCHOR', channelNo: '7', amount: 3, currency: 'CNY', fee: 0, at: noon };

function answersOf({ plugin: { manifest } }: Format) {
  const isByTrade = manifest.statements !== undefined && manifest.statements.day !== 'settlement';
  const classesOf = (name: Name) => {
    const mishap: Mishap = mishaps[name];
    return isByTrade ? mishap.classes : (mishap.settled ?? mishap.classes);
  };
  const end = spanOf(day, businessDaysOf(manifest)).to;
  return { end, expected: (wanted: readonly Name[]) => ['missing_here', ...wanted.flatMap(classesOf)].sort() };
}

/** Lets something happen here, and answers what the vendor says of it. */
async function happen(shop: StatementShop, name: Name, amount: number, end: number): Promise<readonly Fact[]> {
  const mishap: Mishap = mishaps[name];
  const at = mishap.fromEndMs === undefined ? noon : end + mishap.fromEndMs;
  const attempt = name === 'unbooked' ? await shop.unpaid(amount) : await shop.paid(at, amount);
  const shared = { currency: 'CNY', fee: 0, at };
  const channelNo = await nameThere(shop, 'attempts', attempt.id, `4200${amount}`);
  const payment: Fact = { ...shared, kind: 'payment', number: attempt.number, channelNo, amount };
  if (!name.startsWith('refund')) return mishap.write(payment, end);
  const refund = await shop.refundRow(await shop.refund(attempt.payment_id, 40));
  const refundNo = await nameThere(shop, 'refunds', refund.id, `5200${amount}`);
  const back: Fact = { ...shared, kind: 'refund', number: refund.number, channelNo: refundNo, amount: 40 };
  return [payment, ...mishap.write(back, end)];
}

/** Gives something the vendor's number: digits, because some vendors' are numbers and nothing else. */
async function nameThere({ deps }: StatementShop, table: 'attempts' | 'refunds', id: string, channelNo: string): Promise<string> {
  await deps.kernel.database.transaction((tx) => tx.run(`UPDATE ${table} SET channel_no = ? WHERE id = ?`, [channelNo, id]));
  return channelNo;
}

async function keepGiven({ deps }: StatementShop, account: OpenAccount, { name, content }: Written): Promise<void> {
  const { kernel, vault } = deps;
  const pieces = (async function* () {
    for (let from = 0; from < content.length; from += 333) yield content.subarray(from, from + 333);
  })();
  const keeping = { database: kernel.database, vault, newId: kernel.newId, now: () => noon };
  await keepDocument(keeping, await openReconciliation(deps, account, day), { name, content: pieces }, 'vendor');
}

const totalOf = (sums: readonly { readonly kind: string; readonly amount_there: number; readonly currency: string }[]) =>
  sums.filter(({ kind }) => kind === 'payment' || kind === 'refund').reduce((total, { amount_there }) => total + amount_there, 0);
const totalOfFacts = (facts: readonly Fact[]) =>
  facts.reduce((total, { kind, amount }) => total + (kind === 'refund' ? -amount : amount), 0);

async function violationsOfDays(database: Database): Promise<readonly string[]> {
  const said: string[] = [];
  for await (const { number, says } of findViolations({ reader: database, truth: null }))
    if (number === 20 || number === 22 || number === 23) said.push(says);
  return said;
}
