import type { VendorModule } from '../../types.ts';
import { openDouyin } from './gateway.ts';
import { type DouyinKeys, describeAccounts, loadKeys } from './keys.ts';

export default {
  channel: 'douyin',
  title: 'Douyin Pay',
  refusesOldCallbacks: true,
  // A refund names no merchant.
  shows: { bad_signature: ['pay', 'query', 'refund', 'close'], wrong_amount: ['query', 'refund'], wrong_account: ['query'] },
  loadKeys,
  accounts: describeAccounts,
  open: openDouyin,
} satisfies VendorModule<DouyinKeys>;
