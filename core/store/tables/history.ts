import type { Tx, Value } from '../database.ts';

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
