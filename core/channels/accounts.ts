import type { Channel, ChannelPlugin } from '../contract/channel.ts';
import type { Sm2Kit } from '../contract/kit.ts';
import type { ChannelManifest, MethodManifest } from '../contract/manifest.ts';
import { type CertificateExpiry, certificatesOf } from './certificates.ts';
import { checkConfig, completeConfig, secretNames } from './config-schema.ts';
import { makeKit } from './kit.ts';
import { abilityFaults } from './manifest.ts';
import { createSm2 } from './sm2.ts';
import { runBlamed } from './strays.ts';
import type { AccountTerms } from './terms.ts';
import { openPreviousBy, type PreviousVersion, versionFor, versionsForCallbacks } from './versions.ts';

/** A channel account as it is stored. `version` grows with every change of its configuration. */
export interface AccountRecord {
  readonly id: string;
  readonly channel: string;
  readonly merchantId: string | null;
  readonly livemode: boolean;
  readonly status: string;
  readonly priority: number;
  readonly weight: number;
  readonly version: number;
  /** The configuration with its secrets. A function, so that no printed account shows them. */
  readonly config: () => Readonly<Record<string, unknown>>;
  readonly terms?: AccountTerms;
  /** Credentials that it had before. */
  readonly previous?: readonly PreviousVersion[];
}

/** An account that can be called. Never changed: a new version is a new one, and calls in flight end on the old. */
export interface OpenAccount {
  readonly id: string;
  readonly channelId: string;
  readonly manifest: ChannelManifest;
  readonly channel: Channel;
  readonly record: AccountRecord;
  /** The values that no log line may hold. */
  readonly secrets: readonly string[];
  readonly certificates: readonly CertificateExpiry[];
}

/** Why an account is not served as configured. */
export interface AccountFault {
  readonly accountId: string;
  readonly reason: string;
  /** Present when the channel itself is at fault: what it can do is not what its manifest says. */
  readonly isLie?: true;
}

interface Snapshot {
  readonly accounts: ReadonlyMap<string, OpenAccount>;
  /** All that are stored, also those that are switched off or could not be opened. */
  readonly records: readonly AccountRecord[];
  readonly channelsOff: ReadonlySet<string>;
  readonly faults: readonly AccountFault[];
}

/** The channels that this server speaks, and the accounts it holds at them. */
export interface Channels {
  readonly plugins: ReadonlyMap<string, ChannelPlugin>;
  /**
   * Takes over a new configuration. What is unchanged keeps its instance; what cannot be opened
   * keeps the instance before it, and is named in `faults`.
   */
  reload(records: readonly AccountRecord[], channelsOff: ReadonlySet<string>): readonly AccountFault[];
  /** By id, whatever its status: callbacks, queries and refunds outlive the wish for new payments. */
  account(id: string): OpenAccount | undefined;
  /** The account of an attempt, with credentials of the merchant that the attempt was made for. */
  accountOf(attempt: { readonly account_id: string; readonly account_version: number }): OpenAccount | undefined;
  /** Whether what these credentials verified may speak of the attempt: it is of this account, and of the same merchant there. */
  speaksFor(account: OpenAccount, attempt: { readonly account_id: string; readonly account_version: number }): boolean;
  /** The account with each of its earlier credentials that a callback may still be signed for, newest first. */
  earlier(account: OpenAccount, since: Date): readonly OpenAccount[];
  /** All that are open. */
  accounts(): readonly OpenAccount[];
  /** Those that may take new payments. */
  payable(): readonly OpenAccount[];
  /** Whether there is an account for a merchant at one of these channels that is not retired, usable at the moment or not. */
  isConfigured(channels: readonly string[], merchantId: string, livemode: boolean): boolean;
  method(id: string): { readonly manifest: ChannelManifest; readonly method: MethodManifest } | undefined;
  settleRules(accountId: string): { readonly notFoundIsFinalAfterMs: number; readonly settlingMs: number };
  faults(): readonly AccountFault[];
}

