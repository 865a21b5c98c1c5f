import type { Advice, Declined, Rejected, Unknown, VendorError } from '../../../core/contract/outcome.ts';

/** An error answer: its `name` and the issue of its first detail. */
export interface Fault {
  /** The HTTP status. */
  readonly status: number;
  readonly name: string;
  /** The issue, or the name where there is no detail. */
  readonly code: string;
  readonly detail: string;
}

/** One final "no" in our words. */
type Meaning = readonly [code: string, advice: Advice, en: string, zh: string];

const other = 'retry_other_method';

/** Issues that the vendor's specification gives for captures and refunds that are not carried out. */
const meanings: Readonly<Record<string, Meaning>> = {
  PAYER_CANNOT_PAY: ['card_declined', other, 'The payer cannot pay this.', '付款人无法支付此笔交易。'],
  PAYER_ACCOUNT_LOCKED_OR_CLOSED: ['account_restricted', other, 'The payer’s account is locked or closed.', '付款账户已锁定或关闭。'],
  PAYER_ACCOUNT_RESTRICTED: ['account_restricted', other, 'The payer’s account is restricted.', '付款账户受限。'],
  TRANSACTION_REFUSED: ['risk_rejected', other, 'PayPal refused the transaction.', 'PayPal 拒绝了此笔交易。'],
  COMPLIANCE_VIOLATION: ['risk_rejected', 'do_not_retry', 'Refused for compliance.', '因合规原因被拒。'],
  TRANSACTION_LIMIT_EXCEEDED: ['limit_exceeded', other, 'A limit of the payer is exceeded.', '超出付款人限额。'],
  TRANSACTION_RECEIVING_LIMIT_EXCEEDED: ['limit_exceeded', 'contact_support', 'The merchant’s limit is exceeded.', '超出商户收款限额。'],
  MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED: ['limit_exceeded', 'retry', 'Too many tries for one order.', '同一订单尝试次数过多。'],
  TRANSACTION_BLOCKED_BY_PAYEE: ['risk_rejected', other, 'Blocked by the merchant’s rules.', '被商户规则拦截。'],
  PAYEE_BLOCKED_TRANSACTION: ['risk_rejected', other, 'Blocked by the merchant’s rules.', '被商户规则拦截。'],
  DOMESTIC_TRANSACTION_REQUIRED: ['risk_rejected', other, 'Only payers of the same country.', '仅支持本国付款人。'],
  CAPTURE_FULLY_REFUNDED: ['refund_rejected', 'do_not_retry', 'Already refunded in full.', '该支付已全额退款。'],
  REFUND_AMOUNT_EXCEEDED: ['refund_rejected', 'fix_request', 'More than is left to refund.', '退款金额超过可退余额。'],
  REFUND_AMOUNT_TOO_LOW: ['refund_rejected', 'fix_request', 'Less than can be refunded.', '退款金额过低。'],
  REFUND_NOT_ALLOWED: ['refund_rejected', 'do_not_retry', 'The payment cannot be refunded.', '该支付不可退款。'],
  PARTIAL_REFUND_NOT_ALLOWED: ['refund_rejected', 'fix_request', 'Only in full.', '仅支持全额退款。'],
  REFUND_TIME_LIMIT_EXCEEDED: ['refund_period_over', 'do_not_retry', 'The time for refunds is over.', '已超过退款期限。'],
  MAX_NUMBER_OF_REFUNDS_EXCEEDED: ['refund_rejected', 'do_not_retry', 'Too many refunds of one payment.', '退款次数超限。'],
  REFUND_FAILED_INSUFFICIENT_FUNDS: [
    'insufficient_balance',
    'contact_support',
    'The balance at PayPal is too low.',
    'PayPal 账户余额不足。',
  ],
  REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK: ['refund_rejected', 'contact_support', 'The payment was charged back.', '该支付已被拒付。'],
  TRANSACTION_DISPUTED: ['refund_rejected', 'contact_support', 'The payment is disputed.', '该支付存在争议，无法退款。'],
};

/** After these the shopper may still pay the same order, with something else. */
const leavesPayable: readonly string[] = [
  'INSTRUMENT_DECLINED',
  'PAYER_ACTION_REQUIRED',
  'REDIRECT_PAYER_FOR_ALTERNATE_FUNDING',
  'ORDER_NOT_APPROVED',
];

export function readFault(data: Readonly<Record<string, unknown>>, status: number): Fault | null {
  const { name, details, error } = data;
  // The login's own form of an error: a token that is none.
  if (typeof name !== 'string') return typeof error === 'string' ? { status, name: error, code: error.slice(0, 64), detail: '' } : null;
  const [first] = Array.isArray(details) ? (details as readonly unknown[]) : [];
  const { issue, description } = (typeof first === 'object' && first !== null ? first : {}) as Readonly<Record<string, unknown>>;
  return {
    status,
    name: name.slice(0, 64),
    code: (typeof issue === 'string' ? issue : name).slice(0, 64),
    detail: typeof description === 'string' ? description.slice(0, 256) : '',
  };
}

/** What an error answer means for a request that would have created or moved something. */
export function explainFault(fault: Fault): Declined | Rejected | Unknown {
  const vendor = vendorError(fault);
  if (fault.status === 401 || fault.name === 'NOT_AUTHORIZED') {
    return { kind: 'rejected', reason: 'auth', vendor: { code: fault.code, message: 'PayPal refuses the credentials for this call' } };
  }
  if (fault.code === 'DUPLICATE_INVOICE_ID') return { kind: 'unknown', reason: 'unmapped', vendor };
  if (fault.status === 422 && Object.hasOwn(meanings, fault.code)) return decline(fault);
  return fault.status === 400 ? { kind: 'rejected', reason: 'validation', vendor } : { kind: 'unknown', reason: 'unmapped', vendor };
}

/** A create moves nothing whatever its fault, and an order that was refused does not exist. */
export function explainCreate(fault: Fault): Declined | Rejected | Unknown {
  const outcome = explainFault(fault);
  const isRefused = outcome.kind === 'unknown' && fault.status === 422;
  return isRefused ? { kind: 'rejected', reason: 'validation', vendor: vendorError(fault) } : outcome;
}

/** What an error answer means for a question, which never declines. */
export function explainQuestion(fault: Fault): Rejected | Unknown {
  const outcome = explainFault(fault);
  return outcome.kind === 'declined' ? { kind: 'unknown', reason: 'unmapped', vendor: outcome.vendor } : outcome;
}

export function saysNotFound({ status, name }: Fault): boolean {
  return status === 404 && name === 'RESOURCE_NOT_FOUND';
}

export function saysStillPayable({ status, code }: Fault): boolean {
  return status === 422 && leavesPayable.includes(code);
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
