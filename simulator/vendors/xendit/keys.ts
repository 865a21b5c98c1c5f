import type { AccountOffer } from '../../types.ts';
import type { KeyVault } from '../../vault.ts';
import type { World } from '../../world.ts';

export interface XenditMerchant {
  readonly businessId: string;
  readonly secretKey: string;
  readonly callbackToken: string;
}

export type XenditKeys = readonly XenditMerchant[];
export type XenditWorld = World<XenditKeys>;

export async function loadKeys(vault: KeyVault): Promise<XenditKeys> {
  return [1, 2].map((index) => ({
    businessId: `5f27a14a9bf05c73dd04000${index}`,
    secretKey: `xnd_development_${vault.secret(`secret-${index}`, 48)}`,
    callbackToken: vault.secret(`callback-${index}`, 48),
  }));
}

export function describeAccounts(merchants: XenditKeys): readonly AccountOffer[] {
  return merchants.map(({ businessId, secretKey, callbackToken }) => ({
    id: businessId,
    configure: (baseUrl) => ({
      base_url: baseUrl,
      secret_key: secretKey,
      callback_token: callbackToken,
      business_id: businessId,
      account_name: 'Tea House',
    }),
  }));
}
