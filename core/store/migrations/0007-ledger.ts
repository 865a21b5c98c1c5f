import type { Migration } from './migration.ts';

/** Double entry: postings, the balances that they make, and which of them no balance counts yet. */
export const ledger: Migration = {
  name: '0007-ledger',
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
    await context.createTable('ledger_tail', {
      columns: { entry_id: 'key', line: 'int', account_id: 'key', amount: 'int', livemode: 'int' },
      primary: ['entry_id', 'line'],
      index: { ledger_tail_account: ['account_id', 'amount'] },
    });
  },
};
