import type { Advice, CloseOutcome, Declined, Rejected, Unknown, VendorError } from '../../../core/contract/outcome.ts';

/** One final "no" of the vendor in our words. */
export interface DeclineRule {
  readonly code: string;
  readonly advice: Advice;
  readonly en: string;
  readonly zh: string;
}

/*
 * Keys are vendor codes without underscores: WeChat Pay's own pages write NOT_ENOUGH and NOTENOUGH,
 * SYSTEM_ERROR and SYSTEMERROR, ORDER_NOT_EXIST and ORDERNOTEXIST for the same thing.
 * A code that stands in no table here is unknown, and a query decides.
 */

/** Codes after which an order was, for certain, not created. */
export const payDeclines = makeRules({
  RULELIMIT: ['limit_exceeded', 'retry_other_method', 'A limit of the merchant or the shopper is reached.', '超出商户或用户的交易限制。'],
  NOTENOUGH: ['insufficient_funds', 'retry_other_method', 'The shopper has not enough money.', '用户余额不足。'],
  ACCOUNTERROR: ['payer_account_abnormal', 'retry_other_method', "The shopper's WeChat account cannot pay.", '用户的微信账号无法付款。'],
  TRADEERROR: ['declined', 'retry_other_method', 'WeChat Pay refused the trade.', '微信支付拒绝了该交易。'],
});

/** Codes after which a bar code was, for certain, not charged. Only `micropay` of API version 2 has them. */
export const barCodeDeclines = makeRules({
  AUTHCODEEXPIRE: ['auth_code_invalid', 'retry', 'The bar code has expired.', '付款码已过期。'],
  AUTHCODEERROR: ['auth_code_invalid', 'retry', 'The bar code is wrong.', '付款码错误。'],
  AUTHCODEINVALID: ['auth_code_invalid', 'retry', 'The bar code is not one of WeChat Pay.', '付款码不是微信支付的付款码。'],
  NOTSUPORTCARD: ['card_declined', 'retry_other_method', 'The shopper’s card cannot be used.', '用户的银行卡不支持。'],
});

/** Codes of which the vendor's table of refund errors says that the refund request has failed. */
export const refundDeclines = makeRules({
  NOTENOUGH: ['insufficient_balance', 'retry', 'The merchant balance does not cover the refund.', '商户可用余额不足以退款。'],
  USERACCOUNTABNORMAL: [
    'payer_account_abnormal',
    'contact_support',
    "The shopper's account cannot take the refund.",
    '用户账户异常,无法收到退款。',
  ],
  RESOURCENOTEXISTS: [
    'not_refundable',
    'contact_support',
    'WeChat Pay knows no paid order of this number.',
    '微信支付没有该订单号的已支付订单。',
  ],
  INVALIDREQUEST: ['not_refundable', 'contact_support', 'The order cannot be refunded by this amount now.', '该订单当前不能退此金额。'],
  TRADEOVERDUE: ['refund_period_over', 'do_not_retry', 'The order is older than one year.', '订单已超过一年的退款期限。'],
  REQUESTBLOCKED: ['declined', 'contact_support', 'WeChat Pay refused the refund.', '微信支付拒绝了该退款。'],
});

function makeRules(table: Readonly<Record<string, readonly [string, Advice, string, string]>>): ReadonlyMap<string, DeclineRule> {
  return new Map(Object.entries(table).map(([vendorCode, [code, advice, en, zh]]) => [vendorCode, { code, advice, en, zh }]));
}

/** A fault of our own, and what it is where the vendor says nothing more. */
interface RejectionRule {
  readonly as: Rejected['reason'];
  readonly en: string;
  readonly zh: string;
}

