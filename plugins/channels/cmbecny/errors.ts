import type { Advice, CloseOutcome, Declined, RefundReport, Rejected, Unknown, VendorError } from '../../../core/contract/outcome.ts';

/** One final "no" of the bank in our words. */
interface DeclineRule {
  readonly code: string;
  readonly advice: Advice;
  readonly en: string;
  readonly zh: string;
}

/*
 * Codes are those of appendix 3 of the bank's interface document, and what they mean for the money
 * is its appendix 4. A code that stands in no table here is unknown, and a query decides: appendix 4
 * has no row for e-CNY orders, so nothing is taken as a final decline of one.
 */

/** Refusals of a refund that appendix 4 calls failed. */
export const refundDeclines: ReadonlyMap<string, DeclineRule> = new Map(
  Object.entries({
    NOT_ENOUGH: {
      code: 'not_refundable',
      advice: 'contact_support',
      en: 'More was asked back than is left of the payment.',
      zh: '退款金额超过订单可退余额。',
    },
    TRADESTATE_NOT_LAWFUL: {
      code: 'not_refundable',
      advice: 'contact_support',
      en: 'A payment in this state cannot be refunded.',
      zh: '原交易状态不允许退款。',
    },
    UNPAIED_ORDER: { code: 'not_refundable', advice: 'contact_support', en: 'The order is not paid.', zh: '订单尚未支付。' },
    TRADE_OVERDUE: { code: 'refund_period_over', advice: 'do_not_retry', en: 'The time for refunds is over.', zh: '订单已超过退款期限。' },
    ...Object.fromEntries(
      ['MCH_EXSRFN_AMOUNT_LESS', 'MCH_FORWARD_AMOUNT_LESS', 'SUBMCH_FORWARD_AMOUNT_LESS', 'SERVMCH_FORWARD_AMOUNT_LESS'].map((code) => [
        code,
        {
          code: 'insufficient_balance',
          advice: 'retry' as const,
          en: "The merchant's takings of today do not cover the refund.",
          zh: '商户当日收款金额不足以退款。',
        },
      ]),
    ),
  } satisfies Record<string, DeclineRule>),
);

/** A fault of our own, and what it is where the vendor says nothing more. */
interface RejectionRule {
  readonly as: Rejected['reason'];
  readonly en: string;
  readonly zh: string;
}

/** Codes that name a fault of our own. The bank checks these before it does anything. */
const rejections: ReadonlyMap<string, RejectionRule> = new Map(
  Object.entries<RejectionRule>({
    SIGN_ERROR: { as: 'auth', en: 'The signature is refused.', zh: '签名错误。' },
    VERSION_ERROR: { as: 'validation', en: 'The version is refused.', zh: '版本号错误。' },
    ENCODING_ERROR: { as: 'validation', en: 'The encoding is refused.', zh: '编码方式错误。' },
    SIGNMETHOD_ERROR: { as: 'validation', en: 'The way of signing is refused.', zh: '签名方法错误。' },
    POST_DATA_EMPTY: { as: 'validation', en: 'The request is empty.', zh: '请求内容为空。' },
    UNDEFINED_PRAM: { as: 'validation', en: 'A name is not known.', zh: '参数未定义。' },
    JSON_FORMAT_ERROR: { as: 'validation', en: 'The JSON cannot be read.', zh: 'JSON 格式错误。' },
    MERID_NOT_EXIST: { as: 'config', en: 'There is no such merchant.', zh: '商户号不存在。' },
    MERID_NOT_LAWFUL: { as: 'config', en: 'The merchant number is refused.', zh: '商户号不合法。' },
    USERID_NOT_EXIST: { as: 'config', en: 'There is no such cashier.', zh: '收银员不存在。' },
    USERID_NOT_LAWFUL: { as: 'config', en: 'The cashier is refused.', zh: '收银员不合法。' },
    USERID_CHECK_FAILED: { as: 'config', en: 'The cashier is not the merchant’s.', zh: '收银员校验失败。' },
    ORDERID_NOT_LAWFUL: { as: 'validation', en: 'The order number is refused.', zh: '订单号不合法。' },
    NOTIFYURL_NOT_LAWFUL: { as: 'validation', en: 'The address of callbacks is refused.', zh: '通知地址不合法。' },
    TXNAMT_NOT_LAWFUL: { as: 'validation', en: 'The amount is refused.', zh: '交易金额不合法。' },
    CURRENCYCODE_NOT_LAWFUL: { as: 'validation', en: 'The currency is refused.', zh: '币种不合法。' },
    REFUNDREASON_NOT_LAWFUL: { as: 'validation', en: 'The reason of the refund is refused.', zh: '退款原因不合法。' },
    MERID_MISMATCHED_ORDER: { as: 'config', en: 'The order is another merchant’s.', zh: '商户号与订单不匹配。' },
  }),
);

function toldBy({ en, zh }: RejectionRule, { code, message }: VendorError): VendorError {
  return { code, message: message === '' ? `${en} (${zh})` : message };
}

/** A genuine error that is not a decline: our fault, or unknown. `ORDERID_DUPLICATION` is unknown: what exists under the number, a query tells. */
export function explainFault(error: VendorError): Rejected | Unknown {
  const rule = rejections.get(error.code);
  if (rule === undefined) return { kind: 'unknown', reason: 'unmapped', vendor: error };
  return { kind: 'rejected', reason: rule.as, vendor: toldBy(rule, error) };
}

/** A genuine error of a query. Only the order's own absence says something about the order; the rest is "ask again". */
export function readQueryFault(error: VendorError): 'not_found' | 'unpaid' | null {
  if (error.code === 'CMBORDERID_NOT_EXIST' || error.code === 'ORDERID_NOT_EXIST') return 'not_found';
  // ORDERID_INVALID: "not paid, stop asking and close it". Closing is the kernel's decision.
  return error.code === 'UNPAIED_ORDER' || error.code === 'ORDERID_INVALID' ? 'unpaid' : null;
}

/** A genuine error of `refund`. */
export function explainRefundFault(error: VendorError): Declined | Rejected | Unknown {
  const rule = refundDeclines.get(error.code);
  return rule === undefined ? explainFault(error) : { kind: 'declined', echo: {}, code: rule.code, advice: rule.advice, vendor: error };
}

/** A genuine error of `queryRefund`; appendix 4 calls every one unknown but the absence of the refund. */
export function readRefundQueryFault(error: VendorError): RefundReport | null {
  return readQueryFault(error) === 'not_found' ? { state: 'not_found' } : null;
}

/** A genuine error of `close`. A state that cannot be closed is paid or refunded, says the bank; a query tells which. */
export function explainCloseFault(error: VendorError): CloseOutcome {
  if (error.code === 'TRADESTATE_NOT_LAWFUL') return { kind: 'paid' };
  return readQueryFault(error) === 'not_found' ? { kind: 'notFound' } : explainFault(error);
}
