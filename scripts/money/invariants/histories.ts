import { attemptMoves, paymentMoves, refundMoves } from '../../../core/store/tables/moves.ts';
import { type Found, found, type HistoryRow, type Invariant } from '../invariant.ts';

type Moves = Readonly<Record<string, readonly string[]>>;

/**
 * Rows of one millisecond have no order, so the steps are balanced instead of followed: every state
 * is left as often as it was entered, but for the last.
 */
export const historiesAreLegal: Invariant = {
  number: 13,
  name: 'the history of each row is a path through its state machine that ends where the row is',
  *check({ payment, attempts, refunds, history }) {
    yield* historyOf(payment, paymentMoves, history.get(payment.id) ?? []);
    for (const row of attempts) yield* historyOf(row, attemptMoves, history.get(row.id) ?? []);
    for (const row of refunds) yield* historyOf(row, refundMoves, history.get(row.id) ?? []);
  },
};

function* historyOf(row: { readonly id: string; readonly state: string }, moves: Moves, all: readonly HistoryRow[]): Iterable<Found> {
  const steps = all.filter((step) => step.from_state !== step.to_state);
  const balance = new Map<string, number>([[row.state, 0]]);
  const count = (state: string, by: number) => balance.set(state, (balance.get(state) ?? 0) + by);
  for (const step of steps) {
    const { from_state: from, to_state: to } = step;
    if (from !== null && !moves[from]?.includes(to)) yield found(`${row.id}: no way from ${from} to ${to}`, row, step);
    count(to, 1);
    if (from !== null) count(from, -1);
  }
  const starts = steps.filter((step) => step.from_state === null).length;
  if (starts !== 1) yield found(`${row.id}: began ${starts} times`, row, ...steps);
  for (const [state, entered] of balance)
    if (entered !== (state === row.state ? 1 : 0))
      yield found(`${row.id}: is ${row.state}, but its history leaves ${state} at ${entered}`, row, ...steps);
}
