import type { Sequelize } from 'sequelize';
import type { Database } from '../database.ts';
import { firstSchema } from './0001-first-schema.ts';
import { sessionsAndFeed } from './0002-sessions-and-feed.ts';
import { accountVersions } from './0003-account-versions.ts';
import { terms } from './0004-terms.ts';
import { appSecrets } from './0005-app-secrets.ts';
import { checkout } from './0006-checkout.ts';
import { paymentLinks } from './0007-payment-links.ts';
import { ledger } from './0008-ledger.ts';
import { brands } from './0009-brands.ts';
import { reconciliation } from './0010-reconciliation.ts';
import { archive } from './0011-archive.ts';
import { discrepancyAskedBy } from './0012-discrepancy-asked-by.ts';
import { givenDocuments } from './0013-given-documents.ts';
import { linkHolders } from './0014-link-holders.ts';
import { payouts } from './0015-payouts.ts';
import type { Migration } from './migration.ts';

export interface MigrateOptions {
  readonly database: Database;
  readonly openSequelize: () => Promise<Sequelize>;
  /** Instead of the kernel's own: those of a feature, whose names begin with the feature's. */
  readonly migrations?: readonly Migration[];
}

const kernelMigrations: readonly Migration[] = [
  firstSchema,
  sessionsAndFeed,
  accountVersions,
  terms,
  appSecrets,
  checkout,
  paymentLinks,
  ledger,
  brands,
  reconciliation,
  archive,
  discrepancyAskedBy,
  givenDocuments,
  linkHolders,
  payouts,
];

/** Names of the migrations that have not been run. Writes nothing. */
export async function pendingMigrations({
  database,
  migrations = kernelMigrations,
}: Omit<MigrateOptions, 'openSequelize'>): Promise<readonly string[]> {
  const done = new Set(await readDone(database));
  return migrations.map(({ name }) => name).filter((name) => !done.has(name));
}

/**
 * Runs what is pending and answers the names. The machinery is loaded only when there is something
 * to do: Sequelize and umzug cost a start some 230 ms and 20 MiB, and nearly every start has nothing pending.
 */
export async function migrate(options: MigrateOptions): Promise<readonly string[]> {
  if ((await pendingMigrations(options)).length === 0) return [];
  const { runMigrations } = await import('./run.ts');
  return runMigrations(await options.openSequelize(), options.migrations ?? kernelMigrations);
}

const tableExists = {
  sqlite: "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'migrations'",
  mysql: "SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'migrations'",
} as const;

async function readDone(database: Database): Promise<readonly string[]> {
  if ((await database.get(tableExists[database.engine])) === undefined) return [];
  return (await database.all('SELECT name FROM migrations ORDER BY name')).map((row) => String(row.name));
}
