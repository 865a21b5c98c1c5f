import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { receivePayment } from '../../core/payments/receive.ts';
import type { Tx } from '../../core/store/database.ts';
import { insert } from '../../core/store/tables/row.ts';
import { across } from '../../scripts/money/across.ts';
import { findViolations, invariants } from '../../scripts/money/check.ts';
import { openTruth, type TruthEntry } from '../../scripts/money/truth.ts';
import { forEachDatabase, type TestDatabase } from '../kit/database.ts';
import { paid, refunded, type Scripted, scriptKernel } from '../kit/scripted.ts';

/** Books with a payment that was paid, refunded in part and once in vain, one that was closed and one that came late. */
interface Books {
  readonly stored: TestDatabase;
  readonly truth: TruthEntry[];
  readonly bought: string;
  readonly late: string;
  readonly attempt: string;
  readonly refund: string;
}

async function keepBooks(stored: TestDatabase): Promise<Books> {
  const shop = scriptKernel(stored.database);
  const truth: TruthEntry[] = [];
  const bought = await payFor(shop, truth);
  const refund = await shop.refund(bought, 40, 'part');
  await shop.order();
  const late = await shop.order();
  shop.vendor.query = ({ number }) => ({ kind: 'ok', report: { state: 'closed', echo: { number } } });
  shop.turn(3 * 3_600_000);
  await shop.attend();
  await payFor(shop, truth, late);
  for (const row of [...(await shop.refunds(bought)), ...(await shop.refunds(late))])
    truth.push({ kind: 'refund', number: row.number, amount: row.amount, currency: row.currency });
  const [attempt] = await shop.attempts(bought);
  await stored.database.transaction(insertDay);
  return { stored, truth, bought, late, attempt: attempt?.id ?? '', refund };
}

/** The shopper pays, and whoever asks the vendor next learns of it. */
async function payFor(shop: Scripted, truth: TruthEntry[], known?: string): Promise<string> {
  const id = known ?? (await shop.order());
  const [attempt] = await shop.attempts(id);
  const number = attempt?.number ?? '';
  truth.push({ kind: 'charge', number, amount: 100, currency: 'CNY' });
  const account = shop.kernel.channels.account('acc_1');
  const told = paid(number);
  if (account === undefined || told.kind !== 'ok') throw new Error('there is no account');
  await receivePayment(shop.kernel, account, { of: 'payment', number, report: told.report }, 'signed');
  shop.vendor.refund = (request) => refunded(request);
  shop.turn(20_000);
  await shop.attend();
  return id;
}

type Break = (tx: Tx, books: Books) => unknown;

