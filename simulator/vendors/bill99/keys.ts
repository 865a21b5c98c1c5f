import { importPrivateKey, importPublicKey, type Key } from '../../rsa.ts';
import type { KeyVault } from '../../vault.ts';

export interface Merchant {
  readonly acctId: string;
  readonly privatePem: string;
  /** 99Bill's gateway v2.0 signs with SHA-1. */
  readonly verify: Key;
  readonly queryKey: string;
}

export interface Bill99Keys {
  readonly merchants: readonly Merchant[];
  readonly publicPem: string;
  readonly sign: Key;
}

async function loadMerchant(vault: KeyVault, acctId: string): Promise<Merchant> {
  const { privatePem, publicPem } = await vault.pair(acctId);
  const queryKey = vault.secret(`query-${acctId}`, 16).toUpperCase();
  return { acctId, privatePem, verify: await importPublicKey(publicPem, 'SHA-1'), queryKey };
}

export async function loadKeys(vault: KeyVault): Promise<Bill99Keys> {
  const [first, second, platform] = await Promise.all([
    loadMerchant(vault, '1001213884201'),
    loadMerchant(vault, '1001213884301'),
    vault.pair('platform'),
  ]);
  return { merchants: [first, second], publicPem: platform.publicPem, sign: await importPrivateKey(platform.privatePem, 'SHA-1') };
}
