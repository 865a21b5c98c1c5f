import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Sequelize } from 'sequelize';
import { parseAddress } from './address.ts';
import type { Database } from './database.ts';
import { openMysql } from './mysql/engine.ts';
import { openSequelizeOnMysql, openSequelizeOnSqlite } from './sequelize.ts';
import { openSqlite } from './sqlite/engine.ts';
import { createWriterLock } from './sqlite/writer.ts';

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
  /** For schema, models and admin queries. */
  readonly sequelize: Sequelize;
  close(): Promise<void>;
}

/** More than 32 connections gained nothing on two cores; ten leave room for a second server. */
const usualPoolSize = 10;

/** Opens the one or the other engine. It creates no tables: `migrate` does. */
export async function openDatabase(options: OpenOptions): Promise<OpenDatabase> {
  if (options.url === undefined || options.url === null) return openEmbedded(options.dataDir);
  const address = parseAddress(options.url);
  return together(openMysql(address, options.poolSize ?? usualPoolSize), openSequelizeOnMysql(address));
}

async function openEmbedded(dataDir: string): Promise<OpenDatabase> {
  mkdirSync(dataDir, { recursive: true });
  const file = join(dataDir, 'paymux.db');
  // SQLite would make it readable by everyone on the machine; its journals take over the mode of the file.
  closeSync(openSync(file, 'a', 0o600));
  const lock = createWriterLock();
  return together(await openSqlite(file, lock), openSequelizeOnSqlite(file, lock));
}

function together(database: Database, sequelize: Sequelize): OpenDatabase {
  return {
    database,
    sequelize,
    async close() {
      await sequelize.close();
      await database.close();
    },
  };
}