/** What is broken, and the rule that has to see it. */
const breaks: Readonly<Record<string, Break>> = {
  'C5 each charge at a vendor is one success here, and each success here is one charge': (_tx, { truth }) =>
    truth.push({ kind: 'charge', number: truth[0]?.number ?? '', amount: 100, currency: 'CNY' }),
  'C5 no money moves that is not known here': (_tx, { truth }) =>
    truth.push({ kind: 'charge', number: 'NOBODYS', amount: 1, currency: 'CNY' }),
  'C6 a payment is a success exactly if one of its attempts was accepted and paid': (tx, { bought }) =>
    tx.run("UPDATE payments SET state = 'closed' WHERE id = ?", [bought]),
  'C6 two attempts of a payment can never be paid at once': async (tx, { bought, late }) => {
    await tx.run("UPDATE attempts SET payment_id = ?, state = 'waiting' WHERE payment_id = ?", [bought, late]);
    await tx.run("UPDATE attempts SET state = 'unknown' WHERE payment_id = ?", [bought]);
  },
  'C7 the counters of a payment are the sums of its refunds, and never more than was paid': (tx, { bought }) =>
    tx.run('UPDATE payments SET amount_refunded = amount_refunded + 1 WHERE id = ?', [bought]),
  'C8 of no attempt does more go back than came in, here and at its vendor': (tx, { refund }) =>
    tx.run('UPDATE refunds SET amount = 101 WHERE id = ?', [refund]),
  'C8 each refund that a vendor made is one refund here, and the reverse': (_tx, { truth }) => truth.pop(),
  'C9 money that should not have come goes back once, unless it is held for an operator': (tx, { late }) =>
    tx
      .run("DELETE FROM refunds WHERE payment_id = ? AND kind = 'late'", [late])
      .then(() => tx.run('UPDATE payments SET exception = NULL WHERE id = ?', [late])),
  'C10 a success is paid in full, and nothing else is paid at all': (tx, { bought }) =>
    tx.run('UPDATE payments SET amount_paid = 99 WHERE id = ?', [bought]),
  'C13 the history of each row is a path through its state machine that ends where the row is': (tx, { attempt }) =>
    tx.run("DELETE FROM history WHERE subject_id = ? AND to_state = 'succeeded'", [attempt]),
  'C28 each end is told once, and the events of one subject are numbered without a gap': (tx, { bought }) =>
    tx.run("DELETE FROM events WHERE subject_id = ? AND type = 'payment.succeeded'", [bought]),
  'C30 a payment, its refunds and its events belong to one app': (tx, { refund }) =>
    tx.run("UPDATE refunds SET app_id = 'app_2' WHERE id = ?", [refund]),
  'C32 no amount is negative, fractional or too large, and a payment has one currency': (tx, { refund }) =>
    tx.run("UPDATE refunds SET currency = 'EUR' WHERE id = ?", [refund]),
  'C34 whatever is not at its end says when it is looked at next, unless it is held for an operator': (tx, { refund }) =>
    tx.run("UPDATE refunds SET state = 'processing', due_at = NULL WHERE id = ?", [refund]),
  'C1 whatever moved money has its entry in the ledger, and nothing else has one': (tx, { attempt }) =>
    tx.run('DELETE FROM ledger_postings WHERE entry_id = ?', [`paid:${attempt}`]),
  'C21 a merchant is owed what was paid for its payments, less what goes back': (tx, { bought }) =>
    tx.run("UPDATE ledger_postings SET amount = amount - 1 WHERE payment_id = ? AND account_id LIKE 'merchant_payable:%'", [bought]),
  'C3 in suspense is what came and was neither accepted nor sent back, and set aside is what is on its way back': (tx, { late }) =>
    tx.run("UPDATE ledger_postings SET amount = amount + 1 WHERE payment_id = ? AND account_id LIKE 'suspense:%' AND amount > 0", [late]),
  'C24 a channel owes what it was paid, less what went back, what it took back and its fee': (tx, { refund }) =>
    tx.run("UPDATE ledger_postings SET account_id = 'channel_receivable:acc_2:CNY' WHERE entry_id = ? AND amount < 0", [
      `refund_succeeded:${refund}`,
    ]),
  'C25 the fee that is expected is that of the terms as they were when the attempt was made': (tx, { attempt }) =>
    tx.run('UPDATE attempts SET fee_expected = 2 WHERE id = ?', [attempt]),
  'C1 what was paid before there was a ledger is in it': (tx) =>
    tx.run("INSERT INTO ledger_backlog (id, done_to) VALUES ('payments', 'pay_0')"),
  'C1 the postings of an entry sum to 0, and are two or more': (tx, { attempt }) =>
    tx.run('DELETE FROM ledger_postings WHERE entry_id = ? AND line = 1', [`paid:${attempt}`]),
  'C2 the balance of an account is the sum of the postings that it counts': (tx) =>
    tx.run(
      "INSERT INTO ledger_accounts (id, kind, owner_id, currency, livemode, balance, postings, updated_at) VALUES ('merchant_payable:app_1:CNY', 'merchant_payable', 'app_1', 'CNY', 0, 0, 1, 0)",
    ),
  'C2 no balance counts what was never posted': (tx) => tx.run("INSERT INTO ledger_tail (entry_id) VALUES ('paid:att_0')"),
  'C3 neither what is in suspense nor what is set aside for refunds falls below nothing': (tx) =>
    tx.run("UPDATE ledger_postings SET amount = 1000 WHERE account_id LIKE 'refunds_pending:%'"),
  'C4 all balances of a currency sum to 0, of tests and of money apart': (tx) =>
    tx.run("UPDATE ledger_postings SET amount = amount + 1 WHERE account_id LIKE 'channel_receivable:%'"),
  'C26 a payout is in the ledger, and one that was withdrawn is taken back': (tx) => insertPayout(tx, { state: 'awaited' }),
  'C26 a payout arrived by an entry of the bank of its amount, or of another where that is said': (tx) =>
    insertPayout(tx, { state: 'arrived', bank_key: 'key', bank_reconciliation_id: 'rec_1', bank_amount: 99, bank_currency: 'CNY' }),
  'C27 one transaction of a vendor pays one attempt': (tx) =>
    tx.run("UPDATE attempts SET channel_no = 'one' WHERE state IN ('succeeded', 'succeeded_late')"),
  'C30 every attempt has its payment': (tx, { late }) => tx.run("UPDATE attempts SET payment_id = 'pay_0' WHERE payment_id = ?", [late]),
  'C30 every refund has its payment': (tx, { refund }) => tx.run("UPDATE refunds SET payment_id = 'pay_0' WHERE id = ?", [refund]),
  'C28 every delivery has its event': (tx) => insertDelivery(tx, 'evt_0', "'delivered'", 'NULL'),
  'C28 a notification that is not delivered says when it is sent next': async (tx) => {
    const event = await tx.get('SELECT id FROM events LIMIT 1');
    await insertDelivery(tx, String(event?.['id']), "'pending'", 'NULL');
  },
  'C29 an idempotency key that is done has its answer': (tx) =>
    tx.run("INSERT INTO idempotency (id, request_hash, state, lease_until, created_at) VALUES ('key', 'hash', 'done', 0, 0)"),
  'C20 the classes of a day come to the totals of its documents': (tx) => tx.run('UPDATE reconciliations SET totals = ?', [totals(101)]),
  'C20 an entry of a statement has one class': (tx) => insertDiscrepancy(tx, 'dis_2', { file_id: 'stf_1', entry: 1 }),
  'C20 what is ours and in no statement of its day has one class': async (tx, { attempt }) => {
    for (const id of ['dis_2', 'dis_3']) await insertDiscrepancy(tx, id, { subject_id: attempt });
  },
  'C22 a document that was compared is kept': (tx) => tx.run('DELETE FROM statement_pieces'),
  'C22 a document counts no more where another one of its day counts instead': (tx) =>
    tx.run("UPDATE statement_files SET state = 'superseded'"),
  'C22 each change of a discrepancy is an action': (tx) => tx.run("UPDATE discrepancies SET state = 'resolved', version = 1"),
  'C22 an adjustment is in the ledger, by an action that ended a discrepancy': (tx, { refund }) =>
    tx.run("UPDATE ledger_postings SET entry_id = 'adjusted:dac_none' WHERE entry_id = ?", [`refund_succeeded:${refund}`]),
  'C22 an adjustment stands while its discrepancy is ended by it, and no longer': (tx) =>
    tx.run(`INSERT INTO discrepancy_actions (id, discrepancy_id, action, actor, note, from_state, to_state, created_at)
      SELECT 'dac_none', MIN(id), 'adjust', 'key_1', NULL, 'open', 'resolved', 0 FROM discrepancies`),
};

