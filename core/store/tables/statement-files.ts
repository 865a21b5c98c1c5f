import type { Reader, Row, Tx } from '../database.ts';
import { onlyFrom, statementFileMoves } from './moves.ts';
import { insert } from './row.ts';

export type StatementFileState = 'receiving' | 'kept' | 'replacing' | 'compared' | 'superseded';

/** A row of `statement_files`, member for member. */
export interface StatementFileRow {
  readonly id: string;
  readonly reconciliation_id: string;
  readonly account_id: string;
  readonly day: string;
  readonly name: string;
  readonly sha256: string;
  readonly size: number;
  readonly source: 'vendor' | 'hand';
  readonly state: StatementFileState;
  readonly entries: number | null;
  readonly totals: string | null;
  readonly data_key: string;
  readonly created_at: number;
}

export async function insertStatementFile(tx: Tx, row: StatementFileRow): Promise<void> {
  await insert(tx, 'statement_files', row as StatementFileRow & Row);
}

/** The documents of a day that came whole and count, in the order in which they came. */
export async function readStatementFiles(reader: Reader, reconciliationId: string): Promise<readonly StatementFileRow[]> {
  const sql = "SELECT * FROM statement_files WHERE reconciliation_id = ? AND state NOT IN ('receiving', 'superseded') ORDER BY id";
  return (await reader.all(sql, [reconciliationId])) as unknown as readonly StatementFileRow[];
}

/** Says what a document was once it came whole. Throws a `UniqueError` where the day has the same one already. */
export async function completeStatementFile(
  tx: Tx,
  id: string,
  { sha256, size, state }: Pick<StatementFileRow, 'sha256' | 'size'> & { readonly state: 'kept' | 'replacing' },
): Promise<boolean> {
  const sql = `UPDATE statement_files SET sha256 = ?, size = ?, state = ? WHERE id = ?${onlyFrom(statementFileMoves, state)}`;
  return (await tx.run(sql, [sha256, size, state, id])) === 1;
}

export async function markCompared(tx: Tx, id: string, entries: number, totals: string): Promise<void> {
  const from = onlyFrom(statementFileMoves, 'compared');
  await tx.run(`UPDATE statement_files SET entries = ?, totals = ?, state = 'compared' WHERE id = ?${from}`, [entries, totals, id]);
}

/** Another document counts instead. */
export async function markSuperseded(tx: Tx, id: string): Promise<void> {
  await tx.run(`UPDATE statement_files SET state = 'superseded' WHERE id = ?${onlyFrom(statementFileMoves, 'superseded')}`, [id]);
}

/** One that counted before comes again, in the place of what counts now. */
export async function reviveSuperseded(
  tx: Tx,
  { account_id, day, sha256 }: Pick<StatementFileRow, 'account_id' | 'day' | 'sha256'>,
): Promise<void> {
  const sql = "UPDATE statement_files SET state = 'replacing' WHERE account_id = ? AND day = ? AND sha256 = ? AND state = 'superseded'";
  await tx.run(sql, [account_id, day, sha256]);
}

export async function insertPiece(
  tx: Tx,
  piece: { readonly id: string; readonly fileId: string; readonly place: number; readonly content: string },
) {
  await insert(tx, 'statement_pieces', { id: piece.id, file_id: piece.fileId, place: piece.place, content: piece.content });
}

export async function readPiece(reader: Reader, fileId: string, place: number): Promise<string | null> {
  const row = await reader.get('SELECT content FROM statement_pieces WHERE file_id = ? AND place = ?', [fileId, place]);
  return (row?.['content'] as string | undefined) ?? null;
}

/** Removes a document that is not one: broken off, or refused. One that was compared stays for ever. */
export async function dropStatementFile(tx: Tx, id: string): Promise<void> {
  await tx.run("DELETE FROM statement_files WHERE id = ? AND state NOT IN ('compared', 'superseded')", [id]);
  // Pieces may have come after somebody else had removed their document.
  await tx.run('DELETE FROM statement_pieces WHERE file_id = ? AND NOT EXISTS (SELECT 1 FROM statement_files WHERE id = ?)', [id, id]);
}

/** The days of accounts whose document a person gave and that was not compared yet. */
export async function readGivenDays(reader: Reader): Promise<readonly { readonly accountId: string; readonly day: string }[]> {
  const rows = await reader.all(
    "SELECT DISTINCT account_id, day FROM statement_files WHERE state = 'kept' AND source = 'hand' ORDER BY day",
  );
  return rows.map((row) => ({ accountId: String(row['account_id']), day: String(row['day']) }));
}

/** Documents that were being received, or were to take the place of others, when a server died. */
export async function readHalfDone(reader: Reader, reconciliationId: string): Promise<readonly Pick<StatementFileRow, 'id' | 'state'>[]> {
  const sql = "SELECT id, state FROM statement_files WHERE reconciliation_id = ? AND state IN ('receiving', 'replacing')";
  return (await reader.all(sql, [reconciliationId])) as unknown as readonly Pick<StatementFileRow, 'id' | 'state'>[];
}
