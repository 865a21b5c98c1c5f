import mysql2, { type FieldPacket, type ResultSetHeader, type RowDataPacket } from 'mysql2';
import type { PoolConnection } from 'mysql2/promise';
import type { Row, Value } from '../database.ts';
import { checkValue, toSafeInteger } from '../values.ts';

/** A statement that answers nothing for this long counts as lost. Above it, one must not be waited for. */
export const statementTimeoutMs = 30_000;

/** Types of columns in the protocol. The sum of integers is a decimal without decimals. */
const bigInteger = 8;
const decimal = 246;

/** Runs a reading statement. */
export async function readRows(connection: PoolConnection, sql: string, params: readonly Value[] = []): Promise<readonly Row[]> {
  const [rows, fields] = await connection.execute<RowDataPacket[]>({ sql, timeout: statementTimeoutMs }, params.map(toBound));
  if (!Array.isArray(rows)) throw new Error('not a reading statement');
  for (const field of fields) if (isInteger(field)) makeSafe(rows, field.name);
  return rows as unknown as readonly Row[];
}

/** Runs a writing statement and answers how many rows its WHERE clause matched. */
export async function writeRows(connection: PoolConnection, sql: string, params: readonly Value[] = []): Promise<number> {
  const [result] = await connection.execute<ResultSetHeader>({ sql, timeout: statementTimeoutMs }, params.map(toBound));
  return result.affectedRows ?? 0;
}

/** The driver sends every JavaScript number as a floating-point one, and the server then counts with fractions. */
function toBound(value: Value) {
  checkValue(value);
  return typeof value === 'number' ? mysql2.TypedParameter.LONGLONG(value) : value;
}

function isInteger(field: FieldPacket): boolean {
  return field.columnType === bigInteger || (field.columnType === decimal && field.decimals === 0);
}

/** The driver gives an integer beyond 2^53 as text, and a sum always. */
function makeSafe(rows: RowDataPacket[], name: string): void {
  for (const row of rows) if (typeof row[name] === 'string') row[name] = toSafeInteger(row[name]);
}