/** The same numbers twice are kept out by unique keys: here the keys go first, where the engine lets them. */
const keptOutByKeys = [
  'C27 an order number of an app is one payment',
  'C27 a refund number of an app is one refund',
  'C27 our number of an attempt is one attempt',
  'C23 a day of an account is one day',
  'C23 a document that comes again is the same document',
  'C23 a discrepancy that is found again is the same discrepancy',
  'C26 an entry of a bank is one payout',
];

/** A day with one document, of one entry, that is not here. */
async function insertDay(tx: Tx): Promise<void> {
  const [account_id, day] = ['acc_1', '2026-05-01'];
  const shared = { account_id, day, created_at: 0, entries: 1 };
  await insert(tx, 'reconciliations', { ...shared, id: 'rec_1', channel: 'fake', livemode: 0, state: 'done', totals: totals(100) });
  const whose = { reconciliation_id: 'rec_1', name: 'a', sha256: 'a', size: 1, source: 'vendor', state: 'compared', data_key: 'a' };
  const sums = JSON.stringify([{ kind: 'payment', currency: 'CNY', lines: 1, gross: 100 }]);
  await insert(tx, 'statement_files', { ...shared, ...whose, id: 'stf_1', totals: sums });
  await insert(tx, 'statement_pieces', { id: 'stp_1', file_id: 'stf_1', place: 0, content: 'a' });
  await insertDiscrepancy(tx, 'dis_1', { file_id: 'stf_1', entry: 1 });
}

const totals = (amount: number) =>
  JSON.stringify([
    { class: 'missing_here', kind: 'payment', currency: 'CNY', entries_there: 1, amount_there: amount, entries_here: 0, amount_here: 0 },
  ]);

function insertDiscrepancy(tx: Tx, id: string, about: Readonly<Record<string, string | number>>): Promise<void> {
  const whose = { reconciliation_id: 'rec_1', entry_key: id, account_id: 'acc_1', channel: 'fake', livemode: 0, day: '2026-05-01' };
  const what = { class: 'missing_here', kind: 'payment', currency: 'CNY', state: 'open', created_at: 0, version: 0 };
  return insert(tx, 'discrepancies', { ...whose, ...what, ...about, id });
}

