import { isDeepStrictEqual } from 'node:util';
import { openOne } from '../../channels/accounts.ts';
import { type AccountConfig, checkConfig, identityNames, maskConfig, secretNames } from '../../channels/config-schema.ts';
import { statusMoves } from '../../channels/life-cycle.ts';
import { type AccountTerms, noTerms, termsFaults } from '../../channels/terms.ts';
import type { ChannelPlugin } from '../../contract/channel.ts';
import type { ConfigSchema } from '../../contract/manifest.ts';
import { makeId } from '../../ids.ts';
import { maskText } from '../../mask.ts';
import type { Row, Tx } from '../../store/database.ts';
import type { AccountStatus } from '../records.ts';
import { decryptConfig, termsOf } from '../snapshot.ts';
import { isEncrypted, placeOf, type Vault } from '../vault.ts';
import { type AdminDeps, type Changed, changeConfig, done, exists, faulty } from './change.ts';
import { payoutsFault } from './payouts-to.ts';

export interface AccountDeps extends AdminDeps {
  /** The channels found on disk: their schemas say what a configuration holds and what of it is secret. */
  readonly plugins: ReadonlyMap<string, ChannelPlugin>;
}

export interface AccountInput {
  readonly channel: string;
  /** Absent: shared by all merchants. */
  readonly merchantId?: string | null;
  readonly livemode: boolean;
  readonly config: AccountConfig;
  readonly priority?: number;
  readonly weight?: number;
  /** What was agreed on with the vendor: methods, limits, fees. As somebody wrote it; it is checked. */
  readonly terms?: unknown;
}

export interface AccountUpdate {
  readonly id: string;
  /** Fields to replace. A null takes a field away; fields left out stay as they are. */
  readonly config?: AccountConfig;
  readonly priority?: number;
  readonly weight?: number;
  /** Replaces the terms as a whole. `{}`: none. */
  readonly terms?: unknown;
  /**
   * True: the new credentials are of another merchant at the vendor. Payments so far keep those that they were made with.
   * Without new credentials: the last exchange was such a move, and that is said now.
   */
  readonly otherMerchant?: boolean;
  /** True: somebody else has the old credentials. No callback is taken that is signed for them, from now on. */
  readonly leaked?: boolean;
}

/** What may be shown of an account. */
export interface AccountSummary {
  readonly id: string;
  readonly channel: string;
  readonly merchantId: string | null;
  readonly livemode: boolean;
  readonly status: string;
  readonly priority: number;
  readonly weight: number;
  readonly version: number;
  readonly terms: AccountTerms;
  readonly config: AccountConfig;
}

export const accountStatuses: readonly AccountStatus[] = ['enabled', 'draining', 'receive_only', 'retired'];

const defaultPriority = 100;
const defaultWeight = 1;

/** Adds an account, after its channel has opened it once: keys that cannot be used are refused before they are kept. */
export async function createAccount(deps: AccountDeps, input: AccountInput): Promise<Changed<{ id: string }>> {
  const now = deps.now();
  const id = makeId('acc_', now);
  const { livemode, config, priority = defaultPriority, weight = defaultWeight, terms = noTerms } = input;
  const plugin = deps.plugins.get(input.channel);
  const faults = everyFault(plugin, { priority, weight, terms }, { id, livemode, config });
  if (plugin === undefined || faults.length > 0) return faulty(...(plugin ? [] : [unknownChannel(deps, input.channel)]), ...faults);
  const stored = encryptConfig(deps.vault, plugin.manifest.config, id, config);
  const merchantId = input.merchantId ?? null;
  return changeConfig(deps.database, async (tx) => {
    if (merchantId !== null && !(await exists(tx, 'merchants', merchantId))) return faulty(`there is no merchant ${merchantId}`);
    const fault = await payoutsFault(tx, deps.plugins, { id, merchantId, livemode, terms });
    if (fault !== null) return faulty(fault);
    await tx.run(
      `INSERT INTO channel_accounts (id, channel, merchant_id, livemode, status, priority, weight, config, terms, version, created_at, updated_at)
       VALUES (?, ?, ?, ?, 'enabled', ?, ?, ?, ?, 1, ?, ?)`,
      [id, input.channel, merchantId, livemode ? 1 : 0, priority, weight, stored, JSON.stringify(terms), now.getTime(), now.getTime()],
    );
    return done({ id });
  });
}

