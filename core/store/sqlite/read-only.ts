import type { Reader } from '../database.ts';
import { cacheStatements, openReader, toBound, toRow } from './connection.ts';

/** Opens a file for reading beside a server that may be writing it: all as of one moment, or `each` statement as of its own. */
export function openReadOnly(file: string, moment: 'one' | 'each' = 'one'): { readonly reader: Reader; close(): Promise<void> } {
  const connection = openReader(file);
  const prepare = cacheStatements(connection);
  if (moment === 'one') connection.exec('BEGIN');
  const reader: Reader = {
    async get(sql, params = []) {
      const raw = prepare(sql).get(...params.map(toBound));
      return raw === undefined ? undefined : toRow(raw);
    },
    all: async (sql, params = []) =>
      prepare(sql)
        .all(...params.map(toBound))
        .map(toRow),
  };
  return { reader, close: async () => connection.close() };
}
