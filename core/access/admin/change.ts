import { type Database, type Tx, UniqueError } from '../../store/database.ts';
import type { Vault } from '../vault.ts';

/** What every administrative verb needs. */
export interface AdminDeps {
  readonly database: Database;
  readonly vault: Vault;
  readonly now: () => Date;
}

/** A change that was made, or everything that is wrong with what was asked. */
export type Changed<T> = ({ readonly kind: 'done' } & T) | Faults;

export interface Faults {
  readonly kind: 'faults';
  readonly faults: readonly string[];
}

/** Runs a change and counts up the version in one transaction, so that no server ever misses one. Faults change nothing. */
export function changeConfig<T>(database: Database, work: (tx: Tx) => Promise<Changed<T>>): Promise<Changed<T>> {
  return database.transaction(async (tx) => {
    const changed = await work(tx);
    if (changed.kind === 'done') await countUp(tx);
    return changed;
  });
}

export function done<T extends object>(result: T): { readonly kind: 'done' } & T {
  return { kind: 'done', ...result };
}

export function faulty(...faults: readonly string[]): Faults {
  return { kind: 'faults', faults };
}

/** The names of a table whose rows the admin verbs look up by id. */
type LookedUp = 'merchants' | 'apps' | 'api_keys' | 'signing_keys' | 'channel_accounts' | 'notification_endpoints';

export async function exists(tx: Tx, table: LookedUp, id: string): Promise<boolean> {
  return (await tx.get(`SELECT id FROM ${table} WHERE id = ?`, [id])) !== undefined;
}

/** A name as people give it: something to read, nothing to abuse in a terminal or a log. */
export function nameFaults(name: string): string[] {
  const isReadable = name.trim() !== '' && name.length <= 200 && !/\p{Cc}/u.test(name);
  return isReadable ? [] : ['name must have 1 to 200 characters, none of them a control character'];
}

async function countUp(tx: Tx): Promise<void> {
  if (await addOne(tx)) return;
  try {
    await tx.run("INSERT INTO versions (id, value) VALUES ('config', 1)");
  } catch (error) {
    if (!(error instanceof UniqueError)) throw error;
    await addOne(tx);
  }
}

async function addOne(tx: Tx): Promise<boolean> {
  return (await tx.run("UPDATE versions SET value = value + 1 WHERE id = 'config'")) === 1;
}
