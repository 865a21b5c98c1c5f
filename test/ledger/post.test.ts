import { expect } from 'chai';
import fc from 'fast-check';
import { balanceOf } from '../../core/ledger/balance.ts';
import {
  type Entry,
  entryFault,
  type LedgerAccount,
  ledgerAccountId,
  type Posting,
  parseLedgerAccountId,
} from '../../core/ledger/entry.ts';
import { postEntries, postEntry } from '../../core/ledger/post.ts';
import type { Database } from '../../core/store/database.ts';
import { forEachDatabase } from '../kit/database.ts';

const receivable: LedgerAccount = { kind: 'channel_receivable', ownerId: 'acc_1', currency: 'CNY' };
const payable: LedgerAccount = { kind: 'merchant_payable', ownerId: 'app_1', currency: 'CNY' };
const inDollars: LedgerAccount = { ...payable, currency: 'USD' };

const entryOf = (id: string, ...postings: readonly (readonly [LedgerAccount, number])[]): Entry => ({
  id,
  livemode: false,
  paymentId: null,
  note: null,
  at: new Date(0),
  postings: postings.map(([account, amount]): Posting => ({ account, amount })),
});

describe('An entry of the ledger', () => {
  it('is refused unless it sums to 0 in each currency, of two postings or more that are amounts', () => {
    const faults: readonly (readonly [Entry, RegExp])[] = [
      [entryOf('paid:1', [receivable, 5], [payable, -4]), /out of balance by 1 CNY/],
      [entryOf('paid:1', [receivable, 5], [inDollars, -5]), /out of balance by 5 CNY/],
      [entryOf('paid:1', [receivable, 0], [payable, 0]), /posts 0/],
      [entryOf('paid:1', [receivable, 0.5], [payable, -0.5]), /posts 0\.5/],
      [entryOf('paid:1', [receivable, 2 ** 53], [payable, -(2 ** 53)]), /posts 9007199254740992/],
      [entryOf('paid:1', [receivable, 5]), /fewer than two/],
      [entryOf('paid', [receivable, 5], [payable, -5]), /not a cause/],
      [entryOf('paid 2:1', [receivable, 5], [payable, -5]), /not a cause/],
      [entryOf('paid:1 2', [receivable, 5], [payable, -5]), /not a cause/],
      [entryOf(`paid:${'1'.repeat(251)}`, [receivable, 5], [payable, -5]), /not a cause/],
      [entryOf('paid:1', [receivable, 5], [{ ...payable, currency: 'yuan' }, -5]), /posts to merchant_payable:app_1:yuan/],
      [entryOf('paid:1', [receivable, 5], [{ ...payable, ownerId: '' }, -5]), /posts to/],
    ];
    for (const [entry, fault] of faults) expect(entryFault(entry)).to.match(fault);
    expect(entryFault(entryOf('paid:1', [receivable, 5], [payable, -5]))).to.equal(null);
    expect(entryFault(entryOf(`paid:${'1'.repeat(250)}`, [receivable, 5], [payable, -5])), '255 characters').to.equal(null);
  });

  it('finds its accounts again by their ids, whatever the owner is called', () => {
    const owner = fc.stringMatching(/^[\x21-\x7e]{1,100}$/);
    fc.assert(
      fc.property(owner, (ownerId) => {
        const account: LedgerAccount = { ...payable, ownerId };
        expect(parseLedgerAccountId(ledgerAccountId(account))).to.deep.equal(account);
      }),
    );
  });

  it('finds no account in a text that is none', () => {
    for (const id of [
      '',
      'merchant_payable',
      'merchant_payable:app_1',
      ':app_1:CNY',
      'suspense::CNY',
      'suspense:a b:CNY',
      'Suspense:a:CNY',
    ])
      expect(parseLedgerAccountId(id), id).to.equal(null);
    for (const id of ['suspense:a:cny', 'suspense:a:CNYX', 'suspense:a:CNY ', ' suspense:a:CNY', '1suspense:a:CNY'])
      expect(parseLedgerAccountId(id), id).to.equal(null);
  });

  forEachDatabase((_name, open) => {
    let database: Database;
    before(async () => {
      database = (await open()).database;
    });

    it('moves the balances of its accounts', async () => {
      const one = entryOf('paid:1', [receivable, 5], [payable, -5]);
      const two = entryOf('paid:2', [receivable, 7], [payable, -7]);
      await database.transaction((tx) => postEntries(tx, [one, two]));
      const rows = await database.all("SELECT line, account_id FROM ledger_postings WHERE entry_id = 'paid:1' ORDER BY line");
      expect(rows.map((row) => Object.values(row))).to.deep.equal([
        [1, 'channel_receivable:acc_1:CNY'],
        [2, 'merchant_payable:app_1:CNY'],
      ]);
      expect(await balanceOf(database, receivable)).to.equal(12);
      expect(await balanceOf(database, payable)).to.equal(-12);
      expect(await balanceOf(database, inDollars)).to.equal(0);
    });

    it('is posted once for one cause, and refused where the same cause says something else', async () => {
      const post = (entry: Entry) => database.transaction((tx) => postEntry(tx, entry));
      const entry = entryOf('adjusted:1', [payable, 3], [{ ...payable, kind: 'adjustments' }, -3]);
      expect([await post(entry), await post(entry)]).to.deep.equal([true, false]);
      expect(await balanceOf(database, { ...payable, kind: 'adjustments' })).to.equal(-3);
      const other = entryOf('adjusted:1', [payable, 4], [{ ...payable, kind: 'adjustments' }, -4]);
      expect(await post(other).catch(String)).to.match(/adjusted:1 was posted before, with other postings/);
      const uneven = entryOf('adjusted:2', [payable, 3], [receivable, -2]);
      expect(await post(uneven).catch(String)).to.match(/out of balance/);
    });

    it('leaves nothing when its transaction is undone', async () => {
      const entry = entryOf('paid:3', [receivable, 100], [payable, -100]);
      const before = await balanceOf(database, receivable);
      const undone = database.transaction(async (tx) => {
        await postEntries(tx, [entry]);
        throw new Error('undone');
      });
      expect(await undone.catch(String)).to.equal('Error: undone');
      expect(await balanceOf(database, receivable)).to.equal(before);
    });
  });
});
