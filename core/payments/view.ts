import type { Action, Advice } from '../contract/outcome.ts';
import { describeCode, type Locale } from '../errors.ts';
import type { AttemptRow } from '../store/tables/attempts.ts';
import type { PaymentRow } from '../store/tables/payments.ts';
import type { Kernel } from './deps.ts';
import { drawQr } from './qr-svg.ts';
import { checkoutUrl } from './request.ts';

/** Why a payment or refund failed, as the API tells it. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly advice: Advice;
}

/** What the addresses in a view begin with. */
export type Viewer = Pick<Kernel, 'publicUrl'>;

/** The payment as the API, the notifications and the feed show it. */
export function viewPayment({ publicUrl }: Viewer, row: PaymentRow, locale: Locale) {
  return {
    id: row.id,
    object: 'payment' as const,
    state: row.state,
    amount: row.amount,
    currency: row.currency,
    amount_refunded: row.amount_refunded,
    merchant_order_no: row.merchant_order_no,
    method: row.method,
    channel: row.channel,
    subject: row.subject,
    action: viewAction(row),
    checkout_url: checkoutUrl(publicUrl, row),
    failure: viewFailure(row.failure, locale),
    exception: row.exception,
    closing: row.closing === 1,
    metadata: JSON.parse(row.metadata) as Record<string, string>,
    expires_at: time(row.expires_at),
    created_at: time(row.created_at),
    succeeded_at: row.succeeded_at === null ? null : time(row.succeeded_at),
    closed_at: row.closed_at === null ? null : time(row.closed_at),
    livemode: row.livemode === 1,
  };
}

/** What the shopper has to do, while there is something to do. */
function viewAction(row: PaymentRow): Record<string, unknown> | null {
  if (row.action === null || row.state !== 'pending') return null;
  const action = JSON.parse(row.action) as Action;
  if (action.type !== 'qr') return { ...action };
  return { type: 'qr', qr_content: action.qrContent, qr_svg: drawQr(action.qrContent) };
}

export function viewFailure(stored: string | null, locale: Locale): Failure | null {
  if (stored === null) return null;
  const { code, advice } = JSON.parse(stored) as { code: string; advice: Advice };
  return { code, message: describeCode(code, locale), advice };
}

/** An attempt, as `expand=attempts` shows it. */
export function viewAttempt(row: AttemptRow, locale: Locale) {
  return {
    id: row.id,
    object: 'attempt' as const,
    number: row.number,
    state: row.state,
    method: row.method,
    channel: row.channel,
    account: row.account_id,
    channel_no: row.channel_no,
    amount: row.amount,
    currency: row.currency,
    fee_expected: row.fee_expected,
    failure: viewFailure(row.failure, locale),
    created_at: time(row.created_at),
    succeeded_at: row.succeeded_at === null ? null : time(row.succeeded_at),
  };
}

export function time(at: number): string {
  return new Date(at).toISOString();
}
