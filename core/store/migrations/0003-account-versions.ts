import type { Migration } from './migration.ts';

/** The credentials that an account had before: callbacks signed by them still come, and payments were made with them. */
export const accountVersions: Migration = {
  name: '0003-account-versions',
  async up(context) {
    await context.createTable('account_versions', {
      columns: { id: 'key', account_id: 'id', version: 'int', config: 'long', moved: 'int=0', replaced_at: 'int' },
      primary: ['id'],
      index: { account_versions_account: ['account_id'] },
    });
  },
};
