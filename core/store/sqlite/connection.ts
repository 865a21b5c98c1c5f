import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { type Row, UniqueError, type Value } from '../database.ts';
import { checkValue } from '../values.ts';
import { extendedCode, primaryKeyTaken, uniqueKeyTaken } from './errors.ts';

/** SQLite itself waits this long for a lock and blocks the process meanwhile; longer waits happen outside of it. */
const busyTimeoutMs = 2;

/** Texts built with a varying number of marks would otherwise fill the memory. */
const maxStatements = 500;

/** Compiles a text once. The oldest is dropped first: hot texts are compiled again at once and the rest are rare. */
export type Prepare = (sql: string) => StatementSync;

/** Opens a writing connection: every COMMIT is on disk before it returns, and readers never wait for it. */
export function openWriter(file: string): DatabaseSync {
  const connection = new DatabaseSync(file, { timeout: busyTimeoutMs, enableForeignKeyConstraints: true });
  try {
    connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** Opens a connection that cannot write. The file must exist. */
export function openReader(file: string): DatabaseSync {
  return new DatabaseSync(file, { timeout: busyTimeoutMs, readOnly: true });
}

export function cacheStatements(connection: DatabaseSync): Prepare {
  const statements = new Map<string, StatementSync>();
  return (sql) => {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    const statement = connection.prepare(sql);
    const [oldest] = statements.keys();
    if (statements.size >= maxStatements && oldest !== undefined) statements.delete(oldest);
    statements.set(sql, statement);
    return statement;
  };
}

/** A value for binding. The driver binds every JavaScript number as a floating-point one, hence the bigint. */
export function toBound(value: Value): SQLInputValue {
  checkValue(value);
  return typeof value === 'number' ? BigInt(value) : value;
}

/** A row as the store promises it: the driver gives bytes as a plain Uint8Array. Integers beyond 2^53 already threw. */
export function toRow(raw: Record<string, unknown>): Row {
  for (const key in raw) {
    const value = raw[key];
    if (value instanceof Uint8Array) raw[key] = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  }
  return raw as Row;
}

/** SQLite names the columns of a unique key, never the key: it is looked up, so that both engines say the same. */
export function toUniqueError(connection: DatabaseSync, error: unknown): unknown {
  const code = extendedCode(error);
  if (code === primaryKeyTaken) return new UniqueError('PRIMARY');
  if (code !== uniqueKeyTaken) return error;
  const columns = /UNIQUE constraint failed: (.+)$/.exec((error as Error).message)?.[1]?.split(', ') ?? [];
  const table = columns[0]?.split('.')[0] ?? '';
  const wanted = columns.map((column) => column.slice(table.length + 1)).join();
  const sql = `SELECT l.name AS name, (SELECT group_concat(i.name) FROM pragma_index_info(l.name) AS i) AS columns
    FROM pragma_index_list(?) AS l WHERE l."unique" = 1`;
  const index = connection
    .prepare(sql)
    .all(table)
    .find((row) => row['columns'] === wanted);
  return new UniqueError(String(index?.['name'] ?? columns.join()));
}
