import type { Migration } from './migration.ts';

/** What was agreed on with the vendor for an account, and what an attempt will cost by it. */
export const terms: Migration = {
  name: '0004-terms',
  async up(context) {
    await context.addColumns('channel_accounts', { terms: 'long?' });
    await context.addColumns('attempts', { fee_expected: 'int?' });
  },
};
