import { firstId } from '../../ids.ts';
import type { Reader, Row, Tx } from '../database.ts';
import { type Change, changeRows } from './change.ts';
import { paymentMoves } from './moves.ts';
import { insertAll, type Page, readPage, Where } from './row.ts';

export type PaymentState = 'pending' | 'processing' | 'success' | 'failed' | 'refunded' | 'closed';
export type PaymentException = 'late' | 'duplicate' | 'excess' | 'mismatch';

/** A row of `payments`, member for member. */
export interface PaymentRow {
  readonly id: string;
  readonly app_id: string;
  readonly merchant_order_no: string;
  readonly request_hash: string;
  readonly livemode: number;
  readonly state: PaymentState;
  readonly closing: number;
  readonly close_reason: string | null;
  readonly exception: PaymentException | null;
  readonly amount: number;
  readonly currency: string;
  readonly amount_paid: number;
  readonly amount_refunded: number;
  readonly refund_reserved: number;
  readonly subject: string;
  readonly method: string | null;
  readonly channel: string | null;
  readonly accepted_attempt_id: string | null;
  readonly failure: string | null;
  readonly request: string;
  readonly action: string | null;
  readonly notify_url: string | null;
  readonly return_url: string | null;
  readonly metadata: string;
  readonly sequence: number;
  readonly version: number;
  readonly due_at: number | null;
  readonly expires_at: number;
  readonly created_at: number;
  readonly succeeded_at: number | null;
  readonly closed_at: number | null;
  readonly checkout_token: string | null;
}

export type PaymentChanges = { readonly [K in keyof PaymentRow]?: PaymentRow[K] | undefined };

export async function insertPayments(tx: Tx, rows: readonly PaymentRow[]): Promise<void> {
  await insertAll(tx, 'payments', rows as readonly (PaymentRow & Row)[]);
}

export async function readPayment(reader: Reader, id: string): Promise<PaymentRow | null> {
  return ((await reader.get('SELECT * FROM payments WHERE id = ?', [id])) as PaymentRow | undefined) ?? null;
}

export async function readPaymentByOrderNo(reader: Reader, appId: string, merchantOrderNo: string): Promise<PaymentRow | null> {
  const row = await reader.get('SELECT * FROM payments WHERE app_id = ? AND merchant_order_no = ?', [appId, merchantOrderNo]);
  return (row as PaymentRow | undefined) ?? null;
}

export async function readPayments(reader: Reader, ids: readonly string[]): Promise<readonly PaymentRow[]> {
  if (ids.length === 0) return [];
  const rows = await reader.all(`SELECT * FROM payments WHERE id IN (${ids.map(() => '?').join(', ')}) ORDER BY id`, ids);
  return rows as unknown as readonly PaymentRow[];
}

/** How often each of these rows was written to. */
export async function readPaymentVersions(reader: Reader, ids: readonly string[]): Promise<readonly Pick<PaymentRow, 'id' | 'version'>[]> {
  if (ids.length === 0) return [];
  const rows = await reader.all(`SELECT id, version FROM payments WHERE id IN (${ids.map(() => '?').join(', ')})`, ids);
  return rows as unknown as readonly Pick<PaymentRow, 'id' | 'version'>[];
}

/**
 * Takes the payment's row for this transaction and reads it. Every transaction that touches a
 * payment, its attempts or its refunds begins here, so they follow one another; the write also
 * makes the row part of what a Galera cluster certifies, which a lock alone is not.
 */
export async function lockPayment(tx: Tx, id: string): Promise<PaymentRow | null> {
  return (await lockPayments(tx, [id])).get(id) ?? null;
}

/** The same for several payments, by id. In the order of their ids, so that two groups never wait for one another in a ring. */
export async function lockPayments(tx: Tx, ids: readonly string[]): Promise<ReadonlyMap<string, PaymentRow>> {
  const sorted = ids.toSorted();
  const marks = sorted.map(() => '?').join(', ');
  await tx.run(`UPDATE payments SET version = version + 1 WHERE id IN (${marks})`, sorted);
  const rows = (await tx.all(`SELECT * FROM payments WHERE id IN (${marks})`, sorted)) as unknown as readonly PaymentRow[];
  return new Map(rows.map((row) => [row.id, row]));
}

