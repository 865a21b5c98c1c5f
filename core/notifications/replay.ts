import { firstId } from '../ids.ts';
import type { Database, Row } from '../store/database.ts';
import { marks } from './chunks.ts';
import type { Endpoints } from './endpoints.ts';

export interface ReplayDeps {
  readonly database: Database;
  readonly endpoints: Pick<Endpoints, 'enabledOf'>;
}

export interface Range {
  readonly appId: string;
  /** The first instant, and the first one after. */
  readonly from: Date;
  readonly to: Date;
}

/** A page of events, and how long after the one before its deliveries begin: a shop that comes back is not run over. */
const page = 100;
const pageEveryMs = 1000;

/** An event's id is made a little before the row that it names. */
const idSlackMs = 600_000;

/** Sends an event again under its own id, delivered or not, to whoever was to receive it and still may. Answers how many. */
export async function replayEvent({ database, endpoints }: ReplayDeps, eventId: string, now: number): Promise<number> {
  const event = await database.get('SELECT app_id FROM events WHERE id = ?', [eventId]);
  if (event === undefined) return 0;
  const enabled = endpoints.enabledOf(String(event['app_id']));
  return sendAgain(database, { eventIds: [eventId], enabled, states: ['delivered', 'dead', 'disabled'], dueAt: now });
}

/** Sends again what was not delivered of the events of a time range, a page a second. Answers how many. */
export async function replayRange({ database, endpoints }: ReplayDeps, { appId, from, to }: Range, now: number): Promise<number> {
  const enabled = endpoints.enabledOf(appId);
  const last = firstId('evt_', new Date(to.getTime() + idSlackMs));
  let after = firstId('evt_', new Date(Math.max(0, from.getTime() - idSlackMs)));
  let count = 0;
  for (let dueAt = now; ; ) {
    const rows = await readEvents(database, { appId, from, to }, after, last);
    const again = await sendAgain(database, {
      eventIds: rows.map((row) => String(row['id'])),
      enabled,
      states: ['dead', 'disabled'],
      dueAt,
    });
    if (again > 0) dueAt += pageEveryMs;
    count += again;
    if (rows.length < page) return count;
    after = String(rows.at(-1)?.['id']);
  }
}

function readEvents(database: Database, { appId, from, to }: Range, after: string, last: string): Promise<readonly Row[]> {
  const sql = `SELECT id FROM events WHERE app_id = ? AND id > ? AND id < ? AND created_at >= ? AND created_at < ? ORDER BY id LIMIT ${page}`;
  return database.all(sql, [appId, after, last, from.getTime(), to.getTime()]);
}

interface Again {
  readonly eventIds: readonly string[];
  readonly enabled: readonly string[];
  readonly states: readonly string[];
  readonly dueAt: number;
}

async function sendAgain(database: Database, { eventIds, enabled, states, dueAt }: Again): Promise<number> {
  if (eventIds.length === 0) return 0;
  const receivers = enabled.length === 0 ? 'endpoint_id IS NULL' : `(endpoint_id IS NULL OR endpoint_id IN (${marks(enabled.length)}))`;
  const sql = `UPDATE deliveries SET state = 'pending', tries = 0, due_at = ?, status = NULL, error = NULL, delivered_at = NULL
    WHERE event_id IN (${marks(eventIds.length)}) AND state IN (${marks(states.length)}) AND ${receivers}`;
  return database.transaction((tx) => tx.run(sql, [dueAt, ...eventIds, ...states, ...enabled]));
}
