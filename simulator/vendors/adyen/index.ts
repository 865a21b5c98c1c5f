import type { VendorModule } from '../../types.ts';
import { makeAdyen } from './gateway.ts';
import { type AdyenKeys, describeAccounts, loadKeys } from './keys.ts';

export default {
  channel: 'adyen',
  title: 'Adyen',
  // A reference may be used as often as a merchant likes.
  orderKey: 'vendorNo',
  registersCallbacks: true,
  // Answers carry no signature.
  shows: {
    bad_signature: [],
    wrong_amount: ['pay', 'query', 'refund', 'close'],
    wrong_account: ['pay', 'query', 'refund', 'close'],
  },
  loadKeys,
  accounts: describeAccounts,
  open: makeAdyen,
} satisfies VendorModule<AdyenKeys>;
