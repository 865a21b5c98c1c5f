import type { Reader } from '../database.ts';
import { Where } from './row.ts';

/** A row of `events`, member for member. */
export interface EventRow {
  readonly id: string;
  readonly app_id: string;
  readonly type: string;
  readonly subject_id: string;
  readonly sequence: number;
  readonly data: string;
  readonly created_at: number;
}

/**
 * An event's id is made before its transaction commits, so a younger one may become visible first.
 * The feed shows nothing younger than this, and so never lets a reader pass one by.
 */
const settledAfterMs = 2000;

export interface EventFilter {
  readonly appId: string;
  readonly after: string | undefined;
  readonly now: number;
  readonly limit: number;
}

/** Whether an app has the event, however young it is: a notification may have told it before the feed does. */
export async function hasEvent(reader: Reader, appId: string, id: string): Promise<boolean> {
  return (await reader.all('SELECT id FROM events WHERE id = ? AND app_id = ?', [id, appId])).length > 0;
}

export async function listEvents(reader: Reader, filter: EventFilter): Promise<{ rows: readonly EventRow[]; hasMore: boolean }> {
  const where = new Where().and('app_id = ?', filter.appId).and('created_at <= ?', filter.now - settledAfterMs);
  if (filter.after !== undefined) where.and('id > ?', filter.after);
  const rows = await reader.all(`SELECT * FROM events ${where.sql} ORDER BY id LIMIT ${filter.limit + 1}`, where.params);
  return { rows: rows.slice(0, filter.limit) as unknown as EventRow[], hasMore: rows.length > filter.limit };
}
