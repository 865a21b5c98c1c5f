import type { Reader } from '../../core/store/database.ts';

/** Everything that is stored of what happened to one payment. */
export interface Story {
  readonly state: string;
  readonly exception: string | null;
  readonly amountPaid: number;
  /** `from>to by cause` of the payment and its attempts, oldest first. */
  readonly moves: readonly string[];
  /** The types of its events, oldest first. */
  readonly events: readonly string[];
}

export async function storyOf(database: Reader, paymentId: string): Promise<Story> {
  const payment = await database.get('SELECT state, exception, amount_paid FROM payments WHERE id = ?', [paymentId]);
  const moves = await database.all(
    `SELECT subject_id, from_state, to_state, cause FROM history
     WHERE subject_id = ? OR subject_id IN (SELECT id FROM attempts WHERE payment_id = ?) ORDER BY id`,
    [paymentId, paymentId],
  );
  const events = await database.all('SELECT type FROM events WHERE subject_id = ? ORDER BY sequence', [paymentId]);
  return {
    state: String(payment?.state),
    exception: (payment?.exception ?? null) as string | null,
    amountPaid: Number(payment?.amount_paid),
    moves: moves.map((row) => `${String(row.subject_id).slice(0, 3)} ${row.from_state}>${row.to_state} by ${row.cause}`),
    events: events.map((row) => String(row.type)),
  };
}
