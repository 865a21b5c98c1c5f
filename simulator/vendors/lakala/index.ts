import type { VendorModule } from '../../types.ts';
import { openLakala } from './gateway.ts';
import { describeAccounts, type LakalaKeys, loadKeys } from './keys.ts';

export default {
  channel: 'lakala',
  title: '拉卡拉',
  refusesOldCallbacks: true,
  // An answer about a refund names no merchant.
  shows: { bad_signature: ['pay', 'query', 'refund', 'close'], wrong_amount: ['query'], wrong_account: ['query'] },
  loadKeys,
  accounts: describeAccounts,
  open: openLakala,
} satisfies VendorModule<LakalaKeys>;
