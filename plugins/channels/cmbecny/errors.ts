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

/** Codes that name a fault of our own. The bank checks these before it does anything. */
const rejections: ReadonlyMap<string, Rejected['reason']> = new Map<string, Rejected['reason']>([
  ['SIGN_ERROR', 'auth'],
  ['VERSION_ERROR', 'validation'],
  ['ENCODING_ERROR', 'validation'],
  ['SIGNMETHOD_ERROR', 'validation'],
  ['POST_DATA_EMPTY', 'validation'],
  ['UNDEFINED_PRAM', 'validation'],
  ['JSON_FORMAT_ERROR', 'validation'],
  ['MERID_NOT_EXIST', 'config'],
  ['MERID_NOT_LAWFUL', 'config'],
  ['USERID_NOT_EXIST', 'config'],
  ['USERID_NOT_LAWFUL', 'config'],
  ['USERID_CHECK_FAILED', 'config'],
  ['ORDERID_NOT_LAWFUL', 'validation'],
  ['NOTIFYURL_NOT_LAWFUL', 'validation'],
  ['TXNAMT_NOT_LAWFUL', 'validation'],
  ['CURRENCYCODE_NOT_LAWFUL', 'validation'],
  ['REFUNDREASON_NOT_LAWFUL', 'validation'],
  ['MERID_MISMATCHED_ORDER', 'config'],
]);

/** A genuine error that is not a decline: our fault, or unknown. `ORDERID_DUPLICATION` is unknown: what exists under the number, a query tells. */
export function explainFault(error: VendorError): Rejected | Unknown {
  const reason = rejections.get(error.code);
  return reason === undefined ? { kind: 'unknown', reason: 'unmapped', vendor: error } : { kind: 'rejected', reason, vendor: error };
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