/** Writes the changes if the payment is still in the state they were decided for. False: it is not, and nothing was written. */
export async function changePayment(tx: Tx, id: string, from: PaymentState, changes: PaymentChanges): Promise<boolean> {
  return changePayments(tx, [{ id, from, changes }]);
}

/** The same for several. False: one of them is not, and the transaction must not be committed. */
export async function changePayments(
  tx: Tx,
  rows: readonly (Change<PaymentState> & { readonly changes: PaymentChanges })[],
): Promise<boolean> {
  return changeRows(tx, { table: 'payments', moves: paymentMoves, countsUp: false }, rows);
}

/** Sets money aside for a refund, in one statement that cannot go beyond what was paid. False: nothing was set aside. */
export async function reserveRefund(tx: Tx, paymentId: string, appId: string, amount: number): Promise<boolean> {
  const sql = `UPDATE payments SET refund_reserved = refund_reserved + ?, version = version + 1
    WHERE id = ? AND app_id = ? AND state = 'success' AND amount_refunded + refund_reserved + ? <= amount_paid`;
  return (await tx.run(sql, [amount, paymentId, appId, amount])) === 1;
}

/** The reserve becomes a refund, and the payment `refunded` when all of it is. */
export async function bookRefund(tx: Tx, paymentId: string, amount: number): Promise<boolean> {
  const sql = `UPDATE payments SET refund_reserved = refund_reserved - ?, amount_refunded = amount_refunded + ?
    WHERE id = ? AND state = 'success' AND refund_reserved >= ?`;
  if ((await tx.run(sql, [amount, amount, paymentId, amount])) !== 1) return false;
  await tx.run("UPDATE payments SET state = 'refunded' WHERE id = ? AND state = 'success' AND amount_refunded = amount_paid", [paymentId]);
  return true;
}

export async function releaseRefund(tx: Tx, paymentId: string, amount: number): Promise<boolean> {
  const sql = 'UPDATE payments SET refund_reserved = refund_reserved - ? WHERE id = ? AND refund_reserved >= ?';
  return (await tx.run(sql, [amount, paymentId, amount])) === 1;
}

export interface PaymentFilter {
  readonly appId: string;
  readonly merchantOrderNo?: string | undefined;
  readonly state?: string | undefined;
  readonly channel?: string | undefined;
  readonly createdFrom?: number | undefined;
  readonly createdTo?: number | undefined;
}

/** An id is made a little before its row's time is taken. Bounded by ids, a time range is a piece of the index that pages are read by. */
const idSlackMs = 600_000;
const lastMs = 2 ** 48 - 1;
const idAround = (ms: number) => firstId('pay_', new Date(Math.min(Math.max(0, ms), lastMs)));

export async function listPayments(
  reader: Reader,
  filter: PaymentFilter,
  page: Page,
): Promise<{ rows: readonly PaymentRow[]; hasMore: boolean }> {
  const where = new Where().and('app_id = ?', filter.appId);
  if (filter.merchantOrderNo !== undefined) where.and('merchant_order_no = ?', filter.merchantOrderNo);
  if (filter.state !== undefined) where.and('state = ?', filter.state);
  if (filter.channel !== undefined) where.and('channel = ?', filter.channel);
  if (filter.createdFrom !== undefined)
    where.and('created_at >= ? AND id > ?', filter.createdFrom, idAround(filter.createdFrom - idSlackMs));
  if (filter.createdTo !== undefined) where.and('created_at < ? AND id < ?', filter.createdTo, idAround(filter.createdTo + idSlackMs));
  return readPage<PaymentRow>((sql, params) => reader.all(sql, params), 'payments', where, page);
}
