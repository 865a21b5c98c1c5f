import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Discovered, discoverChannels } from '../../core/channels/discover.ts';
import type { ChannelManifest, MethodManifest } from '../../core/contract/manifest.ts';
import type { Paymux } from './paymux.ts';

/** A method, and what a test needs to know of it: nothing here names a vendor. */
export interface Sample {
  readonly channel: ChannelManifest;
  readonly method: MethodManifest;
  readonly currency: string;
  readonly amount: number;
  /** As the public API takes it. */
  readonly payer: Readonly<Record<string, string>>;
}

/** A shopper for methods that need to know one. */
const payer: Readonly<Record<string, readonly [field: string, value: string]>> = {
  openid: ['openid', 'o-shopper'],
  clientIp: ['client_ip', '203.0.113.9'],
  authCode: ['auth_code', '134567890123456789'],
  token: ['token', 'tok_shopper'],
  email: ['email', 'shopper@example.com'],
  name: ['name', 'Ada Shopper'],
  phone: ['phone', '+8613800000000'],
  bankCode: ['bank_code', 'ICBC'],
  country: ['country', 'GB'],
};

/** Vendors know by its first digits whose code a bar code is. */
const barCodes: Readonly<Record<string, string>> = {
  alipay: '284567890123456789',
  unionpay: '6224567890123456789',
};

/** Every method of every channel that has both a plugin and a vendor to play against. */
export async function listSamples(): Promise<readonly Sample[]> {
  return samplesOf(await discoverAll());
}

/** The channels of this repository, and those of further packages. */
export async function discoverAll(packages: readonly string[] = []): Promise<Discovered> {
  const found = await discoverChannels('plugins/channels', packages);
  if (found.faults.length > 0) throw new Error(found.faults.map(({ folder, reason }) => `${folder}: ${reason}`).join('\n'));
  return found;
}

/** Where the vendor of a channel is: with the simulator's own, or brought along by the channel. */
export function vendorFolderOf(id: string, origins: Discovered['origins']): string | undefined {
  const folders = [resolve('simulator/vendors', id), join(origins.get(id)?.folder ?? '', 'simulator')];
  return folders.find((folder) => ['ts', 'js', 'mjs'].some((ending) => existsSync(join(folder, `index.${ending}`))));
}

export function samplesOf({ plugins, origins }: Discovered): readonly Sample[] {
  const channels = [...plugins.values()].map(({ manifest }) => manifest).filter(({ id }) => vendorFolderOf(id, origins) !== undefined);
  return channels.flatMap((channel) => channel.methods.map((method) => sampleOf(channel, method)));
}

/** What the shopper's browser got from the vendor's fields, as the vendors' sandboxes know it. */
const tokens: Readonly<Record<string, string>> = { square: 'cnon:card-nonce-ok' };

export function sampleOf(channel: ChannelManifest, method: MethodManifest): Sample {
  const currency = ['CNY', 'USD', 'EUR'].find((wanted) => method.currencies.includes(wanted)) ?? method.currencies[0] ?? '';
  const wanted = method.step === undefined ? 1999 : 2000 * method.step;
  const amount = Math.min(Math.max(wanted, method.min ?? 1), method.max ?? wanted);
  const facts = (method.needs ?? []).map((need) => payer[need]).filter((fact) => fact !== undefined);
  const known = Object.fromEntries(facts);
  const code = known.auth_code === undefined ? {} : { auth_code: barCodes[channel.id] ?? known.auth_code };
  const token = known.token === undefined ? {} : { token: tokens[channel.id] ?? known.token };
  const bank = known.bank_code === undefined ? {} : { bank_code: method.checkout?.banks?.[0]?.code ?? known.bank_code };
  return { channel, method, currency, amount, payer: { ...known, ...code, ...token, ...bank } };
}

/** Does what a shopper would do with a payment's next step. A form is sent as a browser sends it. */
// biome-ignore lint/suspicious/noExplicitAny: an action has a different shape for each method.
export async function payAsShopper(paymux: Pick<Paymux, 'control'>, action: any): Promise<Readonly<Record<string, unknown>>> {
  const given = action.type === 'form' ? { target: action.url, fields: action.fields } : { target: targetOf(action) };
  return (await paymux.control('/_pay', given)).body;
}

// biome-ignore lint/suspicious/noExplicitAny: an action has a different shape for each method.
function targetOf(action: any): string {
  if (action.type === 'qr') return action.qr_content;
  return action.type === 'redirect' ? action.url : JSON.stringify(action.params);
}
