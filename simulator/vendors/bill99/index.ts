import type { VendorModule } from '../../types.ts';
import { makeBill99 } from './gateway.ts';
import { type Bill99Keys, loadKeys } from './keys.ts';

export default {
  channel: 'bill99',
  title: '快钱',
  shows: { bad_signature: ['query'], wrong_amount: ['query'], wrong_account: ['query'] },
  loadKeys,
  accounts: ({ merchants, publicPem }) =>
    merchants.map(({ acctId, privatePem, queryKey }) => ({
      id: acctId,
      configure: (baseUrl) => ({
        gateway_url: baseUrl,
        merchant_acct_id: acctId,
        private_key: privatePem,
        bill99_certificate: publicPem,
        query_key: queryKey,
        result_page: 'https://shop.example/paid',
      }),
    })),
  open: makeBill99,
} satisfies VendorModule<Bill99Keys>;
