import type { Reader } from '../store/database.ts';
import type { ApiKey, App, ChannelAccountRecord, Endpoint, MerchantRecord, SigningKey } from './records.ts';
import { loadSnapshot, readVersion, type Snapshot } from './snapshot.ts';
import type { Vault } from './vault.ts';

export type {
  AccountStatus,
  ApiKey,
  App,
  ChannelAccountRecord,
  Endpoint,
  LatePolicy,
  MerchantRecord,
  Scope,
  SigningKey,
} from './records.ts';

/** Merchants, apps, keys, accounts and endpoints, answered from memory: paying reads none of them from the database. */
export interface Directory {
  /** The version that is served. */
  version(): number;
  /** Why a newer version could not be loaded, so that an older one still serves; null when all is well. */
  fault(): string | null;
  merchant(id: string): MerchantRecord | undefined;
  app(id: string): App | undefined;
  keyByHash(hash: string): ApiKey | undefined;
  signingKey(id: string): SigningKey | undefined;
  /** A channel without a row is on. */
  isChannelEnabled(channel: string): boolean;
  account(id: string): ChannelAccountRecord | undefined;
  accounts(): readonly ChannelAccountRecord[];
  accountsOf(channel: string): readonly ChannelAccountRecord[];
  endpointsOf(appId: string): readonly Endpoint[];
  /** Loads anew when something changed. Never rejects: what goes wrong is told by `fault`. */
  refresh(): Promise<void>;
  /** Calls `listener` after each load of a newer version, again until it does not fail; `refresh` waits for it. Answers a function that ends this. */
  onChange(listener: () => void | Promise<void>): () => void;
  /** Ends the watching for changes and waits for a load under way. */
  stop(): Promise<void>;
}

export interface DirectoryOptions {
  readonly database: Reader;
  readonly vault: Vault;
  /** How often the version is looked at. 0: only when `refresh` is called. */
  readonly pollMs: number;
}

/** Loads everything and keeps it fresh. Rejects when the first load fails: there is nothing older to serve. */
export async function openDirectory(options: DirectoryOptions): Promise<Directory> {
  const { database, vault, pollMs } = options;
  const listeners = new Set<() => void | Promise<void>>();
  let snapshot = await loadSnapshot(database, vault);
  let announced = snapshot.version;
  let fault: string | null = null;

  const load = async (): Promise<void> => {
    try {
      if ((await readVersion(database)) !== snapshot.version) snapshot = await loadSnapshot(database, vault);
      // Counted only when every listener is through: one that failed hears of it again.
      if (announced !== snapshot.version) for (const listener of listeners) await listener();
      announced = snapshot.version;
      fault = null;
    } catch (error) {
      fault = error instanceof Error ? error.message : String(error);
    }
  };
  const enqueue = oneAtATime(load);
  let running: Promise<void> = Promise.resolve();
  const refresh = (): Promise<void> => {
    running = enqueue();
    return running;
  };
  const timer = pollMs > 0 ? setInterval(() => void refresh(), pollMs).unref() : undefined;

  return {
    ...lookups(() => snapshot),
    fault: () => fault,
    refresh,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async stop() {
      clearInterval(timer);
      listeners.clear();
      await running;
    },
  };
}

type Lookups = Omit<Directory, 'fault' | 'refresh' | 'onChange' | 'stop'>;

function lookups(current: () => Snapshot): Lookups {
  return {
    version: () => current().version,
    merchant: (id) => current().merchants.get(id),
    app: (id) => current().apps.get(id),
    keyByHash: (hash) => current().keysByHash.get(hash),
    signingKey: (id) => current().signingKeys.get(id),
    isChannelEnabled: (channel) => !current().disabledChannels.has(channel),
    account: (id) => current().accounts.get(id),
    accounts: () => [...current().accounts.values()],
    accountsOf: (channel) => current().accountsByChannel.get(channel) ?? [],
    endpointsOf: (appId) => current().endpointsByApp.get(appId) ?? [],
  };
}

/** A call during a run starts another one after it: what changed while the first was reading is not missed. */
function oneAtATime(work: () => Promise<void>): () => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  let waiting: Promise<void> | null = null;
  return () => {
    waiting ??= last.then(() => {
      waiting = null;
      last = work();
      return last;
    });
    return waiting;
  };
}
