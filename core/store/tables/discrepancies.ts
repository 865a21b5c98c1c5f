import type { Reader, Row, Tx } from '../database.ts';
import { insert, insertAll, type Page, readPage, Where } from './row.ts';

/** A row of `discrepancies`, member for member. */
export interface DiscrepancyRow {
  readonly id: string;
  readonly reconciliation_id: string;
  readonly entry_key: string;
  readonly account_id: string;
  readonly channel: string;
  readonly app_id: string | null;
  readonly livemode: number;
  readonly day: string;
  readonly class: string;
  readonly kind: string;
  readonly number: string | null;
  readonly channel_no: string | null;
  readonly currency: string;
  readonly amount_here: number | null;
  readonly amount_there: number | null;
  readonly fee_here: number | null;
  readonly fee_there: number | null;
  readonly payment_id: string | null;
  readonly subject_id: string | null;
  readonly file_id: string | null;
  readonly entry: number | null;
  readonly evidence: string | null;
  readonly occurred_at: number | null;
  readonly state: 'suspended' | 'open' | 'resolved';
  readonly reason: string | null;
  readonly owner: string | null;
  readonly version: number;
  readonly asked_by: string | null;
  readonly created_at: number;
  readonly resolved_at: number | null;
}

export type DiscrepancyChanges = Partial<
  Pick<
    DiscrepancyRow,
    'class' | 'state' | 'reason' | 'owner' | 'asked_by' | 'resolved_at' | DiscrepancyAmount | 'file_id' | 'entry' | 'evidence'
  >
>;
export type DiscrepancyAmount = 'currency' | 'amount_here' | 'amount_there' | 'fee_here' | 'fee_there';

/** What was done about a discrepancy. */
export interface DiscrepancyAction {
  readonly id: string;
  readonly discrepancy_id: string;
  readonly action: string;
  readonly actor: string;
  readonly note: string | null;
  readonly from_state: string | null;
  readonly to_state: string;
  readonly created_at: number;
}

export async function insertDiscrepancies(tx: Tx, rows: readonly DiscrepancyRow[]): Promise<void> {
  if (rows.length > 0) await insertAll(tx, 'discrepancies', rows as readonly (DiscrepancyRow & Row)[]);
}

export async function readDiscrepancy(reader: Reader, id: string): Promise<DiscrepancyRow | null> {
  return ((await reader.get('SELECT * FROM discrepancies WHERE id = ?', [id])) as DiscrepancyRow | undefined) ?? null;
}

/** All of a day in the order of their keys, piece by piece. */
export async function readDiscrepanciesOf(
  reader: Reader,
  reconciliationId: string,
  afterKey: string,
  limit: number,
): Promise<readonly DiscrepancyRow[]> {
  const sql = `SELECT * FROM discrepancies WHERE reconciliation_id = ? AND entry_key > ? ORDER BY entry_key LIMIT ${limit}`;
  return (await reader.all(sql, [reconciliationId, afterKey])) as unknown as readonly DiscrepancyRow[];
}

export async function readDiscrepanciesByKey(
  reader: Reader,
  reconciliationId: string,
  keys: readonly string[],
): Promise<readonly DiscrepancyRow[]> {
  if (keys.length === 0) return [];
  const sql = `SELECT * FROM discrepancies WHERE reconciliation_id = ? AND entry_key IN (${keys.map(() => '?').join(', ')})`;
  return (await reader.all(sql, [reconciliationId, ...keys])) as unknown as readonly DiscrepancyRow[];
}

/** Those about some attempts and refunds, of whatever day. */
export async function readDiscrepanciesAbout(reader: Reader, subjectIds: readonly string[]): Promise<readonly DiscrepancyRow[]> {
  if (subjectIds.length === 0) return [];
  const sql = `SELECT * FROM discrepancies WHERE subject_id IN (${subjectIds.map(() => '?').join(', ')})`;
  return (await reader.all(sql, subjectIds)) as unknown as readonly DiscrepancyRow[];
}

/** Writes changes if nobody changed the row since it was read, and the action that tells of them. False: somebody did. */
export async function changeDiscrepancy(
  tx: Tx,
  row: Pick<DiscrepancyRow, 'id' | 'version'>,
  changes: DiscrepancyChanges,
  action: DiscrepancyAction,
): Promise<boolean> {
  const entries = Object.entries({ ...changes, version: row.version + 1 });
  const sql = `UPDATE discrepancies SET ${entries.map(([column]) => `${column} = ?`).join(', ')} WHERE id = ? AND version = ?`;
  if ((await tx.run(sql, [...entries.map(([, value]) => value), row.id, row.version])) !== 1) return false;
  await insert(tx, 'discrepancy_actions', { ...action });
  return true;
}

export async function readDiscrepancyActions(reader: Reader, discrepancyId: string): Promise<readonly DiscrepancyAction[]> {
  const sql = 'SELECT * FROM discrepancy_actions WHERE discrepancy_id = ? ORDER BY id';
  return (await reader.all(sql, [discrepancyId])) as unknown as readonly DiscrepancyAction[];
}

export interface DiscrepancyFilter {
  readonly appId: string;
  readonly accountIds: readonly string[];
  readonly state?: string | undefined;
  readonly class?: string | undefined;
  readonly reconciliation?: string | undefined;
  readonly payment?: string | undefined;
  readonly owner?: string | undefined;
}

/** Those about payments of an app, and all of some accounts, newest first. */
export async function listDiscrepancies(reader: Reader, filter: DiscrepancyFilter, page: Page) {
  const { appId, accountIds } = filter;
  const marks = ['NULL', ...accountIds.map(() => '?')].join(', ');
  const where = new Where().and(`(app_id = ? OR account_id IN (${marks}))`, appId, ...accountIds);
  const columns = {
    state: filter.state,
    class: filter.class,
    reconciliation_id: filter.reconciliation,
    payment_id: filter.payment,
    owner: filter.owner,
  };
  for (const [column, value] of Object.entries(columns)) if (value !== undefined) where.and(`${column} = ?`, value);
  return readPage<DiscrepancyRow>((sql, params) => reader.all(sql, params), 'discrepancies', where, page);
}

/** What is open or suspended, of one channel, currency and state. */
export interface Outstanding {
  readonly channel: string;
  readonly currency: string;
  readonly state: 'open' | 'suspended';
  readonly count: number;
  /** The money that is not accounted for, in minor units. */
  readonly amount: number;
  /** Since when there is the oldest. */
  readonly since: number;
}

export async function readOutstanding(reader: Reader): Promise<readonly Outstanding[]> {
  const stake = `CASE class WHEN 'fee_differs' THEN ABS(fee_here - fee_there) WHEN 'duplicate' THEN ABS(amount_there)
    WHEN 'status_differs' THEN ABS(amount_there) ELSE ABS(COALESCE(amount_here, 0) - COALESCE(amount_there, 0)) END`;
  const sql = `SELECT channel, currency, state, COUNT(*) AS count, CAST(SUM(${stake}) AS SIGNED) AS amount, MIN(created_at) AS since
    FROM discrepancies WHERE state IN ('open', 'suspended') GROUP BY channel, currency, state`;
  return (await reader.all(sql)) as unknown as readonly Outstanding[];
}
