import type { Database, Reader } from '../store/database.ts';
import type { EventFacts } from './body.ts';
import { inChunks, marks } from './chunks.ts';

/** A delivery whose time has come. */
export interface DueDelivery {
  readonly id: string;
  readonly appId: string;
  /** Null for a `notify_url`. */
  readonly endpointId: string | null;
  readonly url: string;
  /** Tries that failed so far. */
  readonly tries: number;
  readonly createdAt: number;
  readonly event: EventFacts;
}

/** A delivery that is ours until the lease ends. Whoever moves `due_at` takes it over. */
export interface Claimed extends DueDelivery {
  readonly leaseUntil: number;
}

/** How many are claimed at once. */
export const claimLimit = 100;

interface DueRow {
  readonly id: string;
  readonly app_id: string;
  readonly endpoint_id: string | null;
  readonly url: string;
  readonly tries: number;
  readonly created_at: number;
  readonly event_id: string;
  readonly type: string | null;
  readonly sequence: number | null;
  readonly data: string | null;
  readonly event_at: number | null;
}

/** Only what is pending has a `due_at`. The outer join shows a delivery whose event is missing, so that it can be ended. */
const selectDue = `SELECT d.id, d.app_id, d.endpoint_id, d.url, d.tries, d.created_at, d.event_id,
  e.type, e.sequence, e.data, e.created_at AS event_at
  FROM deliveries d LEFT JOIN events e ON e.id = d.event_id
  WHERE d.due_at <= ? ORDER BY d.due_at LIMIT ${claimLimit}`;

export async function readDue(reader: Reader, now: number): Promise<readonly DueDelivery[]> {
  const rows = (await reader.all(selectDue, [now])) as unknown as readonly DueRow[];
  return rows.map(toDue);
}

/** When the next delivery is due; null when there is none. */
export async function readNextDue(reader: Reader): Promise<number | null> {
  const row = await reader.get('SELECT MIN(due_at) AS next FROM deliveries');
  return (row?.['next'] as number | null | undefined) ?? null;
}

/**
 * Claims by moving `due_at` to the end of the lease, committed before anything is sent. Where
 * another server was quicker for some, they are told apart by the lease. Should both have drawn the
 * same instant, a notification is sent twice, which merchants are told to expect.
 */
export async function claimDue(
  database: Database,
  due: readonly DueDelivery[],
  now: number,
  leaseUntil: number,
): Promise<readonly Claimed[]> {
  if (due.length === 0) return [];
  const ids = due.map(({ id }) => id);
  const mine = await database.transaction(async (tx) => {
    const claimed: string[] = [];
    for (const chunk of inChunks(ids)) {
      const where = `id IN (${marks(chunk.length)})`;
      const count = await tx.run(`UPDATE deliveries SET due_at = ? WHERE ${where} AND due_at <= ?`, [leaseUntil, ...chunk, now]);
      if (count === chunk.length) claimed.push(...chunk);
      else if (count > 0) {
        const rows = await tx.all(`SELECT id FROM deliveries WHERE ${where} AND due_at = ?`, [...chunk, leaseUntil]);
        claimed.push(...rows.map((row) => row['id'] as string));
      }
    }
    return new Set(claimed);
  });
  return due.filter(({ id }) => mine.has(id)).map((one) => ({ ...one, leaseUntil }));
}

function toDue(row: DueRow): DueDelivery {
  return {
    id: row.id,
    appId: row.app_id,
    endpointId: row.endpoint_id,
    url: row.url,
    tries: row.tries,
    createdAt: row.created_at,
    event: { id: row.event_id, type: row.type ?? '', sequence: row.sequence ?? 0, data: row.data ?? '', createdAt: row.event_at ?? 0 },
  };
}