function insertPayout(tx: Tx, more: Readonly<Record<string, string | number>>): Promise<void> {
  const whose = { reconciliation_id: 'rec_1', entry_key: 'key', account_id: 'acc_1', bank_account_id: 'acc_2', livemode: 0 };
  const what = { currency: 'CNY', amount: 100, paid_on: '2026-05-01', occurred_at: 0, created_at: 0 };
  return insert(tx, 'payouts', { ...whose, ...what, ...more, id: 'pyo_1' });
}

function insertDelivery(tx: Tx, event: string, state: string, due: string): Promise<number> {
  const columns = '(id, event_id, app_id, url, state, due_at, created_at)';
  return tx.run(`INSERT INTO deliveries ${columns} VALUES ('dlv_1', ?, 'app_1', 'http://127.0.0.1/', ${state}, ${due}, 0)`, [event]);
}

async function violatedRules({ stored, truth }: Books): Promise<ReadonlySet<string>> {
  const opened = await openTruth(truth);
  const names = new Set<string>();
  for await (const { number, name, rows } of findViolations({ reader: stored.database, truth: opened })) {
    names.add(`C${number} ${name}`);
    expect(rows, `rows of C${number}`).to.not.deep.equal([]);
  }
  opened.close();
  return names;
}

describe('The money checker', () => {
  forEachDatabase((_name, open) => {
    it('finds nothing in sound books', async () => {
      const books = await keepBooks(await open());
      expect([...(await violatedRules(books))]).to.deep.equal([]);
    });

    for (const [rule, breakIt] of Object.entries(breaks)) {
      it(`sees a row that breaks ${rule}`, async () => {
        const books = await keepBooks(await open());
        await books.stored.database.transaction(async (tx) => void (await breakIt(tx, books)));
        expect([...(await violatedRules(books))]).to.include(rule);
      });
    }
  });

  it('has a broken row for every rule', () => {
    const rules = [...invariants, ...across].map(({ number, name }) => `C${number} ${name}`);
    expect(rules.filter((rule) => !(rule in breaks) && !keptOutByKeys.includes(rule))).to.deep.equal([]);
  });

  describe('on SQLite, where a table can be made again without its keys', () => {
    let folder = '';
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'paymux-keys-'));
    });
    after(() => rm(folder, { recursive: true, force: true }));

    it('sees numbers that are there twice', async () => {
      const { DatabaseSync } = await import('node:sqlite');
      const file = new DatabaseSync(':memory:');
      for (const [table, columns] of [
        ['payments', 'app_id, merchant_order_no'],
        ['refunds', 'app_id, merchant_refund_no'],
        ['attempts', 'number, account_id, channel_no, state'],
        ['reconciliations', 'account_id, day'],
        ['statement_files', 'account_id, day, sha256'],
        ['discrepancies', 'reconciliation_id, entry_key'],
        ['payouts', 'bank_key'],
      ] as const) {
        file.exec(`CREATE TABLE ${table} (id, payment_id, ${columns})`);
        const values = columns.split(', ').map(() => "'same'");
        for (const id of [1, 2]) file.exec(`INSERT INTO ${table} VALUES (${id}, ${id}, ${values})`);
      }
      const seen = across.filter(({ name }) => keptOutByKeys.some((rule) => rule.endsWith(name)));
      expect(seen).to.have.length(keptOutByKeys.length);
      for (const { sql } of seen) expect(file.prepare(sql).all()).to.have.length(1);
      file.close();
    });

    const run = async (...args: readonly string[]) =>
      promisify(execFile)(process.execPath, ['scripts/check-money.ts', ...args]).then(
        ({ stdout }) => ({ code: 0, stdout }),
        (error: { code: number; stdout: string }) => ({ code: error.code, stdout: error.stdout }),
      );

    it('is a command that ends with 0, 1 or 78', async function () {
      this.timeout(20_000);
      const { openDatabase } = await import('../../core/store/open.ts');
      const { migrate } = await import('../../core/store/migrations/migrate.ts');
      const stored = { ...(await openDatabase({ dataDir: folder })), options: { dataDir: folder } };
      await migrate(stored);
      const books = await keepBooks(stored);
      const truth = join(folder, 'truth.jsonl');
      await writeFile(truth, books.truth.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
      expect(await run('--database', folder, '--truth', truth)).to.include({ code: 0 });
      await stored.database.transaction((tx) => tx.run('UPDATE payments SET amount_paid = 99 WHERE id = ?', [books.bought]));
      const broken = await run('--database', folder, '--truth', truth);
      expect(broken.code).to.equal(1);
      expect(broken.stdout).to.include('C10 a success is paid in full').and.to.include(books.bought);
      expect(await run('--database', join(folder, 'nowhere'))).to.include({ code: 78 });
      await stored.close();
    });
  });
});
