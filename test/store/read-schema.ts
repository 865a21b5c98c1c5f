import type { Database, Row } from '../../core/store/database.ts';
import type { Column, ColumnType, Table } from '../../core/store/schema.ts';

/** The tables that a database really has, in the terms of the schema. */
export async function readSchema(database: Database): Promise<Record<string, Table>> {
  const names = await database.all(
    database.engine === 'sqlite'
      ? "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
      : 'SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()',
  );
  const read = database.engine === 'sqlite' ? readFromSqlite : readFromMysql;
  const entries: [string, Table][] = [];
  for (const { name } of names) entries.push([String(name), await read(database, String(name))]);
  return Object.fromEntries(entries);
}

async function readFromSqlite(database: Database, table: string): Promise<Table> {
  const [declared] = await database.all('SELECT sql FROM sqlite_schema WHERE name = ?', [table]);
  const columns = await database.all('SELECT * FROM pragma_table_info(?) ORDER BY cid', [table]);
  const indexes = await database.all('SELECT * FROM pragma_index_list(?)', [table]);
  const keys: [string, string, string[]][] = [];
  for (const { name, unique, origin } of indexes) {
    const fields = await database.all('SELECT name FROM pragma_index_info(?) ORDER BY seqno', [String(name)]);
    if (origin === 'c') keys.push([unique === 1 ? 'unique' : 'index', String(name), fields.map((field) => String(field['name']))]);
  }
  const primary = columns.filter(({ pk }) => Number(pk) > 0).sort((a, b) => Number(a['pk']) - Number(b['pk']));
  const describe = (row: Row) => {
    const length = new RegExp(`length\\(${row['name']}\\) <= (\\d+)`).exec(String(declared?.['sql']))?.[1] ?? '';
    return describeColumn(sqliteType(String(row['type']), length), row['notnull'] === 0, row['dflt_value']);
  };
  return {
    columns: Object.fromEntries(columns.map((row) => [String(row['name']), describe(row)])),
    primary: primary.map(({ name }) => String(name)),
    ...group(keys),
  };
}

function sqliteType(type: string, length: string): ColumnType {
  return find(
    { 'TEXT 64': 'id', 'TEXT 255': 'key', 'TEXT 1000': 'text', 'TEXT ': 'long', 'INTEGER ': 'int', 'BLOB ': 'bytes' },
    `${type} ${length}`,
  );
}

async function readFromMysql(database: Database, table: string): Promise<Table> {
  const where = 'WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?';
  const columns = await database.all(`SELECT * FROM information_schema.COLUMNS ${where} ORDER BY ORDINAL_POSITION`, [table]);
  const fields = await database.all(`SELECT * FROM information_schema.STATISTICS ${where} ORDER BY SEQ_IN_INDEX`, [table]);
  const byKey = Map.groupBy(fields, (row) => String(row['INDEX_NAME']));
  const names = (rows: readonly Row[]) => rows.map((row) => String(row['COLUMN_NAME']));
  const keys = [...byKey].map(([name, rows]): [string, string, string[]] => [
    rows[0]?.['NON_UNIQUE'] === 0 ? 'unique' : 'index',
    name,
    names(rows),
  ]);
  const describe = (row: Row) => describeColumn(mysqlType(row), row['IS_NULLABLE'] === 'YES', row['COLUMN_DEFAULT']);
  return {
    columns: Object.fromEntries(columns.map((row) => [String(row['COLUMN_NAME']), describe(row)])),
    primary: names(byKey.get('PRIMARY') ?? []),
    ...group(keys.filter(([, name]) => name !== 'PRIMARY')),
  };
}

function mysqlType(row: Row): ColumnType {
  const known: Record<string, ColumnType> = {
    'varchar(64) ascii_nopad_bin': 'id',
    'varchar(255) ascii_nopad_bin': 'key',
    'varchar(1000) utf8mb4_bin': 'text',
    'mediumtext utf8mb4_bin': 'long',
    'bigint(20) null': 'int',
    'blob null': 'bytes',
  };
  return find(known, `${row['COLUMN_TYPE']} ${row['COLLATION_NAME']}`);
}

function find(known: Record<string, ColumnType>, type: string): ColumnType {
  // Bookkeeping tables have types of their own; what is unknown never equals a type of the schema.
  return known[type] ?? (`unknown ${type}` as ColumnType);
}

function describeColumn(type: ColumnType, nullable: boolean, value: unknown): Column {
  const hasDefault = value !== null && value !== undefined && value !== 'NULL';
  return { type, ...(nullable && { null: true }), ...(hasDefault && { default: Number(value) }) };
}

function group(keys: readonly [string, string, string[]][]) {
  const of = (kind: string) => Object.fromEntries(keys.filter(([each]) => each === kind).map(([, name, fields]) => [name, fields]));
  return { unique: of('unique'), index: of('index') };
}
