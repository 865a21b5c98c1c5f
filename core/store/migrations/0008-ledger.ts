import type { Migration } from './migration.ts';

/** Double entry: postings, the balances that they make, and which entries no balance counts yet. */
export const ledger: Migration = {
  name: '0008-ledger',
  async up(context) {
    await context.createTable('ledger_accounts', {
      columns: {
        id: 'key',
        kind: 'id',
        owner_id: 'key',
        currency: 'id',
        livemode: 'int',
        balance: 'int=0',
        postings: 'int=0',
        updated_at: 'int',
      },
      primary: ['id'],
      index: { ledger_accounts_owner: ['owner_id'] },
    });
    await context.createTable('ledger_postings', {
      columns: {
        entry_id: 'key',
        line: 'int',
        account_id: 'key',
        amount: 'int',
        currency: 'id',
        livemode: 'int',
        payment_id: 'id?',
        note: 'text?',
        posted_at: 'int',
      },
      primary: ['entry_id', 'line'],
      index: { ledger_postings_account: ['account_id', 'posted_at'], ledger_postings_payment: ['payment_id'] },
    });
    await context.createTable('ledger_tail', { columns: { entry_id: 'key' }, primary: ['entry_id'] });
    await context.createTable('ledger_backlog', { columns: { id: 'id', done_to: 'id' }, primary: ['id'] });
    // What was paid before is posted by running servers, page by page: in one statement it would keep an upgrade waiting for hours.
    await context.run(
      "INSERT INTO ledger_backlog (id, done_to) SELECT 'payments', '' FROM payments WHERE NOT EXISTS (SELECT 1 FROM ledger_backlog) LIMIT 1",
    );
  },
};
