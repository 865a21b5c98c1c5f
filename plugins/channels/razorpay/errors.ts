import type { Declined, Rejected, Unknown, VendorError } from '../../../core/contract/outcome.ts';

/** An error answer: `{error: {code, description, reason, field}}`. */
export interface Fault {
  /** The HTTP status. */
  readonly status: number;
  readonly code: string;
  readonly description: string;
  readonly reason: string;
}

export function readFault(content: unknown, status: number): Fault | null {
  if (typeof content !== 'object' || content === null) return null;
  const { code, description, reason } = content as Readonly<Record<string, unknown>>;
  return typeof code === 'string' && code !== ''
    ? { status, code: textOf(code), description: textOf(description), reason: textOf(reason) }
    : null;
}

/**
 * What an error answer means for a request that would have created or moved something. BAD_REQUEST_ERROR
 * is about the request and nothing was done; GATEWAY_ERROR and SERVER_ERROR arose behind Razorpay's door,
 * and nobody knows how far the request came (razorpay.com/docs/errors).
 */
export function explainFault(fault: Fault): Rejected | Unknown {
  const vendor = vendorError(fault);
  if (fault.status === 401 || fault.status === 403) {
    return { kind: 'rejected', reason: 'auth', vendor: { code: fault.code, message: 'Razorpay refuses the key' } };
  }
  const isRefused = (fault.status === 400 || fault.status === 404) && fault.code === 'BAD_REQUEST_ERROR';
  return isRefused ? { kind: 'rejected', reason: 'validation', vendor } : { kind: 'unknown', reason: 'unmapped', vendor };
}

/** Refusals of refunds (too much, refunded before, too low a balance) differ in their English alone. */
export function explainRefundFault(fault: Fault): Declined | Rejected | Unknown {
  const outcome = explainFault(fault);
  if (outcome.kind !== 'rejected' || outcome.reason !== 'validation') return outcome;
  // Of a number that was used with another content nothing can be said by this answer.
  if (/idempotency/i.test(fault.description)) return { kind: 'unknown', reason: 'unmapped', vendor: vendorError(fault) };
  return { kind: 'declined', echo: {}, code: 'refund_rejected', advice: 'contact_support', vendor: vendorError(fault) };
}

/** Razorpay has no code for a missing object: an HTTP 400 with this sentence stands for it. */
export function saysNotFound({ status, description }: Fault): boolean {
  return status === 404 || (status === 400 && /\bid provided does not exist\b/i.test(description));
}

function vendorError({ code, reason, description }: Fault): VendorError {
  return { code: reason !== '' && reason !== 'NA' ? reason : code, message: description };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 256) : '';
}
