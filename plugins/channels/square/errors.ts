import type { Advice, Declined, Rejected, Unknown, VendorError } from '../../../core/contract/outcome.ts';

/** The first of an answer's `errors`. */
export interface Fault {
  /** The HTTP status. */
  readonly status: number;
  readonly category: string;
  readonly code: string;
  readonly detail: string;
}

/** One final "no" in our words. */
type Meaning = readonly [code: string, advice: Advice, en: string, zh: string];

const other = 'retry_other_method';

/** Codes of the categories PAYMENT_METHOD_ERROR and REFUND_ERROR, which end a request for good. One that is missing is a plain decline. */
const meanings: Readonly<Record<string, Meaning>> = {
  ADDRESS_VERIFICATION_FAILURE: ['card_declined', other, 'The postal code does not match.', '邮政编码不符。'],
  ALLOWABLE_PIN_TRIES_EXCEEDED: ['card_declined', other, 'The PIN was wrong too often.', '密码错误次数过多。'],
  BUYER_REFUSED_PAYMENT: ['payer_cancelled', 'retry', 'The payer declined.', '付款人拒绝付款。'],
  CARD_DECLINED: ['card_declined', other, 'The issuer declined the card.', '发卡行拒绝了该卡。'],
  CARD_DECLINED_VERIFICATION_REQUIRED: ['authentication_failed', other, 'The payer has to be authenticated.', '付款人需要验证身份。'],
  CARD_EXPIRED: ['card_expired', other, 'The card has expired.', '该卡已过期。'],
  CARD_NOT_SUPPORTED: ['card_declined', other, 'This card is not taken here.', '不支持该卡。'],
  CARD_TOKEN_EXPIRED: ['card_declined', 'retry', 'The card has to be entered again.', '请重新输入卡信息。'],
  CARD_TOKEN_USED: ['card_declined', 'retry', 'The card has to be entered again.', '请重新输入卡信息。'],
  CVV_FAILURE: ['card_declined', other, 'The security code is wrong.', '安全码错误。'],
  GENERIC_DECLINE: ['card_declined', other, 'The issuer declined the card.', '发卡行拒绝了该卡。'],
  INSUFFICIENT_FUNDS: ['insufficient_funds', other, 'The account does not hold enough money.', '账户余额不足。'],
  INVALID_ACCOUNT: ['account_restricted', other, 'The issuer does not find the account.', '账户不存在或受限。'],
  PAYMENT_LIMIT_EXCEEDED: ['limit_exceeded', other, 'A limit is exceeded.', '超出限额。'],
  TRANSACTION_LIMIT: ['limit_exceeded', other, 'A limit of the card is exceeded.', '超出该卡限额。'],
  VERIFY_CVV_FAILURE: ['authentication_failed', other, 'The payer was not authenticated.', '付款人未通过验证。'],
  PAYMENT_NOT_REFUNDABLE: ['refund_rejected', 'do_not_retry', 'The payment cannot be refunded.', '该支付不可退款。'],
  PAYMENT_NOT_REFUNDABLE_DUE_TO_DISPUTE: ['refund_rejected', 'contact_support', 'The payment is disputed.', '该支付存在争议，无法退款。'],
  REFUND_AMOUNT_INVALID: ['refund_rejected', 'fix_request', 'More than is left to refund.', '退款金额超过可退余额。'],
  REFUND_DECLINED: ['refund_rejected', 'contact_support', 'The refund was declined.', '退款被拒绝。'],
};

export function readFault(errors: unknown, status: number): Fault | null {
  const [first] = Array.isArray(errors) ? (errors as readonly unknown[]) : [];
  if (typeof first !== 'object' || first === null) return null;
  const { category, code, detail } = first as Readonly<Record<string, unknown>>;
  if (typeof category !== 'string' || typeof code !== 'string') return null;
  return {
    status,
    category: category.slice(0, 64),
    code: code.slice(0, 64),
    detail: typeof detail === 'string' ? detail.slice(0, 256) : '',
  };
}

/** What an error answer means for a request that would have created or moved something. */
export function explainFault(fault: Fault): Declined | Rejected | Unknown {
  const vendor = vendorError(fault);
  switch (fault.category) {
    case 'AUTHENTICATION_ERROR':
      return { kind: 'rejected', reason: 'auth', vendor: { code: fault.code, message: 'Square refuses the access token for this call' } };
    case 'PAYMENT_METHOD_ERROR':
    case 'REFUND_ERROR':
      return decline(fault);
    case 'INVALID_REQUEST_ERROR':
      // A refund that is already pending may be this very one.
      if (fault.code === 'REFUND_ALREADY_PENDING' || fault.code === 'CONFLICT') return { kind: 'unknown', reason: 'unmapped', vendor };
      if (fault.code === 'IDEMPOTENCY_KEY_REUSED') return { kind: 'rejected', reason: 'number_reused', vendor };
      return Object.hasOwn(meanings, fault.code) ? decline(fault) : { kind: 'rejected', reason: 'validation', vendor };
    default:
      return { kind: 'unknown', reason: 'unmapped', vendor };
  }
}

/** What an error answer means for a question or a close, which never decline. */
export function explainQuestion(fault: Fault): Rejected | Unknown {
  const outcome = explainFault(fault);
  return outcome.kind === 'declined' ? { kind: 'unknown', reason: 'unmapped', vendor: outcome.vendor } : outcome;
}

export function saysNotFound({ status, code }: Fault): boolean {
  return status === 404 && code === 'NOT_FOUND';
}

function decline(fault: Fault): Declined {
  const [code, advice] = meaningOf(fault) ?? ['declined', other];
  return { kind: 'declined', echo: {}, code, advice, vendor: vendorError(fault) };
}

function meaningOf({ code }: Fault): Meaning | undefined {
  return Object.hasOwn(meanings, code) ? meanings[code] : undefined;
}

function vendorError(fault: Fault): VendorError {
  const [, , en = '', zh = ''] = meaningOf(fault) ?? [];
  const said = fault.detail === '' ? en : fault.detail;
  return { code: fault.code, message: zh === '' ? said : `${said} (${zh})` };
}
