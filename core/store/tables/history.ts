import type { Reader, Tx, Value } from '../database.ts';

/** Who may cause a transition. */
export type Cause = 'merchant' | 'kernel' | 'callback' | 'query' | 'timer' | 'statement' | 'operator' | 'shopper';

/** One transition of a payment, an attempt or a refund. */
export interface Transition {
  readonly id: string;
  readonly subjectId: string;
  readonly from: string | null;
  readonly to: string;
  readonly cause: Cause;
  readonly detail?: string | null;
  readonly at: number;
}

/** Writes all transitions of one transaction in one statement. */
export async function insertTransitions(tx: Tx, transitions: readonly Transition[]): Promise<void> {
  if (transitions.length === 0) return;
  const marks = transitions.map(() => '(?,?,?,?,?,?,?)').join(',');
  const params = transitions.flatMap((one): Value[] => [one.id, one.subjectId, one.from, one.to, one.cause, one.detail ?? null, one.at]);
  await tx.run(`INSERT INTO history (id, subject_id, from_state, to_state, cause, detail, created_at) VALUES ${marks}`, params);
}

/** What the history says of a success that its channel took back. */
export const takenBackDetail = 'reversed by the channel';

/** When the successes of some attempts were taken back, by attempt. */
export async function readTakenBack(reader: Reader, attemptIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const marks = attemptIds.map(() => '?').join(', ');
  const sql = `SELECT subject_id, created_at FROM history WHERE subject_id IN (${marks}) AND detail = ?`;
  const rows = await reader.all(sql, [...attemptIds, takenBackDetail]);
  return new Map(rows.map((row) => [String(row['subject_id']), Number(row['created_at'])]));
}