/** Changes an account. The whole of it is checked and opened again; attempts already made keep their account. */
export async function updateAccount(deps: AccountDeps, input: AccountUpdate): Promise<Changed<{ id: string; version: number }>> {
  return changeConfig(deps.database, async (tx) => {
    const row = await tx.get('SELECT * FROM channel_accounts WHERE id = ?', [input.id]);
    if (row === undefined) return faulty(`there is no account ${input.id}`);
    const plugin = deps.plugins.get(String(row['channel']));
    const before = decryptConfig(deps.vault, input.id, String(row['config']));
    const config = replaceFields(before, input.config ?? {});
    const { priority = Number(row['priority']), weight = Number(row['weight']), terms = termsOf(row) } = input;
    const faults = everyFault(plugin, { priority, weight, terms }, { id: input.id, livemode: row['livemode'] === 1, config });
    if (plugin === undefined || faults.length > 0) {
      return faulty(...(plugin ? [] : [unknownChannel(deps, String(row['channel']))]), ...faults);
    }
    const of = { id: input.id, merchantId: row['merchant_id'] ?? null, livemode: row['livemode'] === 1 };
    const fault = await payoutsFault(tx, deps.plugins, { ...of, terms });
    if (fault !== null) return faulty(fault);
    const { otherMerchant = false } = input;
    if (!otherMerchant && isMove(plugin, row, before, config))
      return faulty(
        'an account cannot move to another merchant number by the way: create a new account and drain this one, or say that it is another merchant',
      );
    const stored = encryptConfig(deps.vault, plugin.manifest.config, input.id, config);
    const now = deps.now().getTime();
    const isSame = isDeepStrictEqual(before, config);
    const unmarked = isSame && otherMerchant ? await markMoved(tx, input.id) : null;
    if (unmarked !== null) return faulty(unmarked);
    if (!isSame) await keepVersion(tx, row, otherMerchant, now);
    if (input.leaked === true) await endGrace(tx, input.id);
    return writeUpdate(tx, { row, stored, priority, weight, terms: JSON.stringify(terms), now });
  });
}

/** Keeps the credentials that are about to be replaced. Encrypted as they are: their place is still the account. */
async function keepVersion(tx: Tx, row: Row, isMoved: boolean, now: number): Promise<void> {
  const [id, version] = [String(row['id']), Number(row['version'])];
  await tx.run('INSERT INTO account_versions (id, account_id, version, config, moved, replaced_at) VALUES (?, ?, ?, ?, ?, ?)', [
    `${id}:${version}`,
    id,
    version,
    String(row['config']),
    isMoved ? 1 : 0,
    now,
  ]);
}

/**
 * Credentials that strangers know verify nothing: those replaced now, and those before, which may share a key with them. Those of
 * another merchant are kept all the same: his payments are still asked about and refunded with them.
 */
async function endGrace(tx: Tx, accountId: string): Promise<void> {
  await tx.run('UPDATE account_versions SET replaced_at = 0 WHERE account_id = ?', [accountId]);
}

/** Marks the exchange before as a move to another merchant, for whoever did not say so at the time. Null: it is marked. */
async function markMoved(tx: Tx, accountId: string): Promise<string | null> {
  const last = await tx.get('SELECT id, moved FROM account_versions WHERE account_id = ? ORDER BY version DESC LIMIT 1', [accountId]);
  if (last === undefined || last['moved'] === 1)
    return 'the configuration stays as it is, and no earlier one is kept that was not of another merchant already: there is no move to mark';
  await tx.run('UPDATE account_versions SET moved = 1 WHERE id = ?', [last['id'] ?? null]);
  return null;
}

