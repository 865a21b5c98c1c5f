import type { Declined, Rejected, Unknown, VendorError } from '../../../core/contract/outcome.ts';

/** An error answer: `{status: false, message, type, code}`. */
export interface Fault {
  /** The HTTP status. */
  readonly status: number;
  readonly type: string;
  readonly code: string;
  readonly message: string;
}

export function readFault(content: Readonly<Record<string, unknown>>, status: number): Fault | null {
  const { type, code, message } = content;
  return typeof message === 'string' ? { status, type: textOf(type), code: textOf(code), message: message.slice(0, 256) } : null;
}

interface Meaning {
  readonly as: Rejected['reason'] | 'not_found' | 'unknown';
  readonly en: string;
  readonly zh: string;
}

/**
 * Codes, and the types that answers without a code of this table have (paystack.com/docs/api, "Errors"). With the types
 * `processor_error` and `api_error` the request was taken up, and nobody knows how far it came.
 */
const meanings: Readonly<Record<string, Meaning>> = {
  duplicate_reference: { as: 'number_reused', en: 'The reference was used before.', zh: '该订单号已被使用。' },
  transaction_not_found: { as: 'not_found', en: 'There is no such transaction.', zh: '交易不存在。' },
  invalid_Key: { as: 'auth', en: 'Paystack refuses the secret key.', zh: '密钥无效。' },
  invalid_params: { as: 'validation', en: 'A value was refused.', zh: '参数校验未通过。' },
  validation_error: { as: 'validation', en: 'A value was refused.', zh: '参数校验未通过。' },
  processor_error: { as: 'unknown', en: 'The processor behind Paystack failed.', zh: 'Paystack 背后的处理方出错。' },
  api_error: { as: 'unknown', en: 'Paystack failed.', zh: 'Paystack 系统出错。' },
};

const meaningOf = ({ code, type }: Fault): Meaning | undefined =>
  [code, type].map((name) => (Object.hasOwn(meanings, name) ? meanings[name] : undefined)).find((one) => one !== undefined);

/** What an error answer means for a request that would have created or moved something. */
export function explainFault(fault: Fault): Rejected | Unknown {
  const vendor = vendorError(fault);
  if (fault.status === 401 || fault.status === 403 || meaningOf(fault)?.as === 'auth') {
    return { kind: 'rejected', reason: 'auth', vendor: { code: vendor.code, message: 'Paystack refuses the secret key (密钥无效)' } };
  }
  if (meaningOf(fault)?.as === 'number_reused') return { kind: 'rejected', reason: 'number_reused', vendor };
  return isUnfulfilled(fault) ? { kind: 'rejected', reason: 'validation', vendor } : { kind: 'unknown', reason: 'unmapped', vendor };
}

/** The reasons of a refused refund have no published codes: too much, refunded before, too low a balance. */
export function explainRefundFault(fault: Fault): Declined | Rejected | Unknown {
  const outcome = explainFault(fault);
  if (outcome.kind !== 'rejected' || outcome.reason !== 'validation') return outcome;
  return { kind: 'declined', echo: {}, code: 'refund_rejected', advice: 'contact_support', vendor: vendorError(fault) };
}

/** HTTP 400 and 404 stand for requests that were not fulfilled, whatever their code; two types are more doubtful than that. */
function isUnfulfilled({ status, type }: Fault): boolean {
  const isDoubtful = Object.hasOwn(meanings, type) && meanings[type]?.as === 'unknown';
  return (status === 400 || status === 404) && !isDoubtful;
}

/** True when Paystack knows nothing by the reference or id that was asked for. */
export function saysNotFound(fault: Fault): boolean {
  return fault.status === 404 || (fault.status === 400 && meaningOf(fault)?.as === 'not_found');
}

function vendorError(fault: Fault): VendorError {
  const { code, type, message, status } = fault;
  const { en, zh } = meaningOf(fault) ?? { en: '', zh: '' };
  const said = message === '' ? en : message;
  return { code: code || type || `HTTP ${status}`, message: zh === '' ? said : `${said} (${zh})` };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 64) : '';
}
