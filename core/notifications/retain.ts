import { firstId } from '../ids.ts';
import type { Database, Row, Tx } from '../store/database.ts';

/** How long what is finished is kept, in days. */
export interface Retention {
  readonly deliveriesDays: number;
  readonly eventsDays: number;
}

const dayMs = 86_400_000;

/** Rows a transaction looks at: deleting must never hold up a payment. */
const batch = 200;

/** The first instant of what is kept. */
export function keptFrom(days: number, now: Date): Date {
  return new Date(Math.max(0, now.getTime() - days * dayMs));
}

/** Deletes deliveries that arrived long ago, with their tries. One that has not arrived stays as long as its event. */
export function deleteOldDeliveries(database: Database, before: Date): Promise<number> {
  const sql = `SELECT id FROM deliveries WHERE id > ? AND id < ? AND state = 'delivered' AND delivered_at < ? ORDER BY id LIMIT ${batch}`;
  const find = (after: string) => database.all(sql, [after, firstId('dlv_', before), before.getTime()]);
  return deleteEach(database, find, (tx, id) => deleteDelivery(tx, id, before.getTime()));
}

/** Deletes events of long ago with their deliveries. One that somebody is still to be told stays, and so do its deliveries. */
export function deleteOldEvents(database: Database, before: Date): Promise<number> {
  const sql = `SELECT id FROM events WHERE id > ? AND id < ? AND created_at < ?
    AND NOT EXISTS (SELECT 1 FROM deliveries WHERE event_id = events.id AND state = 'pending') ORDER BY id LIMIT ${batch}`;
  const find = (after: string) => database.all(sql, [after, firstId('evt_', before), before.getTime()]);
  return deleteEach(database, find, deleteEvent);
}

/** Goes on from the last id, so that what stays is looked at once. Any number of servers may do so at the same time. */
async function deleteEach(
  database: Database,
  find: (after: string) => Promise<readonly Row[]>,
  remove: (tx: Tx, id: string) => Promise<number>,
): Promise<number> {
  let deleted = 0;
  for (let after = ''; ; ) {
    const ids = (await find(after)).map((row) => String(row['id']));
    deleted += await database.transaction(async (tx) => {
      let count = 0;
      for (const id of ids) count += await remove(tx, id);
      return count;
    });
    if (ids.length < batch) return deleted;
    after = ids.at(-1) ?? after;
  }
}

/** The state is asked again: a replay may have made it pending since it was found. */
async function deleteDelivery(tx: Tx, id: string, before: number): Promise<number> {
  const deleted = await tx.run("DELETE FROM deliveries WHERE id = ? AND state = 'delivered' AND delivered_at < ?", [id, before]);
  if (deleted === 1) await tx.run('DELETE FROM delivery_attempts WHERE delivery_id = ?', [id]);
  return deleted;
}

async function deleteEvent(tx: Tx, id: string): Promise<number> {
  for (const delivery of await tx.all('SELECT id FROM deliveries WHERE event_id = ?', [id])) {
    const deleted = await tx.run("DELETE FROM deliveries WHERE id = ? AND state <> 'pending'", [delivery['id'] ?? null]);
    if (deleted === 1) await tx.run('DELETE FROM delivery_attempts WHERE delivery_id = ?', [delivery['id'] ?? null]);
  }
  return tx.run('DELETE FROM events WHERE id = ? AND NOT EXISTS (SELECT 1 FROM deliveries WHERE event_id = ?)', [id, id]);
}
