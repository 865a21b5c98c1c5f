import { QueryTypes, type Sequelize, type Transaction } from 'sequelize';
import { Umzug, type UmzugStorage } from 'umzug';
import { createTable, type Flavour, keyCollations } from './definition.ts';
import { holdLease } from './lease.ts';
import type { Migration, MigrationContext } from './migration.ts';

/** Runs what is pending and answers the names. Safe when several processes start at once, and after a kill in the middle. */
export async function runMigrations(sequelize: Sequelize, migrations: readonly Migration[]): Promise<readonly string[]> {
  return holdLease(sequelize, async () => {
    await sequelize.query('CREATE TABLE IF NOT EXISTS migrations (name VARCHAR(190) NOT NULL PRIMARY KEY)');
    return (await createUmzug(sequelize, migrations).up()).map(({ name }) => name);
  });
}

function createUmzug(sequelize: Sequelize, migrations: readonly Migration[]) {
  return new Umzug({
    migrations: migrations.map((migration) => ({ name: migration.name, up: () => runMigration(sequelize, migration) })),
    storage: createStorage(sequelize),
    logger: undefined,
  });
}

async function runMigration(sequelize: Sequelize, migration: Migration): Promise<void> {
  const flavour = await readFlavour(sequelize);
  if (flavour.engine === 'mysql') return migration.up(createContext(sequelize, flavour));
  await sequelize.transaction((transaction) => migration.up(createContext(sequelize, flavour, transaction)));
}

function createContext(sequelize: Sequelize, flavour: Flavour, transaction?: Transaction): MigrationContext {
  const run = async (sql: string) => {
    await sequelize.query(sql, transaction === undefined ? {} : { transaction });
  };
  return {
    engine: flavour.engine,
    run,
    async createTable(name, definition) {
      for (const sql of createTable(name, definition, flavour)) await run(sql);
    },
  };
}

async function readFlavour(sequelize: Sequelize): Promise<Flavour> {
  if (sequelize.getDialect() === 'sqlite') return { engine: 'sqlite' };
  const rows = await sequelize.query<{ name: string }>('SELECT COLLATION_NAME AS name FROM information_schema.COLLATIONS', {
    type: QueryTypes.SELECT,
  });
  const keys = keyCollations.find((collation) => rows.some(({ name }) => name === collation));
  if (keys === undefined) throw new Error(`the server has none of the collations ${keyCollations.join(', ')}`);
  return { engine: 'mysql', keys };
}

/** Which migrations have been run. Not umzug's own storage: two processes that create its table at once collide. */
function createStorage(sequelize: Sequelize): UmzugStorage {
  return {
    async executed() {
      if (!(await sequelize.getQueryInterface().tableExists('migrations'))) return [];
      const rows = await sequelize.query<{ name: string }>('SELECT name FROM migrations ORDER BY name', { type: QueryTypes.SELECT });
      return rows.map(({ name }) => name);
    },
    async logMigration({ name }) {
      const ignore = sequelize.getDialect() === 'sqlite' ? 'OR IGNORE' : 'IGNORE';
      await sequelize.query(`INSERT ${ignore} INTO migrations (name) VALUES ($1)`, { bind: [name] });
    },
    async unlogMigration({ name }) {
      await sequelize.query('DELETE FROM migrations WHERE name = $1', { bind: [name] });
    },
  };
}
