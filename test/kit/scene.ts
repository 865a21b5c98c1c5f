import type { Database } from '../../core/store/database.ts';
import { openDatabase } from '../../core/store/open.ts';
import type { TestDatabase } from './database.ts';
import { createHonestVendor, type HonestVendor } from './honest-vendor.ts';
import { type MysqlProxy, startMysqlProxy } from './mysql-proxy.ts';
import { type Scripted, scriptKernel, type Traits } from './scripted.ts';

/** A kernel whose database has a proxy before it, and an honest vendor. `direct` looks at the rows past the proxy. */
export interface Scene {
  readonly shop: Scripted;
  readonly bank: HonestVendor;
  readonly direct: Database;
  readonly proxy: MysqlProxy;
  stop(): Promise<void>;
}

export async function setScene({ database: direct, options }: TestDatabase, traits: Traits = {}): Promise<Scene> {
  const url = new URL(String(options.url));
  const proxy = await startMysqlProxy(Number(url.port));
  url.port = String(proxy.port);
  const through = await openDatabase({ ...options, url: url.href });
  const bank = createHonestVendor();
  const shop = scriptKernel(through.database, traits);
  Object.assign(shop.vendor, bank.vendor);
  const stop = async () => {
    await through.close();
    await proxy.close();
  };
  return { shop, bank, direct, proxy, stop };
}

/** Lets time pass until nothing is due any more. */
export async function rest({ shop }: Pick<Scene, 'shop'>): Promise<void> {
  for (const seconds of [20, 120, 4000, 8000, 4000, 4000]) {
    shop.turn(seconds * 1000);
    await shop.attend();
  }
}
