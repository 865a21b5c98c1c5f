import type { VendorModule } from '../../types.ts';
import { makeWechat } from './gateway.ts';
import { describeAccounts, loadKeys, type WechatKeys } from './keys.ts';

export default {
  channel: 'wechat',
  title: 'WeChat Pay',
  refusesOldCallbacks: true,
  shows: {
    bad_signature: ['pay', 'query', 'refund', 'close'],
    wrong_amount: ['query', 'refund'],
    wrong_account: ['query'],
  },
  loadKeys,
  accounts: describeAccounts,
  open: makeWechat,
} satisfies VendorModule<WechatKeys>;
