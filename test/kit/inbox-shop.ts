import type { Vault } from '../../core/access/vault.ts';
import type { Database } from '../../core/store/database.ts';
import { type GivenLine, openStatementShop, writeDocument } from './statement-shop.ts';

/** A shop with statements, as the folder of documents finds it: by the account's id. */
export function openInboxShop(database: Database, own: Vault, cutOff = '00:00') {
  const shop = openStatementShop(database, 'trade', own, cutOff);
  const { kernel, vault } = shop.deps;
  const account = (id: string) => (id === shop.account.id ? shop.account : undefined);
  return { shop, deps: { vault, kernel: { ...kernel, database, channels: { ...kernel.channels, account } } } };
}

/** The bytes of a document. */
export async function textOf(lines: readonly GivenLine[]): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of writeDocument(lines).content) parts.push(part);
  return Buffer.concat(parts).toString();
}
