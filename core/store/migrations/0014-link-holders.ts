import type { Migration } from './migration.ts';

/** By whom the place of a link is held, so that nobody holds them all. */
export const linkHolders: Migration = {
  name: '0014-link-holders',
  async up(context) {
    await context.addColumns('link_payments', { holder: 'id?' });
  },
};
