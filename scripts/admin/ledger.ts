import { catchUp } from '../../core/ledger/catch-up.ts';
import { parseLedgerAccountId } from '../../core/ledger/entry.ts';
import type { Reader } from '../../core/store/database.ts';
import { beginBacklog, listBalances, readBacklog } from '../../core/store/tables/ledger.ts';
import type { Command, Given } from './command.ts';

/** Where the money is, by the ledger. */
export const ledgerCommands: readonly Command[] = [
  {
    name: 'ledger balance',
    doc: 'Shows what stands in the accounts of the ledger, in minor units. Above 0: owed to us, or spent; below 0: owed by us.',
    options: {
      owner: { kind: 'text', doc: 'Only accounts of this app or channel account.' },
      merchant: { kind: 'text', doc: 'Only accounts of this merchant’s apps.' },
    },
    check: (given) =>
      given.text('owner') !== undefined && given.text('merchant') !== undefined ? ['--owner or --merchant, not both'] : [],
    async run({ database }, given) {
      const balances = await listBalances(database, await ownersOf(database, given));
      const accounts = balances.map(({ account_id: id, livemode, balance }) => {
        const { kind, ownerId, currency } = parseLedgerAccountId(id) ?? { kind: id, ownerId: '', currency: '' };
        return { kind, owner: ownerId, livemode: livemode === 1, balance: `${balance} ${currency} (minor units)` };
      });
      const backlog = await readBacklog(database);
      const isComplete = backlog === null;
      return { kind: 'done', facts: { accounts, complete: isComplete, ...(!isComplete && { posted_up_to: backlog.done_to }) } };
    },
  },
  {
    name: 'ledger catch-up',
    doc: 'Posts whatever was paid or refunded and is not in the ledger. For an upgrade during which servers without a ledger ran on.',
    options: {},
    async run({ database }) {
      const before = await countEntries(database);
      await database.transaction(beginBacklog);
      while (await catchUp(database));
      return { kind: 'done', facts: { entries_before: before, entries_now: await countEntries(database) } };
    },
  },
];

/** Null: everybody's. */
async function ownersOf(database: Reader, given: Given): Promise<readonly string[] | null> {
  const [owner, merchant] = [given.text('owner'), given.text('merchant')];
  if (merchant === undefined) return owner === undefined ? null : [owner];
  return (await database.all('SELECT id FROM apps WHERE merchant_id = ?', [merchant])).map((row) => String(row['id']));
}

async function countEntries(database: Reader): Promise<number> {
  return Number((await database.get('SELECT COUNT(DISTINCT entry_id) AS n FROM ledger_postings'))?.['n']);
}
