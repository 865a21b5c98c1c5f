import type { Tx, Value } from '../database.ts';
import { onlyFrom } from './moves.ts';

/** Columns of one row that change, if it is still in the state in which that was decided. */
export interface Change<State extends string> {
  readonly id: string;
  readonly from: State;
  readonly changes: Readonly<Record<string, Value | undefined>>;
}

interface Changing<State extends string> {
  readonly table: string;
  readonly moves: Readonly<Record<State, readonly State[]>>;
  /** Whether the row's version grows here, and not where it is locked. */
  readonly countsUp: boolean;
}

/**
 * Writes changes of different rows of a table: those that change the same columns from the same state in one statement.
 * False: one of them was no longer as it was read, or its state has no such step. Then the transaction must not be committed.
 */
export async function changeRows<State extends string>(
  tx: Tx,
  changing: Changing<State>,
  rows: readonly Change<State>[],
): Promise<boolean> {
  const changed = rows.map(withoutAbsent).filter(({ columns }) => columns.size > 0);
  for (const alike of Map.groupBy(changed, shapeOf).values()) {
    const { sql, params } = updateOf(changing, alike);
    if ((await tx.run(sql, params)) !== alike.length) return false;
  }
  return true;
}

interface Ready<State extends string> {
  readonly id: string;
  readonly from: State;
  readonly to: State | undefined;
  readonly columns: ReadonlyMap<string, Value>;
}

function withoutAbsent<State extends string>({ id, from, changes }: Change<State>): Ready<State> {
  const columns = Object.entries(changes).filter((entry): entry is [string, Value] => entry[1] !== undefined);
  return { id, from, to: changes['state'] as State | undefined, columns: new Map(columns) };
}

const shapeOf = ({ from, to = '', columns }: Ready<string>) => [from, to, ...columns.keys()].join(' ');

function updateOf<State extends string>({ table, moves, countsUp }: Changing<State>, rows: readonly Ready<State>[]) {
  const [first] = rows;
  if (first === undefined) throw new Error('nothing to change');
  const set = [...first.columns.keys()].map((column) => assign(column, rows));
  const version = countsUp ? ', version = version + 1' : '';
  const marks = rows.map(() => '?').join(', ');
  return {
    sql: `UPDATE ${table} SET ${set.map(({ sql }) => sql).join(', ')}${version} WHERE id IN (${marks}) AND state = ?${onlyFrom(moves, first.to)}`,
    params: [...set.flatMap(({ params }) => params), ...rows.map(({ id }) => id), first.from],
  };
}

/** `a = ?` where all rows get the same, else each its own by its id. */
function assign(column: string, rows: readonly Ready<string>[]): { readonly sql: string; readonly params: readonly Value[] } {
  const values = rows.map(({ id, columns }) => [id, columns.get(column) ?? null] as const);
  const [[, shared] = ['', null]] = values;
  if (values.every(([, value]) => value === shared)) return { sql: `${column} = ?`, params: [shared] };
  return { sql: `${column} = CASE id ${values.map(() => 'WHEN ? THEN ?').join(' ')} END`, params: values.flat() };
}
