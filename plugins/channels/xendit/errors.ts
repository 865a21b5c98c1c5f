import type { Advice, Declined, Echo, Rejected, Unknown, VendorError } from '../../../core/contract/outcome.ts';

/** An error answer of Xendit. */
export interface Fault {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** One final "no" in our words. */
type Meaning = readonly [code: string, advice: Advice, en: string, zh: string];

const other = 'retry_other_method';

/**
 * Codes that end a payment or a refund for good: the vendor's lists of error codes, and what it
 * writes into `failure_code`. As an error answer, a code that is missing here leaves the outcome
 * unknown; of a payment whose state is FAILED, it is a plain decline.
 */
const meanings: Readonly<Record<string, Meaning>> = {
  INSUFFICIENT_BALANCE: ['insufficient_funds', other, 'The account does not hold enough money.', '账户余额不足。'],
  MAX_AMOUNT_LIMIT_ERROR: ['limit_exceeded', other, 'A limit of the account is exceeded.', '超出该账户限额。'],
  ACCOUNT_ACCESS_BLOCKED: ['account_restricted', other, "The payer's account is blocked.", '付款账户已被冻结。'],
  INVALID_ACCOUNT_DETAILS: ['account_restricted', other, "The payer's account cannot pay.", '付款账户无法支付。'],
  SUSPECTED_FRAUDULENT: ['risk_rejected', 'do_not_retry', 'The payment was refused for risk.', '支付因风险被拒。'],
  DENIED_PERSON_LIST_MATCHED: ['risk_rejected', 'do_not_retry', 'The payment was refused for risk.', '支付因风险被拒。'],
  AUTHENTICATION_FAILED: ['authentication_failed', other, 'The payer was not authenticated.', '付款人未通过验证。'],
  DECLINED_BY_ISSUER: ['declined', other, 'The issuer declined the payment.', '发卡行或钱包拒绝了支付。'],
  DECLINED_BY_PROCESSOR: ['declined', other, 'The payment was declined.', '支付被拒绝。'],
  USER_DECLINED_PAYMENT: ['payer_cancelled', 'retry', 'The payer declined.', '付款人拒绝付款。'],
  USER_DID_NOT_AUTHORIZE_THE_PAYMENT: ['payer_cancelled', 'retry', 'The payer did not confirm in time.', '付款人未及时确认。'],
};

/** The same for refunds. */
const refundMeanings: Readonly<Record<string, Meaning>> = {
  INSUFFICIENT_BALANCE: ['insufficient_balance', 'contact_support', 'The balance at Xendit is too low.', 'Xendit 账户余额不足。'],
  INELIGIBLE_TRANSACTION: ['refund_rejected', 'contact_support', 'The payment cannot be refunded.', '该支付不可退款。'],
  MAXIMUM_REFUND_AMOUNT_REACHED: ['refund_rejected', 'do_not_retry', 'More than is left of the payment.', '超出可退金额。'],
  REFUND_AMOUNT_EXCEEDED: ['refund_rejected', 'do_not_retry', 'More than is left of the payment.', '超出可退金额。'],
  PARTIAL_REFUND_NOT_SUPPORTED: ['refund_rejected', 'contact_support', 'Only the whole payment can be refunded.', '该支付仅支持全额退款。'],
  REFUND_NOT_SUPPORTED: ['refund_rejected', 'contact_support', 'This way to pay cannot be refunded.', '该支付方式不支持退款。'],
};

/** A fault of our own, and what it is where the vendor says nothing more. */
interface RejectionRule {
  readonly as: Rejected['reason'];
  readonly en: string;
  readonly zh: string;
}

/** Codes that are our own or the operator's fault: nothing was executed. */
const rejections: Readonly<Record<string, RejectionRule>> = {
  API_VALIDATION_ERROR: { as: 'validation', en: 'A value was refused.', zh: '参数校验未通过。' },
  INVALID_VALUE_ERROR: { as: 'validation', en: 'A value was refused.', zh: '参数值无效。' },
  CHANNEL_NOT_ACTIVATED: { as: 'config', en: 'The way to pay is not activated.', zh: '该支付方式未开通。' },
  FEATURE_NOT_ACTIVATED: { as: 'config', en: 'The feature is not activated.', zh: '该功能未开通。' },
  PROCESSOR_CONFIGURATION_ERROR: { as: 'config', en: 'The way to pay is not set up.', zh: '该支付方式配置有误。' },
  CHANNEL_CODE_NOT_SUPPORTED_ERROR: { as: 'unsupported', en: 'The way to pay is not supported.', zh: '不支持该支付方式。' },
  IDEMPOTENCY_ERROR: { as: 'number_reused', en: 'The key was used with other content.', zh: '幂等键已用于其他内容。' },
};

function toldBy({ en, zh }: RejectionRule, { code, message }: VendorError): VendorError {
  return { code, message: message === '' ? `${en} (${zh})` : message };
}

/** What an error answer means for a request that would have created a payment. */
export function explainPay(fault: Fault): Declined | Rejected | Unknown {
  return explain(fault, meanings);
}

/** What an error answer means for a request that would have returned money. */
export function explainRefund(fault: Fault): Declined | Rejected | Unknown {
  return explain(fault, refundMeanings);
}

/** What an error answer means for a question, which never declines. */
export function explainQuestion(fault: Fault): Rejected | Unknown {
  const outcome = explain(fault, {});
  return outcome.kind === 'declined' ? { kind: 'unknown', reason: 'unmapped', vendor: outcome.vendor } : outcome;
}

function explain(fault: Fault, known: Readonly<Record<string, Meaning>>): Declined | Rejected | Unknown {
  // The text of such an answer may quote a part of the key, so it is not passed on.
  const isAuth = fault.status === 401 || (fault.status === 403 && !Object.hasOwn(rejections, fault.code));
  if (isAuth)
    return { kind: 'rejected', reason: 'auth', vendor: { code: fault.code, message: 'Xendit refuses the API key for this call' } };
  if (fault.status !== 400 && fault.status !== 403 && fault.status !== 404 && fault.status !== 409) return unmapped(fault);
  if (fault.status === 400 && Object.hasOwn(known, fault.code)) return declineBy(known, fault.code, fault.message);
  const rule = Object.hasOwn(rejections, fault.code) ? rejections[fault.code] : undefined;
  return rule === undefined ? unmapped(fault) : { kind: 'rejected', reason: rule.as, vendor: toldBy(rule, fault) };
}

function unmapped({ code, message }: Fault): Unknown {
  return { kind: 'unknown', reason: 'unmapped', vendor: { code, message } };
}

/** The decline of a payment whose state is final. */
export function declinePayment(failureCode: unknown, echo: Echo): Declined {
  return { ...declineBy(meanings, textOf(failureCode, 64) || 'FAILED', ''), echo };
}

/** `failure_code` of a refund in our words. */
export function refundFailureCode(failureCode: unknown): string {
  const code = textOf(failureCode, 64);
  const [meant] = Object.hasOwn(refundMeanings, code) ? (refundMeanings[code] ?? []) : [];
  return meant ?? 'refund_rejected';
}

function declineBy(known: Readonly<Record<string, Meaning>>, vendorCode: string, said: string): Declined {
  const [code, advice, en, zh] = (Object.hasOwn(known, vendorCode) ? known[vendorCode] : undefined) ?? ['declined', other, '', ''];
  return { kind: 'declined', echo: {}, code, advice, vendor: vendorError(vendorCode, said === '' ? en : said, zh) };
}

function vendorError(code: string, said: string, zh: string): VendorError {
  return { code, message: zh === '' ? said : `${said} (${zh})` };
}

const notFoundCodes: ReadonlySet<string> = new Set(['DATA_NOT_FOUND', 'DATA_NOT_FOUND_ERROR']);

/** True when Xendit knows no object of the id that was asked for. */
export function saysNotFound(fault: Fault): boolean {
  return fault.status === 404 && notFoundCodes.has(fault.code);
}

/** Reads an error answer; null when it is none of Xendit's. */
export function readFault({ error_code: code, message }: Readonly<Record<string, unknown>>, status: number): Fault | null {
  return typeof code === 'string' && code !== '' ? { status, code: code.slice(0, 64), message: textOf(message, 256) } : null;
}

function textOf(value: unknown, maxLength: number): string {
  return typeof value === 'string' ? value.slice(0, maxLength) : '';
}
