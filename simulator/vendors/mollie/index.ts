import type { VendorModule } from '../../types.ts';
import { makeMollie } from './gateway.ts';
import { describeAccounts, loadKeys, type MollieKeys } from './keys.ts';

export default {
  channel: 'mollie',
  title: 'Mollie',
  // A merchant's own number is in the metadata, which Mollie does not read.
  orderKey: 'vendorNo',
  // Neither answers nor the classic callbacks carry a signature.
  shows: {
    bad_signature: [],
    wrong_amount: ['pay', 'query', 'refund'],
    wrong_account: ['pay', 'query'],
  },
  loadKeys,
  accounts: describeAccounts,
  open: makeMollie,
} satisfies VendorModule<MollieKeys>;
