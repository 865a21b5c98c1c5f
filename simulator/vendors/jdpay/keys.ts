import { randomBytes } from 'node:crypto';
import type { AccountOffer } from '../../types.ts';
import type { KeyVault } from '../../vault.ts';
import type { World } from '../../world.ts';
import { makeKey, publicPemOf, type RawKey, readKey } from './rsa.ts';

export interface JdMerchant {
  readonly merchant: string;
  /** In base64, as merchants set it at JD. */
  readonly desKey: string;
  readonly privatePem: string;
  readonly key: RawKey;
}

export interface JdKeys {
  readonly merchants: readonly JdMerchant[];
  readonly publicPem: string;
  readonly key: RawKey;
}

export type JdWorld = World<JdKeys>;

async function loadMerchant(vault: KeyVault, merchant: string): Promise<JdMerchant> {
  const [privatePem, desKey] = await Promise.all([
    vault.text(`${merchant}.pem`, makeKey),
    vault.text(`${merchant}.des`, async () => randomBytes(24).toString('base64')),
  ]);
  return { merchant, desKey, privatePem, key: await readKey(privatePem) };
}

export async function loadKeys(vault: KeyVault): Promise<JdKeys> {
  const [first, second, platform] = await Promise.all([
    loadMerchant(vault, '110148035001'),
    loadMerchant(vault, '110148035002'),
    vault.text('platform.pem', makeKey),
  ]);
  return { merchants: [first, second], publicPem: await publicPemOf(platform), key: await readKey(platform) };
}

export const describeAccounts = ({ merchants, publicPem }: JdKeys): readonly AccountOffer[] =>
  merchants.map(({ merchant, desKey, privatePem }) => ({
    id: merchant,
    configure: (baseUrl) => ({
      merchant,
      des_key: desKey,
      private_key: privatePem,
      jd_public_key: publicPem,
      pc_url: `${baseUrl}/wepay`,
      h5_url: `${baseUrl}/h5pay`,
      gateway_url: `${baseUrl}/paygate`,
    }),
  }));
