import type { Reader } from '../../core/store/database.ts';

/** What the tables hold that a refused request must leave alone: how many rows, and the sums of what could change in them. */
export async function takeStock(database: Reader): Promise<Readonly<Record<string, unknown>>> {
  const one = async (sql: string) => Object.fromEntries(Object.entries((await database.get(sql)) ?? {}).map(([k, v]) => [k, String(v)]));
  return {
    payments: await one('SELECT COUNT(*) AS n, SUM(sequence) AS told, SUM(amount_refunded + refund_reserved) AS refunds FROM payments'),
    attempts: await one('SELECT COUNT(*) AS n, SUM(amount_paid) AS paid FROM attempts'),
    refunds: await one('SELECT COUNT(*) AS n, SUM(sequence) AS told FROM refunds'),
    events: await one('SELECT COUNT(*) AS n FROM events'),
    history: await one('SELECT COUNT(*) AS n FROM history'),
    endpoints: await one('SELECT COUNT(*) AS n FROM notification_endpoints'),
  };
}
