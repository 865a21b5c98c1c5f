import type { AccountOffer } from '../../types.ts';
import type { KeyVault } from '../../vault.ts';
import type { World } from '../../world.ts';

export interface StripeMerchant {
  readonly accountId: string;
  readonly secretKey: string;
  readonly publishableKey: string;
  readonly webhookSecret: string;
}

export interface StripeKeys {
  readonly merchants: readonly StripeMerchant[];
}

export type StripeWorld = World<StripeKeys>;

const loadMerchant = (vault: KeyVault, index: number): StripeMerchant => ({
  accountId: `acct_1Simulated00000${index}`,
  secretKey: `sk_test_51Simulated${index}${vault.secret(`secret-${index}`, 48)}`,
  publishableKey: `pk_test_51Simulated${index}${vault.secret(`publishable-${index}`, 48)}`,
  webhookSecret: `whsec_${vault.secret(`webhook-${index}`, 32)}`,
});

export const loadKeys = async (vault: KeyVault): Promise<StripeKeys> => ({ merchants: [loadMerchant(vault, 1), loadMerchant(vault, 2)] });

export function describeAccounts({ merchants }: StripeKeys): readonly AccountOffer[] {
  return merchants.map(({ accountId, secretKey, publishableKey, webhookSecret }) => ({
    id: accountId,
    configure: (baseUrl) => ({
      base_url: baseUrl,
      secret_key: secretKey,
      publishable_key: publishableKey,
      webhook_secret: webhookSecret,
      account_id: accountId,
    }),
  }));
}
