import type { AccountOffer } from '../../types.ts';
import type { KeyVault } from '../../vault.ts';
import type { World } from '../../world.ts';

export interface MercadoMerchant {
  readonly userId: string;
  readonly accessToken: string;
  readonly webhookSecret: string;
}

export type MercadoKeys = readonly MercadoMerchant[];
export type MercadoWorld = World<MercadoKeys>;

export async function loadKeys(vault: KeyVault): Promise<MercadoKeys> {
  return ['400000001', '400000002'].map((userId) => ({
    userId,
    accessToken: `TEST-${vault.secret(`token-${userId}`, 32)}-${userId}`,
    webhookSecret: vault.secret(`webhook-${userId}`, 64),
  }));
}

export function describeAccounts(merchants: MercadoKeys): readonly AccountOffer[] {
  return merchants.map(({ userId, accessToken, webhookSecret }) => ({
    id: userId,
    configure: (baseUrl) => ({ base_url: baseUrl, access_token: accessToken, user_id: userId, webhook_secret: webhookSecret }),
  }));
}
