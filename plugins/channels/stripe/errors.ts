import type { Advice, Declined, Rejected, Unknown, VendorError } from '../../../core/contract/outcome.ts';

/** An error object of Stripe, as its answers and `last_payment_error` carry it. */
export interface Fault {
  /** The HTTP status it came with; 402 for one that was read out of a payment. */
  readonly status: number;
  readonly type: string;
  readonly code: string;
  /** The card issuer's reason; empty when there is none. */
  readonly declineCode: string;
  readonly message: string;
}

/** One final "no" in our words. */
type Meaning = readonly [code: string, advice: Advice, en: string, zh: string];

const other = 'retry_other_method';

/**
 * Stripe's codes and decline codes that end a request for good. A code that is missing here is a
 * plain decline when it came as HTTP 402, which Stripe documents as "the parameters were valid
 * but the request failed", and leaves the outcome unknown otherwise.
 */
const meanings: Readonly<Record<string, Meaning>> = {
  card_declined: ['card_declined', other, 'The issuer declined the card.', '发卡行拒绝了该卡。'],
  insufficient_funds: ['insufficient_funds', other, 'The account does not hold enough money.', '账户余额不足。'],
  expired_card: ['card_expired', other, 'The card has expired.', '该卡已过期。'],
  fraudulent: ['risk_rejected', 'do_not_retry', 'The payment was refused for risk.', '支付因风险被拒。'],
  card_velocity_exceeded: ['limit_exceeded', other, 'A limit of the card is exceeded.', '超出该卡限额。'],
  processing_error: ['channel_error', 'retry', 'The card could not be processed now.', '暂时无法处理该卡。'],
  authentication_required: ['authentication_failed', other, 'The payer was not authenticated.', '付款人未通过验证。'],
  payment_intent_authentication_failure: ['authentication_failed', other, 'The payer was not authenticated.', '付款人未通过验证。'],
  payment_intent_payment_attempt_expired: ['order_expired', 'retry', 'The time to pay has passed.', '支付时间已过。'],
  payment_method_customer_decline: ['payer_cancelled', 'retry', 'The payer declined.', '付款人拒绝付款。'],
  account_closed: ['account_restricted', other, "The payer's account is closed.", '付款账户已关闭。'],
  amount_too_small: ['limit_exceeded', 'fix_request', 'Less than Stripe takes in this currency.', '低于该币种的最低金额。'],
  amount_too_large: ['limit_exceeded', 'fix_request', 'More than Stripe takes in this currency.', '超出该币种的最高金额。'],
  charge_already_refunded: ['refund_rejected', 'do_not_retry', 'Already refunded in full.', '该支付已全额退款。'],
  charge_disputed: ['refund_rejected', 'contact_support', 'The payment is disputed.', '该支付存在争议，无法退款。'],
  balance_insufficient: ['insufficient_balance', 'contact_support', 'The balance at Stripe is too low.', 'Stripe 账户余额不足。'],
};

/** What an error answer means for a request that would have created or moved something. */
export function explainFault(fault: Fault): Declined | Rejected | Unknown {
  const vendor = vendorError(fault);
  // The text of a 401 quotes a part of the key, so it is not passed on.
  if (fault.status === 401 || fault.status === 403) {
    return { kind: 'rejected', reason: 'auth', vendor: { code: vendor.code, message: 'Stripe refuses the API key for this call' } };
  }
  // Another request with our key is being executed at this moment: its outcome is ours, and not known yet.
  if (fault.status === 409) return { kind: 'unknown', reason: 'unmapped', vendor };
  if (fault.type === 'idempotency_error') return { kind: 'rejected', reason: 'number_reused', vendor };
  if (fault.status === 402 || (fault.status === 400 && meaningOf(fault) !== undefined)) return decline(fault);
  const isRefused = (fault.status === 400 || fault.status === 404) && fault.type === 'invalid_request_error';
  return isRefused ? { kind: 'rejected', reason: 'validation', vendor } : { kind: 'unknown', reason: 'unmapped', vendor };
}

/** What an error answer means for a question or a close, which never decline. */
export function explainQuestion(fault: Fault): Rejected | Unknown {
  const outcome = explainFault(fault);
  return outcome.kind === 'declined' ? { kind: 'unknown', reason: 'unmapped', vendor: outcome.vendor } : outcome;
}

/** The decline that an error is about; a plain one when its codes are not known. */
export function decline(fault: Fault): Declined {
  const [code, advice] = meaningOf(fault) ?? ['declined', other];
  return { kind: 'declined', echo: {}, code, advice, vendor: vendorError(fault) };
}

/** True when Stripe knows no object of the id that was asked for. */
export function saysNotFound(fault: Fault): boolean {
  return fault.status === 404 && fault.code === 'resource_missing';
}

/** `failure_reason` of a refund in our words. */
export function refundFailureCode(reason: unknown): string {
  return reason === 'insufficient_funds' ? 'insufficient_balance' : 'refund_rejected';
}

/** Reads an error object; null when it is none. */
export function readFault(error: unknown, status: number): Fault | null {
  if (typeof error !== 'object' || error === null) return null;
  const { type, code, decline_code: declineCode, message } = error as Readonly<Record<string, unknown>>;
  if (typeof type !== 'string') return null;
  return { status, type, code: textOf(code, 64), declineCode: textOf(declineCode, 64), message: textOf(message, 256) };
}

/** The issuer's reason says more than Stripe's code, which for cards is nearly always `card_declined`. */
function meaningOf(fault: Fault): Meaning | undefined {
  const known = [fault.declineCode, fault.code].find((code) => Object.hasOwn(meanings, code));
  return known === undefined ? undefined : meanings[known];
}

function vendorError(fault: Fault): VendorError {
  const [, , en = '', zh = ''] = meaningOf(fault) ?? [];
  const said = fault.message === '' ? en : fault.message;
  const code = [fault.declineCode, fault.code].find((text) => text !== '') ?? fault.type;
  return { code, message: zh === '' ? said : `${said} (${zh})` };
}

function textOf(value: unknown, maxLength: number): string {
  return typeof value === 'string' ? value.slice(0, maxLength) : '';
}
