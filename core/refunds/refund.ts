import type { App } from '../access/directory.ts';
import { type Refusal, refuse } from '../errors.ts';
import { refundCreatedEntry } from '../ledger/entries.ts';
import { postEntries } from '../ledger/post.ts';
import type { Kernel } from '../payments/deps.ts';
import { viewPayment } from '../payments/view.ts';
import { type Tx, UniqueError } from '../store/database.ts';
import { readAttempt } from '../store/tables/attempts.ts';
import { insertTransitions } from '../store/tables/history.ts';
import { type PaymentRow, readPayment, reserveRefund } from '../store/tables/payments.ts';
import { insertRefund, type RefundRow, readRefundByMerchantNo } from '../store/tables/refunds.ts';
import { announceRefund } from './announce.ts';
import { execute } from './execute.ts';

/** A refund as a merchant asks for it, read and valid. */
export interface NewRefund {
  readonly paymentId: string;
  readonly merchantRefundNo: string;
  readonly amount: number;
  readonly reason: string | null;
  readonly hash: string;
}

export interface Refunded {
  readonly kind: 'refund';
  readonly refund: RefundRow;
  readonly created: boolean;
}

/**
 * Refunds a payment, in part or in whole. One conditional update sets the money aside, so that no
 * number of requests at the same time can go beyond what was paid; then the row is committed, and
 * only then the channel is called.
 */
export async function refund(kernel: Kernel, app: App, request: NewRefund): Promise<Refunded | Refusal> {
  const payment = await readPayment(kernel.database, request.paymentId);
  if (payment === null || payment.app_id !== app.id) return refuse('not_found', { param: 'payment' });
  if (await isRetired(kernel, payment)) return refuse('account_retired', { payment: viewPayment(kernel, payment, 'en') });
  const id = kernel.newId('rfd_');
  try {
    const reserved = await kernel.database.transaction((tx) => insertReserved(kernel, tx, app, request, id), { table: 'refunds', id });
    if (!reserved) return await refusal(kernel, app, request);
  } catch (error) {
    if (!(error instanceof UniqueError)) throw error;
    return repeated(kernel, app, request);
  }
  return { kind: 'refund', refund: await execute(kernel, id), created: true };
}

/** Set aside, its money would wait for an account that sends nothing. */
async function isRetired({ channels, database }: Kernel, { accepted_attempt_id: id }: PaymentRow): Promise<boolean> {
  const retired = channels.accounts().filter(({ record }) => record.status === 'retired');
  if (retired.length === 0 || id === null) return false;
  const attempt = await readAttempt(database, id);
  return retired.some((account) => account.id === attempt?.account_id);
}

function newRefund(kernel: Kernel, payment: PaymentRow, request: NewRefund, id: string): RefundRow {
  const now = kernel.clock.now().getTime();
  if (payment.accepted_attempt_id === null) throw new Error(`payment ${payment.id} is a success without an attempt`);
  return {
    id,
    payment_id: payment.id,
    attempt_id: payment.accepted_attempt_id,
    app_id: payment.app_id,
    merchant_refund_no: request.merchantRefundNo,
    request_hash: request.hash,
    number: id.slice('rfd_'.length),
    kind: 'merchant',
    state: 'created',
    exception: null,
    amount: request.amount,
    currency: payment.currency,
    reason: request.reason,
    channel_no: null,
    failure: null,
    not_found_at: null,
    version: 0,
    sequence: 1,
    checks: 0,
    due_at: now + kernel.timing.callMs + 2000,
    created_at: now,
    succeeded_at: null,
    ended_at: null,
  };
}

async function insertReserved(kernel: Kernel, tx: Tx, app: App, request: NewRefund, id: string): Promise<boolean> {
  // Reserved first: everyone takes the payment's row before any other, so nobody waits in a circle.
  if (!(await reserveRefund(tx, request.paymentId, app.id, request.amount))) {
    const taken = await readRefundByMerchantNo(tx, app.id, request.merchantRefundNo);
    if (taken !== null) throw new UniqueError('refunds_merchant_no');
    return false;
  }
  // Read only now: which attempt was accepted is certain only once the row is ours.
  const payment = await readPayment(tx, request.paymentId);
  if (payment === null) throw new Error(`payment ${request.paymentId} is gone`);
  const row = newRefund(kernel, payment, request, id);
  await insertRefund(tx, row);
  const transition = { subjectId: row.id, from: null, to: row.state, cause: 'merchant', at: row.created_at } as const;
  await insertTransitions(tx, [{ id: kernel.newId('his_'), ...transition }]);
  await postEntries(tx, [refundCreatedEntry(payment, row, row.created_at)]);
  await announceRefund(kernel, tx, { type: 'refund.created', refund: row, now: row.created_at });
  return true;
}

/** Why nothing could be set aside. */
async function refusal(kernel: Kernel, app: App, request: NewRefund): Promise<Refusal> {
  const payment = await readPayment(kernel.database, request.paymentId);
  if (payment === null || payment.app_id !== app.id) return refuse('not_found', { param: 'payment' });
  const view = viewPayment(kernel, payment, 'en');
  if (payment.state !== 'success') return refuse('payment_not_refundable', { payment: view, values: { state: payment.state } });
  return refuse('refund_exceeds_payment', { param: 'amount', payment: view });
}

async function repeated(kernel: Kernel, app: App, request: NewRefund): Promise<Refunded | Refusal> {
  const before = await readRefundByMerchantNo(kernel.database, app.id, request.merchantRefundNo);
  if (before === null) throw new Error('a refund number is taken, but there is no such refund');
  if (before.request_hash === request.hash) return { kind: 'refund', refund: before, created: false };
  const payment = await readPayment(kernel.database, before.payment_id);
  return refuse('merchant_refund_no_used', {
    param: 'merchant_refund_no',
    ...(payment && { payment: viewPayment(kernel, payment, 'en') }),
  });
}
