import type { Advice, Declined, Rejected, Unknown } from '../../../core/contract/outcome.ts';

/** An error answer of Mercado Pago. */
export interface Fault {
  readonly status: number;
  /** The code of its first cause, which says most, or its own. */
  readonly code: string;
  readonly message: string;
}

/** What an error answer means. Nothing of it is a decline of a payment: the shopper pays later. */
export function explain({ status, code, message }: Fault): Rejected | Unknown {
  // The text of such an answer may quote a part of the token, so it is not passed on.
  if (status === 401 || status === 403) {
    return {
      kind: 'rejected',
      reason: 'auth',
      vendor: { code, message: 'Mercado Pago refuses the access token for this call (令牌无效)' },
    };
  }
  const vendor = { code, message };
  return status === 400 ? { kind: 'rejected', reason: 'validation', vendor } : { kind: 'unknown', reason: 'unmapped', vendor };
}

interface Meaning {
  readonly code: string;
  readonly advice: Advice;
  readonly en: string;
  readonly zh: string;
}

/** Causes that end a refund for good. */
const refundMeanings: Readonly<Record<string, Meaning>> = {
  2024: { code: 'refund_rejected', advice: 'contact_support', en: 'The payment is too old to refund.', zh: '该支付已过退款期限。' },
  2063: { code: 'refund_rejected', advice: 'contact_support', en: 'The payment is in no state to refund.', zh: '该支付当前状态不可退款。' },
};

export function explainRefund(fault: Fault): Declined | Rejected | Unknown {
  const meaning = Object.hasOwn(refundMeanings, fault.code) ? refundMeanings[fault.code] : undefined;
  if (fault.status !== 400 || meaning === undefined) return explain(fault);
  const message = `${fault.message === '' ? meaning.en : fault.message} (${meaning.zh})`;
  return { kind: 'declined', echo: {}, code: meaning.code, advice: meaning.advice, vendor: { code: fault.code, message } };
}

/** Reads an error answer; null when it is none of the vendor's. Its numbers are texts. */
export function readFault(data: Readonly<Record<string, unknown>>, status: number): Fault | null {
  const { error, message, cause } = data;
  if (data.status !== String(status) || typeof message !== 'string') return null;
  const [first] = Array.isArray(cause) ? cause : [];
  const inner: unknown = typeof first === 'object' && first !== null ? (first as Readonly<Record<string, unknown>>).code : undefined;
  const code = [inner, error].find((one): one is string => typeof one === 'string' && one !== '') ?? String(status);
  return { status, code: code.slice(0, 64), message: message.slice(0, 256) };
}
