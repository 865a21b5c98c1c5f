import { importPrivateKey, importPublicKey } from '../../rsa.ts';
import type { VendorModule } from '../../types.ts';
import type { KeyVault } from '../../vault.ts';
import { type AllinpayKeys, makeAllinpay } from './gateway.ts';

async function loadMerchant(vault: KeyVault, cusid: string, appid: string) {
  const { privatePem, publicPem } = await vault.pair(cusid);
  return { cusid, appid, privatePem, verify: await importPublicKey(publicPem, 'SHA-1') };
}

async function loadKeys(vault: KeyVault): Promise<AllinpayKeys> {
  const [first, second, platform] = await Promise.all([
    loadMerchant(vault, '990581007426001', '00000051'),
    loadMerchant(vault, '990581007426002', '00000052'),
    vault.pair('platform'),
  ]);
  return { merchants: [first, second], publicPem: platform.publicPem, sign: await importPrivateKey(platform.privatePem, 'SHA-1') };
}

export default {
  channel: 'allinpay',
  title: '通联支付',
  shows: {
    bad_signature: ['pay', 'query', 'refund', 'close'],
    wrong_amount: ['query'],
    wrong_account: ['pay', 'query', 'refund', 'close'],
  },
  loadKeys,
  accounts: ({ merchants, publicPem }) =>
    merchants.map(({ cusid, appid, privatePem }) => ({
      id: cusid,
      configure: (baseUrl) => ({ base_url: baseUrl, cusid, appid, private_key: privatePem, allinpay_public_key: publicPem }),
    })),
  open: makeAllinpay,
} satisfies VendorModule<AllinpayKeys>;
