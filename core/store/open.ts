import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Sequelize } from 'sequelize';
import { parseAddress } from './address.ts';
import { openDataFolder, unusable } from './data-folder.ts';
import type { Database } from './database.ts';

export interface OpenOptions {
  /** `mysql://…`. Absent or null: the embedded file `paymux.db` in the data folder. */
  readonly url?: string | null;
  readonly dataDir: string;
  /** Connections to MySQL or MariaDB. */
  readonly poolSize?: number;
}

export interface OpenDatabase {
  /** For everything that happens to a payment. */
  readonly database: Database;
  /** For schema, models and admin queries. Opened at the first call: serving payments needs none of it. */
  openSequelize(): Promise<Sequelize>;
  /** Connections that are lent, and callers who wait for one. The embedded engine has none to lend. */
  readonly poolUse?: () => { readonly inUse: number; readonly waiting: number };
  close(): Promise<void>;
}

/** More than 32 connections gained nothing on two cores; ten leave room for a second server. */
const usualPoolSize = 10;

/** Opens the one or the other engine, and loads the driver of that one only. It creates no tables: `migrate` does. */
export async function openDatabase(options: OpenOptions): Promise<OpenDatabase> {
  if (options.url === undefined || options.url === null) return openEmbedded(options.dataDir);
  const address = parseAddress(options.url);
  const { openMysql } = await import('./mysql/engine.ts');
  const database = openMysql(address, options.poolSize ?? usualPoolSize);
  const opened = together(database, async () => {
    const { openSequelizeOnMysql } = await import('./sequelize.ts');
    return openSequelizeOnMysql(address);
  });
  return { ...opened, poolUse: () => database.poolUse() };
}

async function openEmbedded(dataDir: string): Promise<OpenDatabase> {
  openDataFolder(dataDir);
  const file = join(dataDir, 'paymux.db');
  // SQLite would make it readable by everyone on the machine; its journals take over the mode of the file.
  try {
    closeSync(openSync(file, 'a', 0o600));
  } catch (error) {
    throw unusable(dataDir, error);
  }
  const [{ openSqlite }, { createWriterLock }] = await Promise.all([import('./sqlite/engine.ts'), import('./sqlite/writer.ts')]);
  const lock = createWriterLock();
  const database = await openSqlite(file, lock).catch((error: unknown) => Promise.reject(unusable(dataDir, error)));
  return together(database, async () => {
    const { openSequelizeOnSqlite } = await import('./sequelize.ts');
    return openSequelizeOnSqlite(file, lock);
  });
}

/** The database for a server: the embedded one is locked for it until it is closed. */
export async function openForServer(options: OpenOptions): Promise<OpenDatabase> {
  if (options.url !== undefined && options.url !== null) return openDatabase(options);
  const { lockForServer } = await import('./sqlite/server-lock.ts');
  const unlock = lockForServer(options.dataDir);
  try {
    const opened = await openDatabase(options);
    return { ...opened, close: () => opened.close().finally(unlock) };
  } catch (error) {
    unlock();
    throw error;
  }
}

function together(database: Database, open: () => Promise<Sequelize>): OpenDatabase {
  let opening: Promise<Sequelize> | null = null;
  return {
    database,
    openSequelize() {
      opening ??= open();
      return opening;
    },
    async close() {
      await (await opening)?.close();
      await database.close();
    },
  };
}
