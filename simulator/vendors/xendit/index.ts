import type { VendorModule } from '../../types.ts';
import { makeXendit } from './gateway.ts';
import { describeAccounts, loadKeys, type XenditKeys } from './keys.ts';

export default {
  channel: 'xendit',
  title: 'Xendit',
  // A merchant may use its own number as often as it likes.
  orderKey: 'vendorNo',
  registersCallbacks: true,
  // Answers carry no signature.
  shows: {
    bad_signature: [],
    wrong_amount: ['pay', 'query', 'refund'],
    wrong_account: ['pay', 'query'],
  },
  loadKeys,
  accounts: describeAccounts,
  open: makeXendit,
} satisfies VendorModule<XenditKeys>;
