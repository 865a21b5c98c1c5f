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

interface Meaning {
  readonly as: Rejected['reason'] | 'unknown';
  /** The same of a refund. */
  readonly refund: 'declined' | Rejected['reason'] | 'unknown';
  readonly en: string;
  readonly zh: string;
}

/** The types of errors that there are (developer.gocardless.com/api-reference, "Errors"). Reasons say more, and decide nothing. */
const meanings: Readonly<Record<string, Meaning>> = {
  validation_failed: { as: 'validation', refund: 'declined', en: 'A value was refused.', zh: '参数校验未通过。' },
  invalid_api_usage: { as: 'validation', refund: 'validation', en: 'The request was refused.', zh: '请求不符合接口要求。' },
  // Of a create it is the key that was used before; of a refund, a payment that cannot be refunded, or not so often or so much.
  invalid_state: { as: 'unknown', refund: 'declined', en: 'The state does not permit it.', zh: '当前状态不允许该操作。' },
  gocardless: { as: 'unknown', refund: 'unknown', en: 'GoCardless failed.', zh: 'GoCardless 系统出错。' },
};

const meaningOf = ({ type }: Fault): Meaning | undefined => (Object.hasOwn(meanings, type) ? meanings[type] : undefined);

/** What an error answer means for a request that would have created something. */
export function explainFault(fault: Fault): Rejected | Unknown {
  const vendor = vendorError(fault);
  if (fault.status === 401 || fault.status === 403) return { kind: 'rejected', reason: 'auth', vendor };
  const as = meaningOf(fault)?.as ?? 'unknown';
  return as === 'unknown' ? { kind: 'unknown', reason: 'unmapped', vendor } : { kind: 'rejected', reason: as, vendor };
}

export function explainRefundFault(fault: Fault): Declined | Rejected | Unknown {
  // A conflict of keys is about an earlier refund with the same number, which may be under way.
  const isRefused = meaningOf(fault)?.refund === 'declined' && fault.reason !== 'idempotent_creation_conflict';
  if (!isRefused) return explainFault(fault);
  return { kind: 'declined', echo: {}, code: 'refund_rejected', advice: 'contact_support', vendor: vendorError(fault) };
}

function vendorError(fault: Fault): VendorError {
  const { en, zh } = meaningOf(fault) ?? { en: '', zh: '' };
  const said = fault.message === '' ? en : fault.message;
  return { code: fault.reason || fault.type, message: zh === '' ? said : `${said} (${zh})` };
}