/** Whether it becomes another merchant's: by the number that the channel knows, or by a field that names him where it knows none. */
function isMove(plugin: ChannelPlugin, row: Row, before: AccountConfig, config: AccountConfig): boolean {
  const [old, next] = [merchantNoOf(plugin, row, before), merchantNoOf(plugin, row, config)];
  if (old !== null && next !== null && old !== next) return true;
  return identityNames(plugin.manifest.config).some((name) => name in before && name in config && before[name] !== config[name]);
}

/** The vendor's name for the merchant of a configuration; null when it cannot be opened, or the vendor never says. */
function merchantNoOf(plugin: ChannelPlugin, row: Row, config: AccountConfig): string | null {
  const opened = openConfig(plugin, { id: String(row['id']), livemode: row['livemode'] === 1, config });
  return 'reason' in opened ? null : opened.channel.merchantNo;
}

export function setAccountStatus(
  deps: AdminDeps,
  input: { readonly id: string; readonly status: AccountStatus },
): Promise<Changed<{ id: string; status: AccountStatus }>> {
  const now = deps.now().getTime();
  return changeConfig(deps.database, async (tx) => {
    if (!accountStatuses.includes(input.status)) return faulty(`status must be one of ${accountStatuses.join(', ')}`);
    const row = await tx.get('SELECT status FROM channel_accounts WHERE id = ?', [input.id]);
    if (row === undefined) return faulty(`there is no account ${input.id}`);
    const fault = await faultOfMove(tx, input.id, String(row['status']), input.status);
    if (fault !== null) return faulty(fault);
    await tx.run('UPDATE channel_accounts SET status = ?, updated_at = ? WHERE id = ?', [input.status, now, input.id]);
    return done(input);
  });
}

async function faultOfMove(tx: Tx, id: string, from: string, to: AccountStatus): Promise<string | null> {
  if (from === to) return null;
  const next = statusMoves[from] ?? [];
  if (!next.includes(to)) return `an account that is ${from} can become ${next.join(' or ')}, not ${to}`;
  const open = to === 'retired' ? await countOpen(tx, id) : 0;
  // Nobody could learn any more how these ended.
  return open === 0 ? null : `${open} payments or refunds of it have not ended: leave it receive_only until they have`;
}

/** Whatever asks for attention has not ended. */
async function countOpen(tx: Tx, accountId: string): Promise<number> {
  const attempts = await tx.get('SELECT COUNT(*) AS n FROM attempts WHERE due_at IS NOT NULL AND account_id = ?', [accountId]);
  const refunds = await tx.get(
    'SELECT COUNT(*) AS n FROM refunds r JOIN attempts a ON a.id = r.attempt_id WHERE r.due_at IS NOT NULL AND a.account_id = ?',
    [accountId],
  );
  return Number(attempts?.['n'] ?? 0) + Number(refunds?.['n'] ?? 0);
}

/** All accounts with their secrets masked. Of a channel that is not installed every field is. */
export async function listAccounts(deps: Pick<AccountDeps, 'database' | 'plugins'>): Promise<readonly AccountSummary[]> {
  const rows = await deps.database.all('SELECT * FROM channel_accounts ORDER BY channel, priority, id');
  return rows.map((row) => summarize(row, deps.plugins.get(String(row['channel']))?.manifest.config ?? unknownSchema));
}

const unknownSchema: ConfigSchema = { type: 'object', required: [], properties: {} };

function summarize(row: Row, schema: ConfigSchema): AccountSummary {
  return {
    id: String(row['id']),
    channel: String(row['channel']),
    merchantId: row['merchant_id'] === null ? null : String(row['merchant_id']),
    livemode: row['livemode'] === 1,
    status: String(row['status']),
    priority: Number(row['priority']),
    weight: Number(row['weight']),
    version: Number(row['version']),
    terms: termsOf(row),
    config: maskConfig(schema, JSON.parse(String(row['config'])) as AccountConfig),
  };
}

