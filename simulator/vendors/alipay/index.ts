import type { VendorModule } from '../../types.ts';
import { makeAlipay } from './gateway.ts';
import { type AlipayKeys, describeAccounts, loadKeys } from './keys.ts';

export default {
  channel: 'alipay',
  title: 'Alipay',
  shows: {
    bad_signature: ['pay', 'query', 'refund', 'close'],
    wrong_amount: ['query', 'refund'],
    wrong_account: [],
  },
  loadKeys,
  accounts: describeAccounts,
  open: makeAlipay,
} satisfies VendorModule<AlipayKeys>;
