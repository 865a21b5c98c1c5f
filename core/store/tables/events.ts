import { type Database, type Reader, UniqueError } from '../database.ts';
import { insert } from './row.ts';

/** A row of `events`, member for member. */
export interface EventRow {
  readonly id: string;
  readonly app_id: string;
  readonly type: string;
  readonly subject_id: string;
  readonly sequence: number;
  readonly data: string;
  readonly position: number | null;
  readonly created_at: number;
}

/** Numbered at once; more are left to the next reading. */
const batchSize = 500;

/** An event of an app. `position` is null until the feed has numbered it: a notification may have told it before. */
export async function readEvent(reader: Reader, appId: string, id: string): Promise<EventRow | null> {
  const row = await reader.get('SELECT * FROM events WHERE id = ? AND app_id = ?', [id, appId]);
  return (row as EventRow | undefined) ?? null;
}

/**
 * Gives the committed events of an app their places in its feed, oldest id first, and answers whether some are left.
 *
 * An event's id is made before its transaction commits, on a server whose clock may be slow, so a feed in the order of
 * ids would let a reader pass by what becomes visible late. Numbering happens after the commit, one reader at a time
 * (the row in `feeds` is the lock): whatever becomes visible later gets a later place. The write is the reader's, so that
 * creating a payment pays nothing for it, and apps that never read their feed cost nothing at all.
 */
export async function numberEvents(database: Database, appId: string): Promise<boolean> {
  const waiting = await database.get('SELECT id FROM events WHERE app_id = ? AND position IS NULL LIMIT 1', [appId]);
  if (waiting === undefined) return false;
  if ((await database.get('SELECT id FROM feeds WHERE id = ?', [appId])) === undefined) await openFeed(database, appId);
  return database.transaction(async (tx) => {
    await tx.run('UPDATE feeds SET position = position + 0 WHERE id = ?', [appId]);
    const last = Number((await tx.get('SELECT position FROM feeds WHERE id = ?', [appId]))?.['position'] ?? 0);
    const sql = `SELECT id, subject_id, sequence FROM events WHERE app_id = ? AND position IS NULL ORDER BY id LIMIT ${batchSize}`;
    const found = inSequence((await tx.all(sql, [appId])) as unknown as readonly Unnumbered[]);
    for (const [index, { id }] of found.entries()) {
      await tx.run('UPDATE events SET position = ? WHERE id = ?', [last + index + 1, id]);
    }
    await tx.run('UPDATE feeds SET position = ? WHERE id = ?', [last + found.length, appId]);
    return found.length === batchSize;
  });
}

type Unnumbered = Pick<EventRow, 'id' | 'subject_id' | 'sequence'>;

/** Ids of two servers sort like their clocks; what happened to one payment stays in its own order all the same. */
function inSequence(events: readonly Unnumbered[]): readonly Unnumbered[] {
  const bySubject = Map.groupBy(events, (event) => event.subject_id);
  const queues = new Map([...bySubject].map(([subject, own]) => [subject, own.toSorted((a, b) => a.sequence - b.sequence).values()]));
  return events.map((event) => queues.get(event.subject_id)?.next().value ?? event);
}

async function openFeed(database: Database, appId: string): Promise<void> {
  try {
    await database.transaction((tx) => insert(tx, 'feeds', { id: appId, position: 0 }), { table: 'feeds', id: appId });
  } catch (error) {
    // Another reader was quicker.
    if (!(error instanceof UniqueError)) throw error;
  }
}

/** A page of the feed: numbered events after a position, or from the beginning. */
export async function listEvents(
  reader: Reader,
  filter: { readonly appId: string; readonly after: number; readonly limit: number },
): Promise<{ rows: readonly EventRow[]; hasMore: boolean }> {
  const sql = `SELECT * FROM events WHERE app_id = ? AND position > ? ORDER BY position LIMIT ${filter.limit + 1}`;
  const rows = await reader.all(sql, [filter.appId, filter.after]);
  return { rows: rows.slice(0, filter.limit) as unknown as EventRow[], hasMore: rows.length > filter.limit };
}