export function createChannels(
  plugins: ReadonlyMap<string, ChannelPlugin>,
  sm2: Sm2Kit = createSm2().kit,
  onStray: (record: AccountRecord, error: unknown) => void = () => undefined,
): Channels {
  const open = (record: AccountRecord) =>
    runBlamed(
      (error) => onStray(record, error),
      () => openOne(plugins.get(record.channel), record, sm2),
    );
  const openPrevious = () =>
    openPreviousBy((record) => {
      const opened = open(record);
      return 'reason' in opened ? null : opened;
    });
  let previous = openPrevious();
  let current: Snapshot = { accounts: new Map(), records: [], channelsOff: new Set(), faults: [] };
  return {
    plugins,
    reload(records, channelsOff) {
      previous = openPrevious();
      current = openAll(plugins, open, current, records, channelsOff);
      return current.faults;
    },
    account: (id) => current.accounts.get(id),
    accountOf({ account_id: id, account_version: madeWith }) {
      const account = current.accounts.get(id);
      const version = account === undefined ? null : versionFor(account.record.previous ?? [], madeWith);
      // Rather none than that of another merchant, who would say that there is no such payment.
      return account === undefined || version === null ? account : (previous(account.record, version) ?? undefined);
    },
    speaksFor({ id, record: { previous: had = [], version } }, attempt) {
      return attempt.account_id === id && versionFor(had, version)?.version === versionFor(had, attempt.account_version)?.version;
    },
    earlier: ({ record }, since) =>
      versionsForCallbacks(record.previous ?? [], since)
        .map((version) => previous(record, version))
        .filter((account) => account !== null),
    accounts: () => [...current.accounts.values()],
    payable: () =>
      [...current.accounts.values()].filter((one) => one.record.status === 'enabled' && !current.channelsOff.has(one.channelId)),
    isConfigured: (channels, merchantId, livemode) =>
      current.records.some(
        (record) => channels.includes(record.channel) && record.status !== 'retired' && serves(record, merchantId, livemode),
      ),
    method: (id) => findMethod(plugins, id),
    settleRules: (accountId) => settleRules(current.accounts.get(accountId)?.manifest),
    faults: () => current.faults,
  };
}

/** Whether an account is of this environment, and of this merchant or of all. */
export function serves(record: AccountRecord, merchantId: string, livemode: boolean): boolean {
  return record.livemode === livemode && (record.merchantId === null || record.merchantId === merchantId);
}

function openAll(
  plugins: ReadonlyMap<string, ChannelPlugin>,
  open: (record: AccountRecord) => ReturnType<typeof openOne>,
  before: Snapshot,
  records: readonly AccountRecord[],
  channelsOff: ReadonlySet<string>,
): Snapshot {
  const accounts = new Map<string, OpenAccount>();
  const faults: AccountFault[] = [];
  for (const record of records) {
    const old = before.accounts.get(record.id);
    const isSame = old !== undefined && sameInstance(old, record, plugins.get(record.channel));
    const opened = isSame ? { ...old, record } : open(record);
    if (!('reason' in opened)) accounts.set(record.id, opened);
    else {
      faults.push({ accountId: record.id, ...opened });
      if (old !== undefined) accounts.set(record.id, { ...old, record: { ...record, version: old.record.version } });
    }
  }
  return { accounts, records, channelsOff, faults };
}

/** A channel that is written down as data may be exchanged for another while the server runs; its manifest is then another one. */
function sameInstance({ record: old, manifest }: OpenAccount, next: AccountRecord, plugin: ChannelPlugin | undefined): boolean {
  return old.version === next.version && old.livemode === next.livemode && manifest === plugin?.manifest;
}

/** Opens an account, or says in words without values why that cannot be. */
export function openOne(
  plugin: ChannelPlugin | undefined,
  record: AccountRecord,
  sm2: Sm2Kit = createSm2().kit,
): OpenAccount | Omit<AccountFault, 'accountId'> {
  if (plugin === undefined) return { reason: `there is no channel ${record.channel}` };
  const { manifest } = plugin;
  const written = record.config();
  const faults = checkConfig(manifest.config, written);
  if (faults.length > 0) return { reason: faults.join('; ') };
  try {
    const config = completeConfig(manifest.config, written);
    const channel = plugin.open({ id: record.id, livemode: record.livemode, config }, makeKit(sm2, manifest.money.exponents));
    const lies = abilityFaults(manifest, channel);
    if (lies.length > 0) return { reason: lies.join('; '), isLie: true };
    const secrets = secretNames(manifest.config).flatMap((name) => (typeof config[name] === 'string' ? [config[name]] : []));
    return { id: record.id, channelId: record.channel, manifest, channel, record, secrets, certificates: certificatesOf(config) };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : 'could not be opened' };
  }
}

function findMethod(plugins: ReadonlyMap<string, ChannelPlugin>, id: string) {
  const manifest = plugins.get(id.slice(0, Math.max(0, id.indexOf('_'))))?.manifest;
  const method = manifest?.methods.find((one) => one.id === id);
  return manifest === undefined || method === undefined ? undefined : { manifest, method };
}

function settleRules(manifest: ChannelManifest | undefined) {
  const rules = manifest?.settle ?? { notFoundIsFinalAfterSec: 600, settlingSec: 3600 };
  return { notFoundIsFinalAfterMs: rules.notFoundIsFinalAfterSec * 1000, settlingMs: rules.settlingSec * 1000 };
}
