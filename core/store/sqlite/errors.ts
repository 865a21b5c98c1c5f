import { DatabaseUnavailable } from '../database.ts';

/** Primary result codes of SQLite (https://www.sqlite.org/rescode.html). */
const names: Readonly<Record<number, string>> = {
  5: 'SQLITE_BUSY',
  6: 'SQLITE_LOCKED',
  8: 'SQLITE_READONLY',
  10: 'SQLITE_IOERR',
  11: 'SQLITE_CORRUPT',
  13: 'SQLITE_FULL',
  14: 'SQLITE_CANTOPEN',
  19: 'SQLITE_CONSTRAINT',
  26: 'SQLITE_NOTADB',
};

const busy = ['SQLITE_BUSY', 'SQLITE_LOCKED'];
const unavailable = [...busy, 'SQLITE_READONLY', 'SQLITE_IOERR', 'SQLITE_FULL', 'SQLITE_CANTOPEN'];

/** Extended codes of a constraint: a primary key, a unique index. */
export const primaryKeyTaken = 1555;
export const uniqueKeyTaken = 2067;

/** The extended result code; null for an error that is not SQLite's. */
export function extendedCode(error: unknown): number | null {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : null;
}

/** The name of the primary result code, as the sqlite3 package spells it; null for an error that is not SQLite's. */
export function codeName(error: unknown): string | null {
  const code = extendedCode(error);
  return code === null ? null : (names[code & 255] ?? 'SQLITE_ERROR');
}

export function isBusy(error: unknown): boolean {
  return busy.includes(codeName(error) ?? '');
}

/** What a caller is told: that the database cannot be used now, or the error itself. */
export function explain(error: unknown): unknown {
  const name = codeName(error);
  return name !== null && unavailable.includes(name)
    ? new DatabaseUnavailable(`the database file cannot be used: ${name}`, { cause: error })
    : error;
}