/** Codes that name a fault of our own: configuration, keys, or a request built wrongly. */
const rejections: ReadonlyMap<string, RejectionRule> = new Map(
  Object.entries<RejectionRule>({
    SIGNERROR: { as: 'auth', en: 'The signature is refused.', zh: '签名错误。' },
    NOAUTH: { as: 'auth', en: 'The merchant has no permission.', zh: '商户无此接口权限。' },
    APPIDMCHIDNOTMATCH: { as: 'config', en: 'The application is not the merchant’s.', zh: 'appid 与 mchid 不匹配。' },
    MCHNOTEXISTS: { as: 'config', en: 'There is no such merchant.', zh: '商户号不存在。' },
    PARAMERROR: { as: 'validation', en: 'A value was refused.', zh: '参数错误。' },
    OPENIDMISMATCH: { as: 'validation', en: 'The shopper is one of another application.', zh: 'openid 与 appid 不匹配。' },
    XMLFORMATERROR: { as: 'validation', en: 'The XML cannot be read.', zh: 'XML 格式错误。' },
    LACKPARAMS: { as: 'validation', en: 'A value is missing.', zh: '缺少参数。' },
    NOTUTF8: { as: 'validation', en: 'The text is not UTF-8.', zh: '编码格式不是 UTF-8。' },
    REQUIREPOSTMETHOD: { as: 'validation', en: 'The request has to be a POST.', zh: '请使用 POST 方法。' },
    APPIDNOTEXIST: { as: 'config', en: 'There is no such application.', zh: 'appid 不存在。' },
    MCHIDNOTEXIST: { as: 'config', en: 'There is no such merchant.', zh: 'mchid 不存在。' },
    OUTTRADENOUSED: { as: 'number_reused', en: 'The number was used before.', zh: '商户订单号重复。' },
    REFUNDFEEMISMATCH: { as: 'number_reused', en: 'The number was used with another amount.', zh: '订单金额或退款金额与之前请求不一致。' },
  }),
);

function toldBy({ en, zh }: RejectionRule, { code, message }: VendorError): VendorError {
  return { code, message: message === '' ? `${en} (${zh})` : message };
}

const closeOutcomes: ReadonlyMap<string, 'closed' | 'paid' | 'notFound'> = new Map<string, 'closed' | 'paid' | 'notFound'>([
  ['ORDERPAID', 'paid'],
  ['ORDERCLOSED', 'closed'],
  ['ORDERNOTEXIST', 'notFound'],
  ['RESOURCENOTEXISTS', 'notFound'],
]);

const notFoundCodes: ReadonlySet<string> = new Set(['ORDERNOTEXIST', 'REFUNDNOTEXIST', 'RESOURCENOTEXISTS']);

function flatten(code: string): string {
  return code.replaceAll('_', '');
}

/** True when the vendor says that it knows no order or refund of the number asked for. */
export function saysNotFound(error: VendorError): boolean {
  return notFoundCodes.has(flatten(error.code));
}

/**
 * True when a genuine INVALID_REQUEST means "this number was used before, with other parameters".
 * The vendor has no code of its own for that; its text says so, or names 268498688.
 */
function saysNumberReused(error: VendorError): boolean {
  return flatten(error.code) === 'INVALIDREQUEST' && /不一致|重入|268498688/.test(error.message);
}

/** A genuine error that is not a decline: our fault, or unknown. Enough for queries, which never decline. */
export function explainFault(error: VendorError): Rejected | Unknown {
  if (saysNumberReused(error)) return { kind: 'rejected', reason: 'number_reused', vendor: error };
  const rule = rejections.get(flatten(error.code));
  if (rule === undefined) return { kind: 'unknown', reason: 'unmapped', vendor: error };
  return { kind: 'rejected', reason: rule.as, vendor: toldBy(rule, error) };
}

/** A genuine error of `pay`. An INVALID_REQUEST created nothing: the vendor checked the request against its rules first. */
export function explainPayFault(error: VendorError): Declined | Rejected | Unknown {
  const rule = payDeclines.get(flatten(error.code));
  if (rule !== undefined) return { kind: 'declined', echo: {}, code: rule.code, advice: rule.advice, vendor: error };
  if (flatten(error.code) === 'INVALIDREQUEST' && !saysNumberReused(error))
    return { kind: 'rejected', reason: 'validation', vendor: error };
  return explainFault(error);
}

/**
 * A genuine error of `micropay`. Its INVALID_REQUEST also means "sent before", so it proves nothing, and nor
 * does any code that tells of the order's state: a query does.
 */
export function explainBarCodeFault(error: VendorError): Declined | Rejected | Unknown {
  const rule = barCodeDeclines.get(flatten(error.code)) ?? payDeclines.get(flatten(error.code));
  return rule === undefined ? explainFault(error) : { kind: 'declined', echo: {}, code: rule.code, advice: rule.advice, vendor: error };
}

/** A genuine error of `refund`. A reused number is looked at first: under it a refund may exist. */
export function explainRefundFault(error: VendorError): Declined | Rejected | Unknown {
  const rule = saysNumberReused(error) ? undefined : refundDeclines.get(flatten(error.code));
  return rule === undefined ? explainFault(error) : { kind: 'declined', echo: {}, code: rule.code, advice: rule.advice, vendor: error };
}

/** A genuine error of `close`. */
export function explainCloseFault(error: VendorError): CloseOutcome {
  const kind = closeOutcomes.get(flatten(error.code));
  return kind === undefined ? explainFault(error) : { kind };
}
