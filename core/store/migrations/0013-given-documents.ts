import type { Migration } from './migration.ts';

/** Documents that people gave are looked for every minute, among all that were ever kept. */
export const givenDocuments: Migration = {
  name: '0013-given-documents',
  async up(context) {
    await context.addIndex('statement_files_state', 'statement_files', ['state', 'source']);
  },
};
