import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import type { AccountConfig } from '../channels/config-schema.ts';
import { type AccountTerms, noTerms } from '../channels/terms.ts';
import type { PreviousVersion } from '../channels/versions.ts';
import type { Reader, Row, Value } from '../store/database.ts';
import type {
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
import { isEncrypted, placeOf, type Vault, VaultError } from './vault.ts';

/** Everything that is read at start and kept in memory, as of one version. */
export interface Snapshot {
  readonly version: number;
  readonly merchants: ReadonlyMap<string, MerchantRecord>;
  readonly apps: ReadonlyMap<string, App>;
  readonly keysByHash: ReadonlyMap<string, ApiKey>;
  readonly signingKeys: ReadonlyMap<string, SigningKey>;
  readonly disabledChannels: ReadonlySet<string>;
  readonly accounts: ReadonlyMap<string, ChannelAccountRecord>;
  readonly accountsByChannel: ReadonlyMap<string, readonly ChannelAccountRecord[]>;
  readonly endpointsByApp: ReadonlyMap<string, readonly Endpoint[]>;
}

/** How often changes that keep coming may make a load start over. After that the next poll brings the rest. */
const maxReads = 5;

/** Reads the version that every change of what is held in memory counts up. */
export async function readVersion(database: Reader): Promise<number> {
  const row = await database.get("SELECT value FROM versions WHERE id = 'config'");
  return row === undefined ? 0 : numberOf(row, 'value');
}

/** Reads everything. Throws, naming the record, when one cannot be decrypted or read. */
export async function loadSnapshot(database: Reader, vault: Vault): Promise<Snapshot> {
  for (let reads = 1; ; reads += 1) {
    const version = await readVersion(database);
    const snapshot = await readTables(database, vault, version);
    // The tables are read one after another: a change in between could show a key without its app.
    if (reads >= maxReads || (await readVersion(database)) === version) return snapshot;
  }
}

async function readTables(database: Reader, vault: Vault, version: number): Promise<Snapshot> {
  const read = (table: string) => database.all(`SELECT * FROM ${table} ORDER BY id`);
  const merchants = mapById((await read('merchants')).map(toMerchant));
  const apps = (await read('apps')).map((row) => toApp(row, merchants, vault));
  const keys = (await read('api_keys')).map((row) => [textOf(row, 'hash'), toApiKey(row)] as const);
  const signingKeys = (await read('signing_keys')).map((row) => toSigningKey(row, vault));
  const disabled = (await read('channels')).filter((row) => row['status'] === 'disabled').map((row) => textOf(row, 'id'));
  const previous = Map.groupBy(await read('account_versions'), (row) => textOf(row, 'account_id'));
  const accounts = (await read('channel_accounts')).map((row) => toAccount(row, previous.get(textOf(row, 'id')) ?? [], vault));
  const endpoints = (await read('notification_endpoints')).map((row) => toEndpoint(row, vault));
  return {
    version,
    merchants,
    apps: mapById(apps),
    keysByHash: new Map(keys),
    signingKeys: mapById(signingKeys),
    disabledChannels: new Set(disabled),
    accounts: mapById(accounts),
    accountsByChannel: Map.groupBy(accounts, ({ channel }) => channel),
    endpointsByApp: Map.groupBy(endpoints, ({ appId }) => appId),
  };
}

function toMerchant(row: Row): MerchantRecord {
  return {
    id: textOf(row, 'id'),
    name: textOf(row, 'name'),
    status: row['status'] === 'active' ? 'active' : 'disabled',
    brandColor: textOrNull(row, 'brand_color'),
    logoId: textOrNull(row, 'logo_id'),
  };
}

function toApp(row: Row, merchants: ReadonlyMap<string, MerchantRecord>, vault: Vault): App {
  const id = textOf(row, 'id');
  const merchantId = textOf(row, 'merchant_id');
  return {
    id,
    merchantId,
    name: textOf(row, 'name'),
    livemode: row['livemode'] === 1,
    active: row['status'] === 'active' && merchants.get(merchantId)?.status === 'active',
    notifyUrl: textOrNull(row, 'notify_url'),
    returnUrl: textOrNull(row, 'return_url'),
    latePolicy: textOf(row, 'late_policy') as LatePolicy,
    requireSignature: row['require_signature'] !== 0,
    ratePerSecond: numberOf(row, 'rate_per_second'),
    notificationSecrets: secretsOf(row, 'apps', id, vault),
  };
}

function toApiKey(row: Row): ApiKey {
  return {
    id: textOf(row, 'id'),
    appId: textOf(row, 'app_id'),
    hint: textOf(row, 'hint'),
    scopes: JSON.parse(textOf(row, 'scopes')) as Scope[],
    status: row['status'] === 'active' ? 'active' : 'revoked',
  };
}

function toSigningKey(row: Row, vault: Vault): SigningKey {
  const id = textOf(row, 'id');
  const algorithm = row['algorithm'] === 'ed25519' ? 'ed25519' : 'hmac-sha256';
  const status = row['status'] === 'active' ? 'active' : 'revoked';
  return { id, appId: textOf(row, 'app_id'), algorithm, status, key: toKeyObject(algorithm, textOf(row, 'material'), id, vault) };
}

function toKeyObject(algorithm: SigningKey['algorithm'], material: string, id: string, vault: Vault): KeyObject {
  if (algorithm === 'ed25519') return createPublicKey({ key: Buffer.from(material, 'base64'), format: 'der', type: 'spki' });
  return createSecretKey(Buffer.from(decrypt(vault, material, 'signing_keys', id, 'material'), 'base64'));
}

function toAccount(row: Row, previous: readonly Row[], vault: Vault): ChannelAccountRecord {
  const id = textOf(row, 'id');
  const config = decryptConfig(vault, id, textOf(row, 'config'));
  return {
    id,
    channel: textOf(row, 'channel'),
    merchantId: textOrNull(row, 'merchant_id'),
    livemode: row['livemode'] === 1,
    status: textOf(row, 'status') as AccountStatus,
    priority: numberOf(row, 'priority'),
    weight: numberOf(row, 'weight'),
    version: numberOf(row, 'version'),
    config: () => config,
    terms: termsOf(row),
    previous: previous.map((one) => toPrevious(one, id, vault)),
  };
}

/** The terms of a row of `channel_accounts`. They were checked when they were written. */
export function termsOf(row: Row): AccountTerms {
  const written = textOrNull(row, 'terms');
  return written === null ? noTerms : (JSON.parse(written) as AccountTerms);
}

function toPrevious(row: Row, accountId: string, vault: Vault): PreviousVersion {
  const config = decryptConfig(vault, accountId, textOf(row, 'config'));
  return {
    version: numberOf(row, 'version'),
    isMoved: numberOf(row, 'moved') === 1,
    replacedAt: new Date(numberOf(row, 'replaced_at')),
    config: () => config,
  };
}

/** The configuration of an account as stored, with its encrypted fields in plain text. */
export function decryptConfig(vault: Vault, accountId: string, stored: string): AccountConfig {
  const fields = Object.entries(JSON.parse(stored) as Record<string, unknown>);
  return Object.fromEntries(
    fields.map(([name, value]) => {
      const isSecret = typeof value === 'string' && isEncrypted(value);
      return [name, isSecret ? decrypt(vault, value, 'channel_accounts', accountId, `config.${name}`) : value];
    }),
  );
}

function toEndpoint(row: Row, vault: Vault): Endpoint {
  const id = textOf(row, 'id');
  return {
    id,
    appId: textOf(row, 'app_id'),
    url: textOf(row, 'url'),
    types: JSON.parse(textOf(row, 'types')) as string[],
    status: row['status'] === 'enabled' ? 'enabled' : 'disabled',
    secrets: secretsOf(row, 'notification_endpoints', id, vault),
  };
}

/** The secret of a row, and beside it the one before until its time is over. */
function secretsOf(row: Row, table: 'apps' | 'notification_endpoints', id: string, vault: Vault): (now: Date) => readonly string[] {
  const current = decrypt(vault, textOf(row, 'secret'), table, id, 'secret');
  const stored = textOrNull(row, 'old_secret');
  const old = stored === null ? null : decrypt(vault, stored, table, id, 'old_secret');
  const oldUntil = Number(row['old_secret_until'] ?? 0);
  return (now) => (old !== null && oldUntil > now.getTime() ? [current, old] : [current]);
}

function decrypt(vault: Vault, text: string, table: string, id: string, column: string): string {
  const place = placeOf(table, id, column);
  try {
    return vault.decrypt(text, place);
  } catch (error) {
    throw new VaultError(`the secret at ${place} cannot be decrypted: ${error instanceof Error ? error.message : 'unknown'}`);
  }
}

function mapById<T extends { readonly id: string }>(records: readonly T[]): ReadonlyMap<string, T> {
  return new Map(records.map((record) => [record.id, record]));
}

function textOf(row: Row, column: string): string {
  const value: Value | undefined = row[column];
  if (typeof value !== 'string') throw new TypeError(`column ${column} holds no text`);
  return value;
}

function textOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : textOf(row, column);
}

function numberOf(row: Row, column: string): number {
  const value: Value | undefined = row[column];
  if (typeof value !== 'number') throw new TypeError(`column ${column} holds no number`);
  return value;
}
