import type { Advice, Declined, Rejected, Unknown, VendorError } from '../../../core/contract/outcome.ts';

/** A failure in Alipay's words: `code` is the gateway's, `subCode` the business's. */
export interface Failure {
  readonly code: string;
  readonly subCode: string;
  readonly message: string;
}

interface Words {
  readonly zh: string;
  readonly en: string;
}

type Meaning = Words &
  (
    | { readonly as: 'declined'; readonly code: string; readonly advice: Advice }
    | { readonly as: 'rejected'; readonly reason: Rejected['reason'] }
    | { readonly as: 'unknown'; readonly reason: Unknown['reason'] }
  );

/**
 * What Alipay's codes mean here. Declined: the document of the call says that it was refused for good. A code that is
 * not in this table leaves the outcome unknown, and a query decides.
 */
export const meanings: Readonly<Record<string, Meaning>> = {
  'ACQ.SYSTEM_ERROR': { as: 'unknown', reason: 'server_error', zh: '系统异常，结果未知', en: 'system error, the outcome is not known' },
  // So spelt in Alipay's own list of errors of trade.close and trade.cancel.
  'AQC.SYSTEM_ERROR': { as: 'unknown', reason: 'server_error', zh: '系统异常，结果未知', en: 'system error, the outcome is not known' },
  'ACQ.TRADE_HAS_SUCCESS': { as: 'unknown', reason: 'unmapped', zh: '交易已被支付', en: 'the trade is already paid' },
  'ACQ.TRADE_HAS_CLOSE': { as: 'unknown', reason: 'unmapped', zh: '交易已经关闭', en: 'the trade is already closed' },
  // Alipay says to check whether the number was refunded before, so an earlier send may have moved money.
  'ACQ.DISCORDANT_REPEAT_REQUEST': { as: 'unknown', reason: 'unmapped', zh: '重复请求不一致', en: 'repeated with other content' },
  'ACQ.CONTEXT_INCONSISTENT': { as: 'rejected', reason: 'number_reused', zh: '订单信息不一致', en: 'number used with other content' },
  'ACQ.INVALID_PARAMETER': { as: 'rejected', reason: 'validation', zh: '参数无效', en: 'invalid parameter' },
  'ACQ.ACCESS_FORBIDDEN': { as: 'rejected', reason: 'config', zh: '未签约该产品', en: 'the merchant has not signed up for this product' },
  'ACQ.PARTNER_ERROR': { as: 'rejected', reason: 'config', zh: '应用 APP_ID 填写错误', en: 'wrong app_id' },
  'ACQ.MERCHANT_AGREEMENT_NOT_EXIST': { as: 'rejected', reason: 'config', zh: '商户协议不存在', en: 'no agreement with this merchant' },
  'ACQ.MERCHANT_AGREEMENT_INVALID': { as: 'rejected', reason: 'config', zh: '商户协议已失效', en: 'the agreement has lapsed' },
  'ACQ.MERCHANT_STATUS_NOT_NORMAL': { as: 'rejected', reason: 'config', zh: '商户状态异常', en: 'the merchant is not active' },
  'ACQ.SELLER_NOT_EXIST': { as: 'rejected', reason: 'config', zh: '卖家不存在', en: 'no such seller' },
  'ACQ.SELLER_BEEN_BLOCKED': decline('channel_rejected', 'retry_other_method', '商家账号被冻结', 'the seller is blocked'),
  'ACQ.MERCHANT_PERM_RECEIPT_SUSPEND_LIMIT': decline('channel_rejected', 'retry_other_method', '商户暂停收款', 'collection is suspended'),
  'ACQ.BEYOND_PAY_RESTRICTION': decline('limit_exceeded', 'retry_other_method', '商户收款额度超限', 'over the seller’s limit'),
  'ACQ.BEYOND_PER_RECEIPT_RESTRICTION': decline('limit_exceeded', 'retry_other_method', '超过月收款限额', 'over the monthly limit'),
  'ACQ.BEYOND_PER_RECEIPT_DAY_RESTRICTION': decline('limit_exceeded', 'retry_other_method', '超过当日限额', 'over the daily limit'),
  'ACQ.BEYOND_PER_RECEIPT_SINGLE_RESTRICTION': decline('limit_exceeded', 'retry_other_method', '超过单笔限额', 'over the single limit'),
  'ACQ.MERCHANT_PERM_RECEIPT_DAY_LIMIT': decline('limit_exceeded', 'retry_other_method', '超过单日收款额度', 'over the daily quota'),
  'ACQ.MERCHANT_PERM_RECEIPT_SINGLE_LIMIT': decline('limit_exceeded', 'retry_other_method', '超过单笔收款额度', 'over the single quota'),
  'ACQ.PRODUCT_AMOUNT_LIMIT_ERROR': decline('limit_exceeded', 'retry_other_method', '产品额度超限', 'over the product’s limit'),
  'ACQ.TOTAL_FEE_EXCEED': decline('limit_exceeded', 'fix_request', '订单总金额超过限额', 'the amount is out of range'),
  'ACQ.EXIST_FORBIDDEN_WORD': decline('channel_rejected', 'fix_request', '订单信息中包含违禁词', 'the subject holds a forbidden word'),
  'ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR': decline('order_expired', 'retry', '已超过允许支付的时间', 'the time to pay is over'),
  'ACQ.PAYMENT_REQUEST_HAS_RISK': decline('risk_rejected', 'do_not_retry', '支付有风险', 'refused by risk control'),
  'ACQ.PAYMENT_AUTH_CODE_INVALID': decline('auth_code_invalid', 'retry', '支付授权码无效', 'the bar code is wrong or too old'),
  'ACQ.BUYER_BALANCE_NOT_ENOUGH': decline('insufficient_funds', 'retry_other_method', '买家余额不足', 'the buyer’s balance is too low'),
  'ACQ.BUYER_BANKCARD_BALANCE_NOT_ENOUGH': decline(
    'insufficient_funds',
    'retry_other_method',
    '买家银行卡余额不足',
    'the card’s balance is too low',
  ),
  'ACQ.NO_PAYMENT_INSTRUMENTS_AVAILABLE': decline(
    'declined',
    'retry_other_method',
    '没有可用的支付工具',
    'the buyer has no means to pay with',
  ),
  'ACQ.ERROR_BALANCE_PAYMENT_DISABLE': decline(
    'declined',
    'retry_other_method',
    '余额支付功能关闭',
    'the buyer has switched balance payments off',
  ),
  'ACQ.MOBILE_PAYMENT_SWITCH_OFF': decline(
    'declined',
    'retry_other_method',
    '无线支付开关关闭',
    'the buyer has switched mobile payments off',
  ),
  'ACQ.USER_FACE_PAYMENT_SWITCH_OFF': decline('declined', 'retry_other_method', '当面付开关关闭', 'the buyer has switched bar codes off'),
  'ACQ.BUYER_ENABLE_STATUS_FORBID': decline(
    'payer_account_abnormal',
    'retry_other_method',
    '买家状态非法',
    'the buyer’s account cannot pay',
  ),
  'ACQ.BUYER_SELLER_EQUAL': decline('declined', 'do_not_retry', '买卖家不能相同', 'buyer and seller are the same'),
  'ACQ.BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR': decline(
    'limit_exceeded',
    'retry_other_method',
    '买家当日付款额度超限',
    'over the buyer’s daily limit',
  ),
  'ACQ.BUYER_PAYMENT_AMOUNT_MONTH_LIMIT_ERROR': decline(
    'limit_exceeded',
    'retry_other_method',
    '买家当月付款额度超限',
    'over the buyer’s monthly limit',
  ),
  'ACQ.ERROR_BUYER_CERTIFY_LEVEL_LIMIT': decline(
    'limit_exceeded',
    'retry_other_method',
    '买家未通过人行认证',
    'the buyer’s identity is not verified far enough',
  ),
  'ACQ.PAYMENT_FAIL': decline('declined', 'retry_other_method', '支付失败', 'the payment failed'),
  'ACQ.SELLER_BALANCE_NOT_ENOUGH': decline('insufficient_balance', 'contact_support', '卖家余额不足', 'the seller’s balance is too low'),
  'ACQ.REFUND_AMT_NOT_EQUAL_TOTAL': decline('refund_rejected', 'fix_request', '退款金额超限', 'more than is left to refund'),
  'ACQ.REASON_TRADE_REFUND_FEE_ERR': decline('refund_rejected', 'fix_request', '退款金额无效', 'the amount cannot be refunded'),
  'ACQ.REFUND_FEE_ERROR': decline('refund_rejected', 'fix_request', '交易退款金额有误', 'the amount cannot be refunded'),
  'ACQ.REASON_TRADE_BEEN_FREEZEN': decline('not_refundable', 'contact_support', '交易被冻结', 'the trade is frozen'),
  'ACQ.TRADE_HAS_FINISHED': decline('not_refundable', 'do_not_retry', '交易已完结', 'the trade is finished'),
  'ACQ.TRADE_STATUS_ERROR': decline('not_refundable', 'contact_support', '交易状态非法', 'not possible in this state'),
  'ACQ.TRADE_NOT_ALLOW_REFUND': decline('not_refundable', 'contact_support', '交易不允许退款', 'the agreement allows no refund'),
  'ACQ.TRADE_NOT_EXIST': decline('not_refundable', 'contact_support', '交易不存在', 'no such trade'),
  'ACQ.BUYER_NOT_EXIST': decline('not_refundable', 'contact_support', '买家不存在', 'the buyer’s account is gone'),
};

