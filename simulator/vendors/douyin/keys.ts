import { createHash } from 'node:crypto';
import type { AccountOffer } from '../../types.ts';
import type { KeyVault, Pair } from '../../vault.ts';
import type { World } from '../../world.ts';

export interface DouyinMerchant {
  readonly mchid: string;
  readonly appid: string;
  readonly serialNo: string;
  readonly encryptKey: string;
  readonly pair: Pair;
  /** Which of the platform's keys signs what this merchant receives. */
  readonly platformSerial: string;
}

export interface DouyinKeys {
  readonly merchants: readonly DouyinMerchant[];
  /** By the serial of the certificate. */
  readonly platform: ReadonlyMap<string, Pair>;
}

export type DouyinWorld = World<DouyinKeys>;

/** Like the serial of one of the vendor's certificates: sixteen hex digits. */
const serialOf = (pair: Pair) => createHash('sha256').update(pair.publicPem).digest('hex').slice(0, 16).toUpperCase();

/** Two merchants, one of whom is served with the platform's new key already. */
export async function loadKeys(vault: KeyVault): Promise<DouyinKeys> {
  const names = ['merchant-1', 'merchant-2', 'platform-1', 'platform-2'];
  const pairs = await Promise.all(names.map((name) => vault.pair(name)));
  const [own, platform] = [pairs.slice(0, 2), pairs.slice(2)];
  const serials = platform.map(serialOf);
  const merchants = own.map((pair, index) => ({
    mchid: `8000123456${index + 1}`,
    appid: `awsimulated00000${index + 1}`,
    serialNo: serialOf(pair),
    encryptKey: vault.secret(`encrypt-${index + 1}`, 32),
    pair,
    platformSerial: serials[index] ?? '',
  }));
  return { merchants, platform: new Map(platform.map((pair, index) => [serials[index] ?? '', pair])) };
}

export function describeAccounts({ merchants, platform }: DouyinKeys): readonly AccountOffer[] {
  const platformKeys = JSON.stringify(Object.fromEntries([...platform].map(([serial, { publicPem }]) => [serial, publicPem])));
  return merchants.map(({ mchid, appid, serialNo, encryptKey, pair }) => ({
    id: mchid,
    configure: (baseUrl) => ({
      base_url: baseUrl,
      mchid,
      appid,
      serial_no: serialNo,
      private_key: pair.privatePem,
      encrypt_key: encryptKey,
      platform_public_keys: platformKeys,
    }),
  }));
}
