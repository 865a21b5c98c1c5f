import { changeConfig, done, faulty } from '../access/admin/change.ts';
import type { Database, Tx } from '../store/database.ts';
import { marks } from './chunks.ts';

/** As long as other senders wait before they give an endpoint up. */
export const failingTooLongMs = 5 * 24 * 3_600_000;

export interface Health {
  /** Endpoints that answered well at least once. */
  readonly well: readonly string[];
  /** Endpoints of which all tries failed. */
  readonly failing: readonly string[];
}

/** Notes since when endpoints fail, and answers those that have for too long. */
export async function noteHealth(tx: Tx, { well, failing }: Health, now: number): Promise<readonly string[]> {
  if (well.length > 0) await clearFailing(tx, well);
  if (failing.length === 0) return [];
  const list = `id IN (${marks(failing.length)})`;
  await tx.run(`UPDATE notification_endpoints SET failing_since = ? WHERE ${list} AND failing_since IS NULL`, [now, ...failing]);
  const sql = `SELECT id FROM notification_endpoints WHERE ${list} AND status = 'enabled' AND failing_since <= ?`;
  return (await tx.all(sql, [...failing, now - failingTooLongMs])).map((row) => row['id'] as string);
}

/** Looked at before it is written: nearly always there is nothing to clear, and a write would lock the row of a busy endpoint. */
async function clearFailing(tx: Tx, ids: readonly string[]): Promise<void> {
  const list = `id IN (${marks(ids.length)}) AND failing_since IS NOT NULL`;
  const rows = await tx.all(`SELECT id FROM notification_endpoints WHERE ${list}`, ids);
  if (rows.length > 0) await tx.run(`UPDATE notification_endpoints SET failing_since = NULL WHERE ${list}`, ids);
}

/** Switches an endpoint off, with all that was still to be sent there. False when it was off already. */
export async function disableEndpoint(database: Database, id: string): Promise<boolean> {
  const changed = await changeConfig(database, async (tx) => {
    const count = await tx.run("UPDATE notification_endpoints SET status = 'disabled' WHERE id = ? AND status = 'enabled'", [id]);
    if (count === 0) return faulty('it is off already');
    // `due_at IS NOT NULL` is what is pending, and has an index.
    await tx.run("UPDATE deliveries SET state = 'disabled', due_at = NULL WHERE due_at IS NOT NULL AND endpoint_id = ?", [id]);
    return done({});
  });
  return changed.kind === 'done';
}
