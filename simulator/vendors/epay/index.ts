import type { VendorModule } from '../../types.ts';
import { type EpayKeys, makeEpay } from './gateway.ts';

export default {
  channel: 'epay',
  title: '易支付',
  // Answers carry no signature, and the pay answer names neither amount nor merchant.
  shows: { bad_signature: [], wrong_amount: ['query'], wrong_account: ['query'] },
  loadKeys: async (vault) => ['1001', '1002'].map((pid) => ({ pid, key: vault.secret(pid, 32) })),
  accounts: (keys) =>
    keys.map(({ pid, key }) => ({
      id: pid,
      configure: (baseUrl) => ({ base_url: baseUrl, pid, key, return_page: 'https://shop.example/paid' }),
    })),
  open: makeEpay,
} satisfies VendorModule<EpayKeys>;
