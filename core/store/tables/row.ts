import type { Row, Tx, Value } from '../database.ts';

/** The SQL of an insert, with the columns in the order of the row's members. */
export function insertInto(table: string, row: Row): { sql: string; params: readonly Value[] } {
  const columns = Object.keys(row);
  const marks = columns.map(() => '?').join(',');
  return { sql: `INSERT INTO ${table} (${columns.join(',')}) VALUES (${marks})`, params: Object.values(row) };
}

export async function insert(tx: Tx, table: string, row: Row): Promise<void> {
  const { sql, params } = insertInto(table, row);
  await tx.run(sql, params);
}

/** Rows of one table in one statement. All have the members of the first. */
export async function insertAll(tx: Tx, table: string, rows: readonly Row[]): Promise<void> {
  const columns = Object.keys(rows[0] ?? {});
  const marks = `(${columns.map(() => '?').join(',')})`;
  const params = rows.flatMap((row) => columns.map((column) => row[column] ?? null));
  await tx.run(`INSERT INTO ${table} (${columns.join(',')}) VALUES ${rows.map(() => marks).join(',')}`, params);
}

/** What a page of a list asks for: newest first, by time-ordered id. */
export interface Page {
  readonly limit: number;
  readonly startingAfter?: string | undefined;
  readonly endingBefore?: string | undefined;
}

/** Conditions joined by AND, built up piece by piece; every value is bound. */
export class Where {
  private readonly parts: string[] = [];
  readonly params: Value[] = [];

  and(sql: string, ...params: readonly Value[]): this {
    this.parts.push(sql);
    this.params.push(...params);
    return this;
  }

  get sql(): string {
    return this.parts.length === 0 ? '' : `WHERE ${this.parts.join(' AND ')}`;
  }
}

/** Reads one page more than asked for, so that `has_more` needs no count. */
export async function readPage<T>(
  read: (sql: string, params: readonly Value[]) => Promise<readonly Row[]>,
  table: string,
  where: Where,
  page: Page,
): Promise<{ rows: readonly T[]; hasMore: boolean }> {
  const backwards = page.endingBefore !== undefined;
  if (page.startingAfter !== undefined) where.and('id < ?', page.startingAfter);
  if (page.endingBefore !== undefined) where.and('id > ?', page.endingBefore);
  const order = backwards ? 'ASC' : 'DESC';
  const rows = await read(`SELECT * FROM ${table} ${where.sql} ORDER BY id ${order} LIMIT ${page.limit + 1}`, where.params);
  const kept = rows.slice(0, page.limit) as unknown as T[];
  return { rows: backwards ? kept.reverse() : kept, hasMore: rows.length > page.limit };
}
