import type { Reader } from '../store/database.ts';

/** How many payments of a channel have no final state, by how long ago they were made. */
export interface Pending {
  readonly channel: string;
  readonly age: string;
  readonly count: number;
}

/**
 * Only rows with a `due_at` are looked at: it has an index, the state has none, and every payment
 * keeps one until it is final. The exception is money that is held for an operator, which has an
 * exception of its own to be found by.
 */
const sql = `SELECT channel, age, COUNT(*) AS n FROM (
    SELECT channel, CASE WHEN created_at > ? THEN 'under_5m' WHEN created_at > ? THEN 'under_1h' WHEN created_at > ? THEN 'under_1d'
      ELSE 'over_1d' END AS age
    FROM payments WHERE due_at > 0 AND state IN ('pending', 'processing')
  ) AS open_payments GROUP BY channel, age`;

export async function countPending(reader: Reader, now: Date): Promise<readonly Pending[]> {
  const before = (seconds: number) => now.getTime() - seconds * 1000;
  const rows = await reader.all(sql, [before(300), before(3600), before(86_400)]);
  return rows.map((row) => ({ channel: String(row['channel'] ?? 'none'), age: String(row['age']), count: Number(row['n']) }));
}
