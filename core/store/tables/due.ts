import type { Database, Reader, Value } from '../database.ts';

/** Tables whose rows ask for attention at `due_at`. A null means never again. */
export type DueTable = 'payments' | 'attempts' | 'refunds';

/** A row that asks for attention. */
export interface Due {
  readonly id: string;
  readonly due_at: number;
  readonly checks: number;
}

export async function readDue(reader: Reader, table: DueTable, now: number, limit: number): Promise<readonly Due[]> {
  const checks = table === 'payments' ? '0 AS checks' : 'checks';
  const sql = `SELECT id, due_at, ${checks} FROM ${table} WHERE due_at <= ? ORDER BY due_at LIMIT ${limit}`;
  return (await reader.all(sql, [now])) as unknown as readonly Due[];
}

/**
 * Claims a due row by moving its time before anything is done. Whoever moves it from the time it
 * read has it; a crash afterwards only means that it is due again at the new time. This needs no
 * lock, no lease table and no clock that agrees between servers.
 */
export async function claimDue(database: Database, table: DueTable, due: Due, now: number, nextDueAt: number): Promise<boolean> {
  return database.transaction(async (tx) => (await tx.run(claims[table], claimParams(table, due, now, nextDueAt))) === 1);
}

const claims: Readonly<Record<DueTable, string>> = {
  payments: 'UPDATE payments SET due_at = ? WHERE id = ? AND due_at = ?',
  attempts: 'UPDATE attempts SET due_at = ?, checks = checks + 1, checked_at = ? WHERE id = ? AND due_at = ?',
  refunds: 'UPDATE refunds SET due_at = ?, checks = checks + 1 WHERE id = ? AND due_at = ?',
};

function claimParams(table: DueTable, due: Due, now: number, nextDueAt: number): readonly Value[] {
  return table === 'attempts' ? [nextDueAt, now, due.id, due.due_at] : [nextDueAt, due.id, due.due_at];
}
