import type { AccountConfig } from '../../channels/config-schema.ts';
import type { Database } from '../../store/database.ts';
import { isEncrypted, placeOf, type Vault } from '../vault.ts';
import { type AdminDeps, type Changed, changeConfig, done } from './change.ts';

/** Every column that may hold a secret. A signing key's is public for Ed25519 and then left alone. */
const columns = [
  { table: 'apps', column: 'secret' },
  { table: 'apps', column: 'old_secret' },
  { table: 'signing_keys', column: 'material' },
  { table: 'notification_endpoints', column: 'secret' },
  { table: 'notification_endpoints', column: 'old_secret' },
  { table: 'channel_accounts', column: 'config' },
  { table: 'account_versions', column: 'config' },
  { table: 'statement_files', column: 'data_key' },
] as const;

type Place = (typeof columns)[number];

/**
 * Encrypts with the vault's first key whatever was encrypted with another. Row by row, each only if
 * unchanged since it was read, so it may run beside servers and be broken off and repeated at any time.
 */
export async function rotateSecrets(deps: AdminDeps): Promise<Changed<{ rewritten: number; keyId: string }>> {
  let rewritten = 0;
  for (const place of columns) rewritten += await rotateColumn(deps, place);
  return changeConfig(deps.database, async () => done({ rewritten, keyId: deps.vault.keyId() }));
}

async function rotateColumn(deps: AdminDeps, place: Place): Promise<number> {
  const { table, column } = place;
  const rows = await deps.database.all(`SELECT id, ${column} AS stored FROM ${table} WHERE ${column} IS NOT NULL`);
  let rewritten = 0;
  for (const row of rows) {
    const id = String(row['id']);
    const stored = String(row['stored']);
    const renewed = renew(deps.vault, place, id, stored);
    if (renewed !== stored) rewritten += await replace(deps.database, place, { id, stored, renewed });
  }
  return rewritten;
}

function replace(database: Database, place: Place, row: { id: string; stored: string; renewed: string }): Promise<number> {
  const sql = `UPDATE ${place.table} SET ${place.column} = ? WHERE id = ? AND ${place.column} = ?`;
  return database.transaction((tx) => tx.run(sql, [row.renewed, row.id, row.stored]));
}

function renew(vault: Vault, { table, column }: Place, id: string, stored: string): string {
  // A version was encrypted as its account's, whose id its own begins with.
  if (table === 'account_versions') return renew(vault, { table: 'channel_accounts', column: 'config' }, id.split(':')[0] ?? '', stored);
  if (column !== 'config') return renewText(vault, stored, placeOf(table, id, column));
  const fields = Object.entries(JSON.parse(stored) as AccountConfig);
  const renewed = fields.map(([name, value]) => [
    name,
    typeof value === 'string' ? renewText(vault, value, placeOf(table, id, `config.${name}`)) : value,
  ]);
  return JSON.stringify(Object.fromEntries(renewed));
}

function renewText(vault: Vault, text: string, place: string): string {
  return isEncrypted(text) && vault.isOld(text) ? vault.encrypt(vault.decrypt(text, place), place) : text;
}
