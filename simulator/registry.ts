import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Toolkit, toolkit } from './toolkit.ts';
import type { AccountOffer, ChannelName, SimulatedAccount, VendorModule } from './types.ts';
import { type KeyStock, makeKeyStock, openVault } from './vault.ts';
import { entries, entryOf } from './vendor-folder.ts';

/** The test accounts of every channel, as the vendors would have sent them to a merchant. */
export type Credentials = Readonly<Record<ChannelName, readonly SimulatedAccount[]>>;

/** A vendor that was found on disk, with its keys and accounts. */
export interface FoundVendor {
  readonly channel: ChannelName;
  readonly module: VendorModule<unknown>;
  readonly keys: unknown;
  readonly offers: readonly AccountOffer[];
}

/** A folder with a vendor in it, and which vendor it has to be. */
interface VendorPlace {
  readonly folder: string;
  readonly channel: ChannelName;
}

type Exported = VendorModule<unknown> | ((toolkit: Toolkit) => VendorModule<unknown>);

/** Reads a vendor from its folder, wherever that is. */
export async function readVendor(folder: string): Promise<VendorModule<unknown>> {
  const entry = entryOf(folder);
  if (entry === undefined) throw new Error(`${folder} has no ${entries.join(', ')}`);
  const { default: exported } = (await import(pathToFileURL(entry).href)) as { default?: Exported };
  const module = typeof exported === 'function' ? exported(toolkit) : exported;
  if (typeof module?.channel !== 'string') throw new Error(`${entry} must export a vendor as its default`);
  return module;
}

async function load({ folder, channel }: VendorPlace, dataDir: string, stock: KeyStock): Promise<FoundVendor> {
  const module = await readVendor(folder);
  if (module.channel !== channel) throw new Error(`vendors/${channel}/index must export the vendor ${channel}`);
  const keys = await module.loadKeys(openVault(dataDir, module.channel, stock));
  return { channel: module.channel, module, keys, offers: module.accounts(keys) };
}

function placesIn(folder: string): readonly VendorPlace[] {
  const names = readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  const places = names.map((name) => ({ folder: join(folder, name), channel: name }));
  return places.filter((place) => entryOf(place.folder) !== undefined);
}

export interface VendorSearch {
  /** A folder with a folder for each vendor, named like its channel. */
  readonly folder: string;
  /** Further vendors, each in a folder of any name: those that channels bring along. */
  readonly more: readonly string[];
  readonly dataDir: string;
  readonly only?: readonly ChannelName[] | undefined;
}

/** Every folder with an `index` is a vendor. All are loaded side by side, because the first start makes their keys. */
export async function findVendors({ folder, more, dataDir, only }: VendorSearch): Promise<readonly FoundVendor[]> {
  const known = placesIn(folder);
  const wanted = (one: VendorPlace) => only === undefined || only.includes(one.channel);
  const brought = await Promise.all(more.map(async (one) => ({ folder: one, channel: (await readVendor(one)).channel })));
  const places = [...known, ...brought].filter(wanted);
  const missing = only?.find((name) => !places.some(({ channel }) => channel === name));
  if (missing !== undefined) throw new Error(`there is no vendor ${missing}`);
  const twice = places.find(({ channel }, at) => places.findIndex((other) => other.channel === channel) !== at);
  if (twice !== undefined) throw new Error(`the vendor ${twice.channel} is there twice, once in ${twice.folder}`);
  const stock = makeKeyStock();
  return Promise.all(places.toSorted((a, b) => (a.channel < b.channel ? -1 : 1)).map((place) => load(place, dataDir, stock)));
}

/** What a merchant would have been sent by the vendors. `originOf` gives the address of an account's own port. */
export function describeAccounts(vendors: readonly FoundVendor[], originOf: (channel: ChannelName, id: string) => string): Credentials {
  const describe = ({ channel, offers }: FoundVendor) =>
    offers.map(({ id, configure }) => ({ id, config: configure(`${originOf(channel, id)}/${channel}`) }));
  return Object.fromEntries(vendors.map((vendor) => [vendor.channel, describe(vendor)]));
}
