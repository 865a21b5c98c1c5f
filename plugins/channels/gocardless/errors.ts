import type { Declined, Rejected, Unknown, VendorError } from '../../../core/contract/outcome.ts';

/** An error answer: `{error: {type, code, message, errors: [{reason, links}]}}`. */
export interface Fault {
  /** The HTTP status. */
  readonly status: number;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  /** What an earlier request with the same idempotency key created; null when this error is another. */
  readonly existingId: string | null;
}

type Data = Readonly<Record<string, unknown>>;
const recordOf = (value: unknown): Data => (typeof value === 'object' && value !== null ? (value as Data) : {});
const textOf = (value: unknown) => (typeof value === 'string' ? value.slice(0, 256) : '');

export function readFault(content: unknown, status: number): Fault | null {
  const { type, message, errors } = recordOf(content);
  if (typeof type !== 'string') return null;
  const all = Array.isArray(errors) ? errors.map(recordOf) : [];
  const conflict = all.find(({ reason }) => reason === 'idempotent_creation_conflict');
  const id = recordOf(conflict?.links).conflicting_resource_id;
  const existingId = typeof id === 'string' && /^[A-Z0-9]{4,40}$/.test(id) ? id : null;
  return { status, type: textOf(type), reason: textOf(all[0]?.reason), message: textOf(message), existingId };
}

/** What an error answer means for a request that would have created something. */
export function explainFault(fault: Fault): Rejected | Unknown {
  const vendor = vendorError(fault);
  if (fault.status === 401 || fault.status === 403) return { kind: 'rejected', reason: 'auth', vendor };
  const isRefused = fault.type === 'validation_failed' || fault.type === 'invalid_api_usage';
  return isRefused ? { kind: 'rejected', reason: 'validation', vendor } : { kind: 'unknown', reason: 'unmapped', vendor };
}

/** `invalid_state` is the refusal of a payment that cannot be refunded, or not so often or so much. */
export function explainRefundFault(fault: Fault): Declined | Rejected | Unknown {
  const isRefused =
    fault.type === 'validation_failed' || (fault.type === 'invalid_state' && fault.reason !== 'idempotent_creation_conflict');
  if (!isRefused) return explainFault(fault);
  return { kind: 'declined', echo: {}, code: 'refund_rejected', advice: 'contact_support', vendor: vendorError(fault) };
}

function vendorError({ type, reason, message }: Fault): VendorError {
  return { code: reason || type, message };
}
