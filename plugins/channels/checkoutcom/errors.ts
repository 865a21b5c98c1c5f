import type { Declined, Rejected, Unknown, VendorError } from '../../../core/contract/outcome.ts';

/** An error answer: `{request_id, error_type, error_codes}`. Those to a bad key or an unknown id have no body. */
export interface Fault {
  /** The HTTP status. */
  readonly status: number;
  readonly type: string;
  readonly codes: readonly string[];
}

export function readFault(content: Readonly<Record<string, unknown>>, status: number): Fault {
  const codes = Array.isArray(content.error_codes) ? content.error_codes : [];
  return {
    status,
    type: textOf(content.error_type),
    codes: codes
      .map(textOf)
      .filter((code) => code !== '')
      .slice(0, 8),
  };
}

/** What codes mean, for whoever reads the failure: what became of the request, its status tells. */
const texts: Readonly<Record<string, { readonly en: string; readonly zh: string }>> = {
  request_body_malformed: { en: 'The request cannot be read.', zh: '请求无法解析。' },
  amount_invalid: { en: 'The amount is refused.', zh: '金额无效。' },
  currency_invalid: { en: 'The currency is refused.', zh: '币种无效。' },
  reference_invalid: { en: 'The reference is refused.', zh: '订单号无效。' },
  description_invalid: { en: 'The description is refused.', zh: '描述无效。' },
  country_address_invalid: { en: 'The country of the billing address is refused.', zh: '账单地址的国家无效。' },
  processing_channel_id_invalid: { en: 'The processing channel is refused.', zh: '处理通道无效。' },
  refund_amount_exceeds_balance: { en: 'More than is left to refund.', zh: '退款金额超过可退余额。' },
  too_many_requests: { en: 'Too many requests.', zh: '请求过于频繁。' },
};

/**
 * What an error answer means for a request that would have created or moved something, by its HTTP status. 422: the request
 * was invalid and nothing was carried out. The others have no such promise.
 */
const statuses: Readonly<Record<string, { readonly as: Rejected['reason'] | 'unknown'; readonly isRefundRefused: boolean }>> = {
  401: { as: 'auth', isRefundRefused: false },
  // The documented refusals of a refund: not allowed, or more than is left. 409 is the same key at work.
  403: { as: 'unknown', isRefundRefused: true },
  422: { as: 'validation', isRefundRefused: true },
};

export function explainFault(fault: Fault): Rejected | Unknown {
  const vendor = vendorError(fault);
  const as = statuses[fault.status]?.as ?? 'unknown';
  return as !== 'unknown' ? { kind: 'rejected', reason: as, vendor } : { kind: 'unknown', reason: 'unmapped', vendor };
}

export function explainRefundFault(fault: Fault): Declined | Rejected | Unknown {
  if (statuses[fault.status]?.isRefundRefused !== true) return explainFault(fault);
  return { kind: 'declined', echo: {}, code: 'refund_rejected', advice: 'contact_support', vendor: vendorError(fault) };
}

function vendorError({ status, type, codes }: Fault): VendorError {
  const [first = ''] = codes;
  const { en, zh } = (Object.hasOwn(texts, first) ? texts[first] : undefined) ?? { en: '', zh: '' };
  const said = codes.length > 0 ? codes.join(', ') : `HTTP ${status}`;
  return { code: first || type || `HTTP ${status}`, message: en === '' ? said : `${said}: ${en} (${zh})` };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 64) : '';
}
