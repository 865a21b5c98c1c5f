import type { Migration } from './migration.ts';

/** What makes the address of a payment's checkout impossible to guess. */
export const checkout: Migration = {
  name: '0006-checkout',
  async up(context) {
    await context.addColumns('payments', { checkout_token: 'id?' });
  },
};
