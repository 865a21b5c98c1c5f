import type { Reader, Tx } from '../database.ts';
import { changeRows } from './change.ts';
import { refundMoves } from './moves.ts';
import { insert, type Page, readPage, Where } from './row.ts';

export type RefundState = 'created' | 'sending' | 'unknown' | 'processing' | 'succeeded' | 'failed';
/** Who asked: the merchant, or the kernel for money that should not have come. */
export type RefundKind = 'merchant' | 'late' | 'duplicate' | 'excess';

/** A row of `refunds`, member for member. */
export interface RefundRow {
  readonly id: string;
  readonly payment_id: string;
  readonly attempt_id: string;
  readonly app_id: string;
  readonly merchant_refund_no: string | null;
  readonly request_hash: string | null;
  readonly number: string;
  readonly kind: RefundKind;
  readonly state: RefundState;
  readonly exception: 'abnormal' | null;
  readonly amount: number;
  readonly currency: string;
  readonly reason: string | null;
  readonly channel_no: string | null;
  readonly failure: string | null;
  readonly not_found_at: number | null;
  readonly version: number;
  readonly sequence: number;
  readonly checks: number;
  readonly due_at: number | null;
  readonly created_at: number;
  readonly succeeded_at: number | null;
  readonly ended_at: number | null;
}

export type RefundChanges = { readonly [K in keyof RefundRow]?: RefundRow[K] | undefined };

export async function insertRefund(tx: Tx, row: RefundRow): Promise<void> {
  await insert(tx, 'refunds', { ...row });
}

export async function readRefund(reader: Reader, id: string): Promise<RefundRow | null> {
  return ((await reader.get('SELECT * FROM refunds WHERE id = ?', [id])) as RefundRow | undefined) ?? null;
}

export async function readRefundByMerchantNo(reader: Reader, appId: string, merchantRefundNo: string): Promise<RefundRow | null> {
  const row = await reader.get('SELECT * FROM refunds WHERE app_id = ? AND merchant_refund_no = ?', [appId, merchantRefundNo]);
  return (row as RefundRow | undefined) ?? null;
}

/** By our number, or else by the vendor's where only one refund of the account has it: some vendors number a refund like its payment. */
export async function findRefund(
  reader: Reader,
  accountId: string,
  number: string | undefined,
  channelNo: string | undefined,
): Promise<RefundRow | null> {
  if (number !== undefined) {
    const row = await reader.get('SELECT * FROM refunds WHERE number = ?', [number]);
    if (row !== undefined) return row as unknown as RefundRow;
  }
  if (channelNo === undefined) return null;
  // Two vendors, or two merchants at one, may well count from the same number.
  const sql = `SELECT refunds.* FROM refunds JOIN attempts ON attempts.id = refunds.attempt_id
    WHERE refunds.channel_no = ? AND attempts.account_id = ? LIMIT 2`;
  const rows = (await reader.all(sql, [channelNo, accountId])) as unknown as readonly RefundRow[];
  return rows.length === 1 ? (rows[0] ?? null) : null;
}

/** All refunds of some payments, oldest first. */
export async function readRefundsOf(reader: Reader, paymentIds: readonly string[]): Promise<readonly RefundRow[]> {
  const marks = paymentIds.map(() => '?').join(', ');
  const rows = await reader.all(`SELECT * FROM refunds WHERE payment_id IN (${marks}) ORDER BY id`, paymentIds);
  return rows as unknown as readonly RefundRow[];
}

/** All refunds of a payment, oldest first. */
export async function readRefunds(reader: Reader, paymentId: string): Promise<readonly RefundRow[]> {
  return readRefundsOf(reader, [paymentId]);
}

/** Writes the changes if the refund is still in the state they were decided for. False: it is not, and nothing was written. */
export async function changeRefund(tx: Tx, id: string, from: RefundState, changes: RefundChanges): Promise<boolean> {
  return changeRows(tx, { table: 'refunds', moves: refundMoves, countsUp: true }, [{ id, from, changes }]);
}

export async function listRefunds(
  reader: Reader,
  filter: { readonly appId: string; readonly paymentId?: string | undefined },
  page: Page,
): Promise<{ rows: readonly RefundRow[]; hasMore: boolean }> {
  const where = new Where().and('app_id = ?', filter.appId);
  if (filter.paymentId !== undefined) where.and('payment_id = ?', filter.paymentId);
  return readPage<RefundRow>((sql, params) => reader.all(sql, params), 'refunds', where, page);
}
