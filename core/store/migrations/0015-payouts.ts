import type { Definition } from './definition.ts';
import type { Migration } from './migration.ts';

const definition: Definition = {
  columns: {
    id: 'id',
    reconciliation_id: 'id',
    entry_key: 'id',
    account_id: 'id',
    bank_account_id: 'id',
    livemode: 'int',
    channel_no: 'key?',
    currency: 'id',
    amount: 'int',
    paid_on: 'id',
    occurred_at: 'int',
    state: 'id',
    bank_reconciliation_id: 'id?',
    bank_key: 'id?',
    bank_currency: 'id?',
    bank_amount: 'int?',
    version: 'int=0',
    created_at: 'int',
  },
  primary: ['id'],
  // A line of a channel's day is one payout, and a line of a bank's statement is at most one.
  unique: { payouts_entry: ['reconciliation_id', 'entry_key'], payouts_bank: ['bank_key'] },
  index: { payouts_to: ['bank_account_id', 'state'] },
};

/** What channels say that they paid out, and the entry of the bank's statement by which it arrived. */
export const payouts: Migration = {
  name: '0015-payouts',
  async up(context) {
    await context.createTable('payouts', definition);
  },
};
