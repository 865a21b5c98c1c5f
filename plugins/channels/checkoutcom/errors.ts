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

/** What an error answer means for a request that would have created or moved something. */
export function explainFault(fault: Fault): Rejected | Unknown {
  const vendor = vendorError(fault);
  if (fault.status === 401) return { kind: 'rejected', reason: 'auth', vendor };
  // 422: the request was invalid and nothing was carried out. The others have no such promise.
  return fault.status === 422 ? { kind: 'rejected', reason: 'validation', vendor } : { kind: 'unknown', reason: 'unmapped', vendor };
}

/** 403 and 422 are the documented refusals of a refund: not allowed, or more than is left. 409 is the same key at work. */
export function explainRefundFault(fault: Fault): Declined | Rejected | Unknown {
  const isRefused = fault.status === 403 || fault.status === 422;
  if (!isRefused) return explainFault(fault);
  return { kind: 'declined', echo: {}, code: 'refund_rejected', advice: 'contact_support', vendor: vendorError(fault) };
}

function vendorError({ status, type, codes }: Fault): VendorError {
  return { code: codes[0] ?? (type || `HTTP ${status}`), message: codes.length > 0 ? codes.join(', ') : `HTTP ${status}` };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 64) : '';
}
