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

/** What an error answer means for a request that would have created or moved something. */
export function explainFault(fault: Fault): Rejected | Unknown {
  const vendor = vendorError(fault);
  if (fault.status === 401 || fault.status === 403) {
    return { kind: 'rejected', reason: 'auth', vendor: { code: vendor.code, message: 'Paystack refuses the secret key' } };
  }
  if (fault.code === 'duplicate_reference') return { kind: 'rejected', reason: 'number_reused', vendor };
  return isUnfulfilled(fault) ? { kind: 'rejected', reason: 'validation', vendor } : { kind: 'unknown', reason: 'unmapped', vendor };
}

/** The reasons of a refused refund have no published codes: too much, refunded before, too low a balance. */
export function explainRefundFault(fault: Fault): Declined | Rejected | Unknown {
  const outcome = explainFault(fault);
  if (outcome.kind !== 'rejected' || outcome.reason !== 'validation') return outcome;
  return { kind: 'declined', echo: {}, code: 'refund_rejected', advice: 'contact_support', vendor: vendorError(fault) };
}

/**
 * HTTP 400 and 404 stand for requests that were not fulfilled (paystack.com/docs/api, "Errors"). With the types
 * `processor_error` and `api_error` the request was taken up all the same, and nobody knows how far it came.
 */
function isUnfulfilled({ status, type }: Fault): boolean {
  return (status === 400 || status === 404) && type !== 'processor_error' && type !== 'api_error';
}

/** True when Paystack knows nothing by the reference or id that was asked for. */
export function saysNotFound({ status, code }: Fault): boolean {
  return status === 404 || (status === 400 && code === 'transaction_not_found');
}

function vendorError({ code, type, message, status }: Fault): VendorError {
  return { code: code || type || `HTTP ${status}`, message };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 64) : '';
}
