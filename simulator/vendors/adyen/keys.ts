import type { AccountOffer } from '../../types.ts';
import type { KeyVault } from '../../vault.ts';
import type { World } from '../../world.ts';

export interface AdyenMerchant {
  readonly account: string;
  readonly apiKey: string;
  readonly clientKey: string;
  /** 64 hex digits. */
  readonly hmacKey: string;
  /** Null: this merchant's callbacks come without basic authentication. */
  readonly login: { readonly user: string; readonly password: string } | null;
}

export interface AdyenKeys {
  readonly merchants: readonly AdyenMerchant[];
}

export type AdyenWorld = World<AdyenKeys>;

const loadMerchant = (vault: KeyVault, index: number): AdyenMerchant => ({
  account: `SimulatedShop${index}ECOM`,
  apiKey: `AQE${vault.secret(`api-${index}`, 64)}`,
  clientKey: `test_${vault.secret(`client-${index}`, 32).toUpperCase()}`,
  hmacKey: vault.secret(`hmac-${index}`, 64).toUpperCase(),
  login: index === 2 ? { user: 'adyen-callbacks', password: vault.secret(`login-${index}`, 24) } : null,
});

export const loadKeys = async (vault: KeyVault): Promise<AdyenKeys> => ({ merchants: [loadMerchant(vault, 1), loadMerchant(vault, 2)] });

export function describeAccounts({ merchants }: AdyenKeys): readonly AccountOffer[] {
  return merchants.map(({ account, apiKey, clientKey, hmacKey, login }) => ({
    id: account,
    configure: (baseUrl) => ({
      base_url: baseUrl,
      merchant_account: account,
      api_key: apiKey,
      client_key: clientKey,
      hmac_key: hmacKey,
      ...(login && { callback_user: login.user, callback_password: login.password }),
    }),
  }));
}
