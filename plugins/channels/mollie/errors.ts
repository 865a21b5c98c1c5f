import type { Advice, Declined, Rejected, Unknown, VendorError } from '../../../core/contract/outcome.ts';

/** An error answer of Mollie. It has no codes: the status and the field that is at fault say all. */
export interface Fault {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly field: string;
}

/** What an error answer means for a request to pay, to close, or for a question. None of them is a decline: the shopper chooses later. */
export function explain(fault: Fault): Rejected | Unknown {
  const vendor = vendorError(fault);
  // The text of such an answer may quote a part of the key, so it is not passed on.
  if (fault.status === 401 || fault.status === 403) {
    return { kind: 'rejected', reason: 'auth', vendor: { code: vendor.code, message: 'Mollie refuses the API key for this call' } };
  }
  const isRefused = fault.status === 400 || fault.status === 422;
  return isRefused ? { kind: 'rejected', reason: 'validation', vendor } : { kind: 'unknown', reason: 'unmapped', vendor };
}

/** For a refund, an amount that Mollie does not take is its final word: more than is left, or than the balance holds. */
export function explainRefund(fault: Fault): Declined | Rejected | Unknown {
  if (fault.status !== 422 || fault.field !== 'amount') return explain(fault);
  return { kind: 'declined', echo: {}, code: 'refund_rejected', advice: 'contact_support', vendor: vendorError(fault) };
}

const reasons: Readonly<Record<string, readonly [code: string, advice: Advice, en: string, zh: string]>> = {
  card_expired: ['card_expired', 'retry_other_method', 'The card has expired.', '该卡已过期。'],
  insufficient_funds: ['insufficient_funds', 'retry_other_method', 'The account does not hold enough money.', '账户余额不足。'],
  possible_fraud: ['risk_rejected', 'do_not_retry', 'The payment was refused for risk.', '支付因风险被拒。'],
  authentication_failed: ['authentication_failed', 'retry_other_method', 'The payer was not authenticated.', '付款人未通过验证。'],
  authentication_abandoned: ['payer_cancelled', 'retry', 'The payer gave up.', '付款人放弃了付款。'],
  card_declined: ['card_declined', 'retry_other_method', 'The issuer declined the card.', '发卡行拒绝了该卡。'],
  refused_by_issuer: ['card_declined', 'retry_other_method', 'The issuer declined the card.', '发卡行拒绝了该卡。'],
};

/** The decline of a payment whose state is `failed`, which Mollie documents as final. `reason` is that of a card. */
export function declineBy(reason: unknown): Declined {
  const given = typeof reason === 'string' ? reason.slice(0, 64) : 'failed';
  const known = Object.hasOwn(reasons, given) ? reasons[given] : undefined;
  const [code, advice, en, zh] = known ?? (['declined', 'retry_other_method', 'The payment failed.', '支付失败。'] as const);
  return { kind: 'declined', echo: {}, code, advice, vendor: { code: given, message: `${en} (${zh})` } };
}

function vendorError({ status, title, detail, field }: Fault): VendorError {
  return { code: [String(status), field].filter((part) => part !== '').join(' '), message: detail === '' ? title : detail };
}

/** Reads an error answer; null when it is none of Mollie's. */
export function readFault(data: Readonly<Record<string, unknown>>, status: number): Fault | null {
  if (data.status !== status || typeof data.title !== 'string') return null;
  return { status, title: data.title.slice(0, 64), detail: textOf(data.detail, 256), field: textOf(data.field, 64) };
}

function textOf(value: unknown, maxLength: number): string {
  return typeof value === 'string' ? value.slice(0, maxLength) : '';
}
