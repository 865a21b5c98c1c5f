/** One table as a migration creates it. Columns are written `name: 'type'`, with `?` behind the type where null is allowed and `=n` for a default. */
export interface Definition {
  readonly columns: Readonly<Record<string, string>>;
  readonly primary: readonly string[];
  readonly unique?: Readonly<Record<string, readonly string[]>>;
  readonly index?: Readonly<Record<string, readonly string[]>>;
}

/** What SQL differs by: the engine and, on MySQL and MariaDB, the collation of ids and keys. */
export type Flavour = { readonly engine: 'sqlite' } | { readonly engine: 'mysql'; readonly keys: KeyCollation };

/**
 * Collations that compare bytewise and heed trailing spaces, which `ascii_bin` and `utf8mb4_bin`
 * do not. MariaDB has the first and MySQL 8 the second. VARBINARY would do the same, but drivers
 * give it back as bytes and people see hex.
 */
export const keyCollations = ['ascii_nopad_bin', 'utf8mb4_0900_bin'] as const;
export type KeyCollation = (typeof keyCollations)[number];

/** The statements that create the table and its indexes. Each may be run again. */
export function createTable(name: string, definition: Definition, flavour: Flavour): readonly string[] {
  const columns = Object.entries(definition.columns).map(([column, type]) => `${column} ${writeColumn(column, type, flavour)}`);
  const lines = [...columns, `PRIMARY KEY (${definition.primary.join(', ')})`];
  const unique = Object.entries(definition.unique ?? {});
  const index = Object.entries(definition.index ?? {});
  if (flavour.engine === 'mysql') {
    // In the one statement, since DDL cannot be rolled back: the table exists with all its keys or not at all.
    for (const [key, fields] of unique) lines.push(`UNIQUE KEY ${key} (${fields.join(', ')})`);
    for (const [key, fields] of index) lines.push(`KEY ${key} (${fields.join(', ')})`);
    const options = 'ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin';
    return [`CREATE TABLE IF NOT EXISTS ${name} (${lines.join(', ')}) ${options}`];
  }
  // STRICT: SQLite refuses a value of another type instead of storing it as it came.
  return [
    `CREATE TABLE IF NOT EXISTS ${name} (${lines.join(', ')}) STRICT`,
    ...unique.map(([key, fields]) => `CREATE UNIQUE INDEX IF NOT EXISTS ${key} ON ${name} (${fields.join(', ')})`),
    ...index.map(([key, fields]) => `CREATE INDEX IF NOT EXISTS ${key} ON ${name} (${fields.join(', ')})`),
  ];
}

/** `name TYPE NULL`, for a table that exists. */
export function writeColumn(column: string, text: string, flavour: Flavour): string {
  const [, type = '', nullable, value] = /^([a-z]+)(\?)?(?:=(\d+))?$/.exec(text) ?? [];
  const written = flavour.engine === 'sqlite' ? sqliteType(column, type) : mysqlType(type, flavour.keys);
  return `${written}${nullable === undefined ? ' NOT NULL' : ' NULL'}${value === undefined ? '' : ` DEFAULT ${value}`}`;
}

/** The lengths are checked as MySQL does it, so that both engines accept the same rows. */
function sqliteType(column: string, type: string): string {
  const longest: Readonly<Record<string, number>> = { id: 64, key: 255, text: 1000 };
  const limit = longest[type];
  if (limit !== undefined) return `TEXT CHECK (length(${column}) <= ${limit})`;
  return { long: 'TEXT', int: 'INTEGER', bytes: 'BLOB' }[type] ?? unknownType(type);
}

function mysqlType(type: string, keys: KeyCollation): string {
  const bytewise = `CHARACTER SET ${keys.slice(0, keys.indexOf('_'))} COLLATE ${keys}`;
  const types: Readonly<Record<string, string>> = {
    id: `VARCHAR(64) ${bytewise}`,
    key: `VARCHAR(255) ${bytewise}`,
    text: 'VARCHAR(1000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
    long: 'MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
    int: 'BIGINT',
    bytes: 'BLOB',
  };
  return types[type] ?? unknownType(type);
}

function unknownType(type: string): never {
  throw new Error(`not a type of column: ${type}`);
}
