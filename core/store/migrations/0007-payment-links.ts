import type { Migration } from './migration.ts';

/** Addresses that take payments, and the payments that came of them. */
export const paymentLinks: Migration = {
  name: '0007-payment-links',
  async up(context) {
    await context.createTable('payment_links', {
      columns: {
        id: 'id',
        app_id: 'id',
        token: 'id',
        request_key: 'id?',
        status: 'id',
        subject: 'text',
        amount: 'int?',
        min_amount: 'int?',
        max_amount: 'int?',
        currency: 'id',
        most_payments: 'int?',
        made: 'int=0',
        notify_url: 'text?',
        return_url: 'text?',
        metadata: 'long',
        expires_at: 'int?',
        created_at: 'int',
      },
      primary: ['id'],
      unique: { payment_links_request: ['request_key'] },
      index: { payment_links_list: ['app_id', 'id'] },
    });
    await context.createTable('link_payments', {
      columns: { id: 'id', link_id: 'id', page_key: 'id', created_at: 'int' },
      primary: ['id'],
      unique: { link_payments_page: ['link_id', 'page_key'] },
    });
  },
};
