import type { Advice, Declined, Rejected, Unknown } from '../../../core/contract/outcome.ts';

/** An error answer. */
export interface Fault {
  /** The HTTP status. */
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** One final "no" in our words. */
type Meaning = readonly [code: string, advice: Advice, en: string, zh: string];

/** Refunds that are not carried out. Payments are declined on the shopper's page, and stay open there. */
const meanings: Readonly<Record<string, Meaning>> = {
  amount_above_limit: ['refund_rejected', 'fix_request', 'More than is left to refund.', '退款金额超过可退余额。'],
  refund_amount_exceeded: ['refund_rejected', 'fix_request', 'More than is left to refund.', '退款金额超过可退余额。'],
  insufficient_balance: ['insufficient_balance', 'contact_support', 'The balance at Airwallex is too low.', 'Airwallex 账户余额不足。'],
  refund_not_supported: ['refund_rejected', 'do_not_retry', 'The payment cannot be refunded.', '该支付不可退款。'],
};

/** What an error answer means for a request that would have created or moved something. */
export function explainFault({ status, code, message }: Fault): Declined | Rejected | Unknown {
  if (status === 401 || status === 403) {
    return { kind: 'rejected', reason: 'auth', vendor: { code, message: 'Airwallex refuses the API key for this call' } };
  }
  const meaning = Object.hasOwn(meanings, code) ? meanings[code] : undefined;
  if (status === 400 && meaning !== undefined) {
    const [ours, advice, en, zh] = meaning;
    return { kind: 'declined', echo: {}, code: ours, advice, vendor: { code, message: `${message || en} (${zh})` } };
  }
  const isRefused = status === 400 && (code === 'validation_error' || code === 'invalid_argument');
  const vendor = { code, message };
  return isRefused ? { kind: 'rejected', reason: 'validation', vendor } : { kind: 'unknown', reason: 'unmapped', vendor };
}

/** What an error answer means for a question or a close, which never decline. */
export function explainQuestion(fault: Fault): Rejected | Unknown {
  const outcome = explainFault(fault);
  return outcome.kind === 'declined' ? { kind: 'unknown', reason: 'unmapped', vendor: outcome.vendor } : outcome;
}

export function saysNotFound({ status, code }: Fault): boolean {
  return status === 404 && code === 'resource_not_found';
}

/** A `request_id` that came before. Airwallex does not say again what it answered then. */
export function saysRepeated({ status, code }: Fault): boolean {
  return status === 400 && code === 'duplicate_request';
}
