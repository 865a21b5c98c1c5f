import type { App } from '../access/directory.ts';
import type { Kernel } from '../payments/deps.ts';

/**
 * The accounts whose days an app may see whole: those of its merchant. What all merchants share would tell each what the others
 * take, so it is seen where there is one merchant alone.
 */
export async function listSeenAccounts({ channels, database }: Kernel, { merchantId, livemode }: App): Promise<readonly string[]> {
  const merchants = await database.all('SELECT id FROM merchants LIMIT 2');
  const isAlone = merchants.length < 2;
  return channels
    .accounts()
    .filter(({ record }) => record.livemode === livemode && (record.merchantId === merchantId || (record.merchantId === null && isAlone)))
    .map(({ id }) => id);
}
