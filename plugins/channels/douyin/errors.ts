import type { CloseOutcome, Rejected, Unknown, VendorError } from '../../../core/contract/outcome.ts';

/*
 * The vendor's tables of errors could not be had. ORDER_NOT_EXIST and PARAM_ERROR were seen in public clients; the other
 * words are those of WeChat Pay's APIv3, whose form this API has in every point that could be compared. None of them
 * is taken as a decline: a query decides. Underscores are left out, because WeChat Pay writes its codes with and without.
 */

/** Words for a fault of our own, after which nothing was carried out. */
const rejections: ReadonlyMap<string, Rejected['reason']> = new Map<string, Rejected['reason']>([
  ['SIGNERROR', 'auth'],
  ['NOAUTH', 'auth'],
  ['PARAMERROR', 'validation'],
  ['APPIDMCHIDNOTMATCH', 'config'],
  ['MCHNOTEXISTS', 'config'],
  ['OUTTRADENOUSED', 'number_reused'],
]);

const closeOutcomes: ReadonlyMap<string, 'closed' | 'paid' | 'notFound'> = new Map<string, 'closed' | 'paid' | 'notFound'>([
  ['ORDERPAID', 'paid'],
  ['ORDERCLOSED', 'closed'],
  ['ORDERNOTEXIST', 'notFound'],
]);

const notFoundCodes: ReadonlySet<string> = new Set(['ORDERNOTEXIST', 'REFUNDNOTEXIST', 'RESOURCENOTEXISTS']);

function flatten(code: string): string {
  return code.replaceAll('_', '').toUpperCase();
}

/** True when the vendor says that it knows no order or refund of the number asked for. */
export function saysNotFound(error: VendorError): boolean {
  return notFoundCodes.has(flatten(error.code));
}

/** Our fault, or unknown: no word of this vendor is known to be a final decline. */
export function explainFault(error: VendorError): Rejected | Unknown {
  const reason = rejections.get(flatten(error.code));
  return reason === undefined ? { kind: 'unknown', reason: 'unmapped', vendor: error } : { kind: 'rejected', reason, vendor: error };
}

/** An error of closing an order. */
export function explainCloseFault(error: VendorError): CloseOutcome {
  const kind = closeOutcomes.get(flatten(error.code));
  return kind === undefined ? explainFault(error) : { kind };
}