/** Errors that Alipay cannot sign, because it does not know whose they are. Nothing was executed for a stranger. */
const unsignedCodes: readonly string[] = [
  'isv.missing-app-id',
  'isv.invalid-app-id',
  'isv.missing-signature-config',
  'isv.missing-signature-key',
  'isv.invalid-signature',
];

/** Codes of the gateway about who asks, not what is asked. */
const authCodes: readonly string[] = [...unsignedCodes, 'isv.missing-signature', 'isv.invalid-signature-type', 'isv.invalid-sign-type'];

export function readFailure(failure: Failure): Declined | Rejected | Unknown {
  const subCode = failure.subCode.replace(/^aop\.(?=AC?Q)/, '');
  const meaning = Object.hasOwn(meanings, subCode) ? meanings[subCode] : undefined;
  const vendor = vendorError(failure, meaning);
  if (failure.code === '20000' || /^(isp|aop)\./.test(subCode)) return { kind: 'unknown', reason: 'server_error', vendor };
  if (failure.code === '40005' || subCode.includes('call-limited')) return { kind: 'unknown', reason: 'rate_limited', vendor };
  if (meaning === undefined) return readGatewayFailure(failure, vendor);
  if (meaning.as === 'declined') return { kind: 'declined', echo: {}, code: meaning.code, advice: meaning.advice, vendor };
  if (meaning.as === 'rejected') return { kind: 'rejected', reason: meaning.reason, vendor };
  return { kind: 'unknown', reason: meaning.reason, vendor };
}