interface Update {
  readonly row: Row;
  readonly stored: string;
  readonly priority: number;
  readonly weight: number;
  readonly terms: string;
  readonly now: number;
}

async function writeUpdate(tx: Tx, update: Update): Promise<Changed<{ id: string; version: number }>> {
  const id = String(update.row['id']);
  const version = Number(update.row['version']);
  const changed = await tx.run(
    'UPDATE channel_accounts SET config = ?, priority = ?, weight = ?, terms = ?, version = ?, updated_at = ? WHERE id = ? AND version = ?',
    [update.stored, update.priority, update.weight, update.terms, version + 1, update.now, id, version],
  );
  return changed === 1 ? done({ id, version: version + 1 }) : faulty('the account was changed by someone else; try again');
}

/** Opens a configuration that is not stored yet, as the server would. */
function openConfig(plugin: ChannelPlugin, account: { readonly id: string; readonly livemode: boolean; readonly config: AccountConfig }) {
  const config = () => account.config;
  const fixed = { channel: plugin.manifest.id, merchantId: null, status: 'enabled', priority: 0, weight: 1, version: 1 };
  return openOne(plugin, { ...account, ...fixed, config });
}

interface Order {
  readonly priority: number;
  readonly weight: number;
  readonly terms: unknown;
}

function everyFault(plugin: ChannelPlugin | undefined, { priority, weight, terms }: Order, account: Parameters<typeof accountFaults>[1]) {
  const agreed = plugin === undefined ? [] : termsFaults(terms, plugin.manifest.methods);
  return [...orderFaults(priority, weight), ...agreed, ...accountFaults(plugin, account)];
}

function accountFaults(plugin: ChannelPlugin | undefined, account: { id: string; livemode: boolean; config: AccountConfig }): string[] {
  if (plugin === undefined) return [];
  const faults = checkConfig(plugin.manifest.config, account.config);
  // What looks encrypted is decrypted at load, which would fail for a text that the vault did not write.
  const looksEncrypted = Object.entries(account.config).filter(([, value]) => typeof value === 'string' && isEncrypted(value));
  faults.push(...looksEncrypted.map(([name]) => `${name} has the form of an encrypted secret`));
  if (faults.length > 0) return faults;
  const opened = openConfig(plugin, account);
  return 'reason' in opened ? [maskText(opened.reason, secretsOf(plugin.manifest.config, account.config))] : [];
}

function secretsOf(schema: ConfigSchema, config: AccountConfig): string[] {
  return secretNames(schema)
    .map((name) => config[name])
    .filter((value) => typeof value === 'string');
}

function orderFaults(priority: number, weight: number): string[] {
  return [
    ...(isWithin(priority, 0, 10_000) ? [] : ['priority must be an integer from 0 (first) to 10000']),
    ...(isWithin(weight, 0, 10_000) ? [] : ['weight must be an integer from 0 to 10000']),
  ];
}

function isWithin(value: number, min: number, max: number): boolean {
  return Number.isSafeInteger(value) && value >= min && value <= max;
}

function unknownChannel(deps: AccountDeps, channel: string): string {
  return `there is no channel ${JSON.stringify(channel)}; installed: ${[...deps.plugins.keys()].join(', ') || 'none'}`;
}

function replaceFields(before: AccountConfig, changes: AccountConfig): AccountConfig {
  return Object.fromEntries(Object.entries({ ...before, ...changes }).filter(([, value]) => value !== null));
}

function encryptConfig(vault: Vault, schema: ConfigSchema, accountId: string, config: AccountConfig): string {
  const secrets = new Set(secretNames(schema));
  const fields = Object.entries(config).map(([name, value]) => {
    const isSecret = secrets.has(name) && typeof value === 'string';
    return [name, isSecret ? vault.encrypt(value, placeOf('channel_accounts', accountId, `config.${name}`)) : value];
  });
  return JSON.stringify(Object.fromEntries(fields));
}
