import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AccountOffer, ChannelName, SimulatedAccount, VendorModule } from './types.ts';
import { openVault } from './vault.ts';

/** The test accounts of every channel, as the vendors would have sent them to a merchant. */
export type Credentials = Readonly<Record<ChannelName, readonly SimulatedAccount[]>>;

/** A vendor that was found on disk, with its keys and accounts. */
export interface FoundVendor {
  readonly channel: ChannelName;
  readonly module: VendorModule<unknown>;
  readonly keys: unknown;
  readonly offers: readonly AccountOffer[];
}

async function load(folder: string, channel: string, dataDir: string): Promise<FoundVendor> {
  const { default: module } = (await import(pathToFileURL(join(folder, channel, 'index.ts')).href)) as { default?: VendorModule<unknown> };
  if (module === undefined || module.channel !== channel) throw new Error(`vendors/${channel}/index.ts must export the vendor ${channel}`);
  const keys = await module.loadKeys(openVault(dataDir, channel));
  return { channel, module, keys, offers: module.accounts(keys) };
}

/** Every folder with an `index.ts` is a vendor. All are loaded side by side, because the first start makes their keys. */
export async function findVendors(folder: string, dataDir: string, only?: readonly ChannelName[]): Promise<readonly FoundVendor[]> {
  const entries = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const names = entries.map(({ name }) => name).filter((name) => existsSync(join(folder, name, 'index.ts')));
  const missing = only?.find((name) => !names.includes(name));
  if (missing !== undefined) throw new Error(`there is no vendor ${missing}`);
  return Promise.all((only ?? names).toSorted().map((name) => load(folder, name, dataDir)));
}

/** What a merchant would have been sent by the vendors. `originOf` gives the address of an account's own port. */
export function describeAccounts(vendors: readonly FoundVendor[], originOf: (channel: ChannelName, id: string) => string): Credentials {
  const describe = ({ channel, offers }: FoundVendor) =>
    offers.map(({ id, configure }) => ({ id, config: configure(`${originOf(channel, id)}/${channel}`) }));
  return Object.fromEntries(vendors.map((vendor) => [vendor.channel, describe(vendor)]));
}
