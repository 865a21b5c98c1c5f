import type { VendorModule } from '../../types.ts';
import { makeStripe } from './gateway.ts';
import { describeAccounts, loadKeys, type StripeKeys } from './keys.ts';

export default {
  channel: 'stripe',
  title: 'Stripe',
  refusesOldCallbacks: true,
  // A merchant may use its own number as often as it likes.
  orderKey: 'vendorNo',
  registersCallbacks: true,
  // Answers carry no signature.
  shows: {
    bad_signature: [],
    wrong_amount: ['pay', 'query', 'refund', 'close'],
    wrong_account: [],
  },
  loadKeys,
  accounts: describeAccounts,
  open: makeStripe,
} satisfies VendorModule<StripeKeys>;
