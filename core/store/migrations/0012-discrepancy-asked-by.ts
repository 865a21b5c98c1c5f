import type { Migration } from './migration.ts';

/** Who asked first for what takes two. It was the owner, whom anybody can change. */
export const discrepancyAskedBy: Migration = {
  name: '0012-discrepancy-asked-by',
  async up(context) {
    await context.addColumns('discrepancies', { asked_by: 'key?' });
  },
};
