import type { AccountOffer } from '../../types.ts';
import type { KeyVault, Pair } from '../../vault.ts';
import type { World } from '../../world.ts';

export interface AlipayMerchant {
  readonly appId: string;
  readonly sellerId: string;
  readonly pair: Pair;
}

export interface AlipayKeys {
  readonly merchants: readonly AlipayMerchant[];
  readonly platform: Pair;
}

export type AlipayWorld = World<AlipayKeys>;

async function loadMerchant(vault: KeyVault, index: number): Promise<AlipayMerchant> {
  return { appId: `202100000000010${index}`, sellerId: `208800000000010${index}`, pair: await vault.pair(`merchant-${index}`) };
}

export async function loadKeys(vault: KeyVault): Promise<AlipayKeys> {
  const [first, second, platform] = await Promise.all([loadMerchant(vault, 1), loadMerchant(vault, 2), vault.pair('platform')]);
  return { merchants: [first, second], platform };
}

export function describeAccounts({ merchants, platform }: AlipayKeys): readonly AccountOffer[] {
  return merchants.map(({ appId, sellerId, pair }) => ({
    id: appId,
    configure: (baseUrl) => ({
      gateway_url: `${baseUrl}/gateway.do`,
      app_id: appId,
      seller_id: sellerId,
      private_key: pair.privatePem,
      alipay_public_key: platform.publicPem,
    }),
  }));
}
