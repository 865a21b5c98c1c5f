import type { Database } from '../store/database.ts';

/**
 * Forgets credentials that no callback is verified with any more, so that what was exchanged does not lie about for ever.
 * Those of another merchant stay: payments were made with them that may be refunded years later.
 */
export function deleteOldVersions(database: Database, graceHours: number, now: Date): Promise<number> {
  const before = Math.max(0, now.getTime() - graceHours * 3_600_000);
  return database.transaction((tx) => tx.run('DELETE FROM account_versions WHERE moved = 0 AND replaced_at < ?', [before]));
}
