import { QueryTypes, type Sequelize, type Transaction } from 'sequelize';
import { Umzug, type UmzugStorage } from 'umzug';
import { createTable, type Flavour, keyCollations, writeColumn } from './definition.ts';
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
  const within = transaction === undefined ? {} : { transaction };
  const run = async (sql: string) => {
    await sequelize.query(sql, within);
  };
  const found = async ({ engine }: Flavour, what: 'column' | 'index', table: string) => {
    const rows = await sequelize.query<{ name: string }>(lists[engine][what], { bind: [table], type: QueryTypes.SELECT, ...within });
    return rows.map(({ name }) => name);
  };
  return {
    engine: flavour.engine,
    run,
    async createTable(name, definition) {
      for (const sql of createTable(name, definition, flavour)) await run(sql);
    },
    async addColumns(table, columns) {
      const there = new Set(await found(flavour, 'column', table));
      for (const [name, type] of Object.entries(columns)) {
        if (!there.has(name)) await run(`ALTER TABLE ${table} ADD COLUMN ${name} ${writeColumn(name, type, flavour)}`);
      }
    },
    async addIndex(name, table, columns) {
      if (!(await found(flavour, 'index', table)).includes(name)) await run(`CREATE INDEX ${name} ON ${table} (${columns.join(', ')})`);
    },
    async dropIndex(name, table) {
      const onTable = flavour.engine === 'mysql' ? ` ON ${table}` : '';
      if ((await found(flavour, 'index', table)).includes(name)) await run(`DROP INDEX ${name}${onTable}`);
    },
  };
}

/** How to list what a table has: neither MySQL nor SQLite adds a column "if it does not exist". */
const lists: Readonly<Record<Flavour['engine'], Readonly<Record<'column' | 'index', string>>>> = {
  sqlite: {
    column: 'SELECT name FROM pragma_table_info($1)',
    index: 'SELECT name FROM pragma_index_list($1)',
  },
  mysql: {
    column: 'SELECT COLUMN_NAME AS name FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = $1',
    index: 'SELECT INDEX_NAME AS name FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = $1',
  },
};

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
