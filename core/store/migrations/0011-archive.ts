import type { Migration } from './migration.ts';

/** Where what happened to finished payments is kept, many to a row; and lists of payments that are read a page at a time. */
export const archive: Migration = {
  name: '0011-archive',
  async up(context) {
    await context.createTable('archives', {
      columns: { id: 'id', from_payment: 'id', to_payment: 'id', payments: 'int', content: 'long', created_at: 'int' },
      primary: ['id'],
      index: { archives_payments: ['to_payment', 'from_payment'] },
    });
    // A page is in the order of ids. By the index of before, which had the time in front, SQLite sorted all payments of an app for each page.
    await context.addIndex('payments_page', 'payments', ['app_id', 'id']);
    await context.dropIndex('payments_list', 'payments');
  },
};
