import type { Reader, Row, Tx } from '../database.ts';
import type { PaymentRow } from './payments.ts';
import { insert, type Page, readPage, Where } from './row.ts';

/** A row of `payment_links`, member for member. */
export interface PaymentLinkRow {
  readonly id: string;
  readonly app_id: string;
  readonly token: string;
  readonly request_key: string | null;
  readonly status: 'active' | 'disabled';
  readonly subject: string;
  readonly amount: number | null;
  readonly min_amount: number | null;
  readonly max_amount: number | null;
  readonly currency: string;
  readonly most_payments: number | null;
  readonly made: number;
  readonly notify_url: string | null;
  readonly return_url: string | null;
  readonly metadata: string;
  readonly expires_at: number | null;
  readonly created_at: number;
}

export async function insertPaymentLink(tx: Tx, row: PaymentLinkRow): Promise<void> {
  await insert(tx, 'payment_links', row as PaymentLinkRow & Row);
}

export async function readPaymentLink(reader: Reader, id: string): Promise<PaymentLinkRow | null> {
  return ((await reader.get('SELECT * FROM payment_links WHERE id = ?', [id])) as PaymentLinkRow | undefined) ?? null;
}

export async function readPaymentLinkByRequest(reader: Reader, requestKey: string): Promise<PaymentLinkRow | null> {
  const row = await reader.get('SELECT * FROM payment_links WHERE request_key = ?', [requestKey]);
  return (row as PaymentLinkRow | undefined) ?? null;
}

export async function listPaymentLinks(reader: Reader, appId: string, page: Page) {
  const read = (sql: string, params: Parameters<Reader['all']>[1]) => reader.all(sql, params);
  return readPage<PaymentLinkRow>(read, 'payment_links', new Where().and('app_id = ?', appId), page);
}

/** Locks the link's row for this transaction, if it may be paid by now. False: it may not. */
export async function lockPaymentLink(tx: Tx, id: string, now: number): Promise<boolean> {
  const sql = "UPDATE payment_links SET made = made WHERE id = ? AND status = 'active' AND (expires_at IS NULL OR expires_at > ?)";
  return (await tx.run(sql, [id, now])) === 1;
}

/** Counts a payment more. Two nodes of a cluster that sell the last one at the same time meet in this, where a lock is each one's own. */
export async function countLinkPayment(tx: Tx, id: string): Promise<void> {
  await tx.run('UPDATE payment_links SET made = made + 1 WHERE id = ?', [id]);
}

export async function disablePaymentLink(tx: Tx, id: string): Promise<void> {
  await tx.run("UPDATE payment_links SET status = 'disabled' WHERE id = ?", [id]);
}

/** A payment of a link that is paid or may still be, and from where it was asked for: null where an older version did not note it. */
export type TakenPayment = Pick<PaymentRow, 'id' | 'state' | 'amount'> & { readonly holder: string | null };

export async function readTakenPayments(reader: Reader, linkId: string): Promise<readonly TakenPayment[]> {
  const sql = `SELECT payments.id AS id, payments.state AS state, payments.amount AS amount, link_payments.holder AS holder
    FROM link_payments JOIN payments ON payments.id = link_payments.id
    WHERE link_payments.link_id = ? AND payments.state NOT IN ('closed', 'failed')`;
  return (await reader.all(sql, [linkId])) as unknown as readonly TakenPayment[];
}

export async function readPaymentOfPage(reader: Reader, linkId: string, pageKey: string): Promise<string | null> {
  const row = await reader.get('SELECT id FROM link_payments WHERE link_id = ? AND page_key = ?', [linkId, pageKey]);
  return (row?.id as string | undefined) ?? null;
}

interface LinkPayment {
  readonly id: string;
  readonly linkId: string;
  readonly pageKey: string;
  readonly holder: string;
  readonly at: number;
}

export async function insertLinkPayment(tx: Tx, { id, linkId, pageKey, holder, at }: LinkPayment): Promise<void> {
  await insert(tx, 'link_payments', { id, link_id: linkId, page_key: pageKey, created_at: at, holder });
}
