import type { Declined, Rejected, Unknown, VendorError } from '../../../core/contract/outcome.ts';

/** An error answer: `{error: {code, description, reason, field}}`. */
export interface Fault {
  /** The HTTP status. */
  readonly status: number;
  readonly code: string;
  readonly description: string;
  readonly reason: string;
}

interface Meaning {
  readonly as: Rejected['reason'] | 'unknown';
  readonly en: string;
  readonly zh: string;
}

/**
 * The three codes that there are (razorpay.com/docs/errors). The first is about the request, and nothing was done; the others arose
 * behind Razorpay's door, and nobody knows how far the request came.
 */
const meanings: Readonly<Record<string, Meaning>> = {
  BAD_REQUEST_ERROR: { as: 'validation', en: 'Razorpay refuses the request.', zh: 'Razorpay 拒绝了该请求。' },
  GATEWAY_ERROR: { as: 'unknown', en: 'The bank or the gateway failed.', zh: '银行或网关出错。' },
  SERVER_ERROR: { as: 'unknown', en: 'Razorpay failed.', zh: 'Razorpay 系统出错。' },
};

const meaningOf = ({ code }: Fault): Meaning | undefined => (Object.hasOwn(meanings, code) ? meanings[code] : undefined);

export function readFault(content: unknown, status: number): Fault | null {
  if (typeof content !== 'object' || content === null) return null;
  const { code, description, reason } = content as Readonly<Record<string, unknown>>;
  return typeof code === 'string' && code !== ''
    ? { status, code: textOf(code), description: textOf(description), reason: textOf(reason) }
    : null;
}

/** What an error answer means for a request that would have created or moved something. */
export function explainFault(fault: Fault): Rejected | Unknown {
  const vendor = vendorError(fault);
  if (fault.status === 401 || fault.status === 403) {
    return { kind: 'rejected', reason: 'auth', vendor: { code: fault.code, message: 'Razorpay refuses the key (密钥无效)' } };
  }
  const as = fault.status === 400 || fault.status === 404 ? (meaningOf(fault)?.as ?? 'unknown') : 'unknown';
  return as === 'unknown' ? { kind: 'unknown', reason: 'unmapped', vendor } : { kind: 'rejected', reason: as, vendor };
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

function vendorError(fault: Fault): VendorError {
  const { code, reason, description } = fault;
  const { en, zh } = meaningOf(fault) ?? { en: '', zh: '' };
  const said = description === '' ? en : description;
  return { code: reason !== '' && reason !== 'NA' ? reason : code, message: zh === '' ? said : `${said} (${zh})` };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 256) : '';
}