/** The gateway's own checks come before any business is done, so what they refuse was not executed. */
function readGatewayFailure(failure: Failure, vendor: VendorError): Rejected | Unknown {
  if (failure.code === '20001' || failure.code === '40006' || authCodes.includes(failure.subCode)) {
    return { kind: 'rejected', reason: 'auth', vendor };
  }
  const isGatewayCheck = ['40001', '40002', '40003'].includes(failure.code) && failure.subCode.startsWith('isv.');
  return isGatewayCheck ? { kind: 'rejected', reason: 'validation', vendor } : { kind: 'unknown', reason: 'unmapped', vendor };
}

/** What may be made of an answer without a signature. Believed only where nothing is lost if it is a lie. */
export function readUnsignedFailure(failure: Failure, isBelieved: boolean): Rejected | Unknown {
  const vendor = vendorError(failure, undefined);
  if (isBelieved && unsignedCodes.includes(failure.subCode)) return { kind: 'rejected', reason: 'auth', vendor };
  return { kind: 'unknown', reason: 'bad_signature', vendor };
}

function vendorError(failure: Failure, meaning: Meaning | undefined): VendorError {
  const said = failure.message === '' ? (meaning?.zh ?? '') : failure.message.slice(0, 200);
  return {
    code: failure.subCode === '' ? failure.code : failure.subCode,
    message: meaning === undefined ? said : `${said} (${meaning.en})`,
  };
}

function decline(code: string, advice: Advice, zh: string, en: string): Meaning {
  return { as: 'declined', code, advice, zh, en };
}
