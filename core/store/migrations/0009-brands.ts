import type { Migration } from './migration.ts';

/** What a merchant's checkout looks like. */
export const brands: Migration = {
  name: '0009-brands',
  async up(context) {
    await context.addColumns('merchants', { brand_color: 'id?', logo_id: 'id?' });
    await context.createTable('logos', { columns: { id: 'id', type: 'id', body: 'long' }, primary: ['id'] });
  },
};
