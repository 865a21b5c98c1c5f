import type { CloseOutcome, Rejected, Unknown, VendorError } from '../../../core/contract/outcome.ts';

/*
 * The vendor's tables of errors could not be had. ORDER_NOT_EXIST and PARAM_ERROR were seen in public clients; the other
 * words are those of WeChat Pay's APIv3, whose form this API has in every point that could be compared. None of them
 * is taken as a decline: a query decides. Underscores are left out, because WeChat Pay writes its codes with and without.
 */

interface Meaning {
  readonly as: Rejected['reason'] | 'not_found' | 'unknown';
  /** The same of closing an order. */
  readonly close?: 'closed' | 'paid' | 'notFound';
  readonly en: string;
  readonly zh: string;
}

const meanings: Readonly<Record<string, Meaning>> = {
  // Faults of our own, after which nothing was carried out.
  SIGNERROR: { as: 'auth', en: 'The signature is refused.', zh: '签名错误。' },
  NOAUTH: { as: 'auth', en: 'The merchant has no permission.', zh: '商户无权限。' },
  PARAMERROR: { as: 'validation', en: 'A value was refused.', zh: '参数错误。' },
  APPIDMCHIDNOTMATCH: { as: 'config', en: 'The application is not the merchant’s.', zh: '应用与商户不匹配。' },
  MCHNOTEXISTS: { as: 'config', en: 'There is no such merchant.', zh: '商户不存在。' },
  OUTTRADENOUSED: { as: 'number_reused', en: 'The number was used before.', zh: '商户订单号重复。' },
  // What is there, and what is not.
  ORDERPAID: { as: 'unknown', close: 'paid', en: 'The order is paid.', zh: '订单已支付。' },
  ORDERCLOSED: { as: 'unknown', close: 'closed', en: 'The order is closed.', zh: '订单已关闭。' },
  ORDERNOTEXIST: { as: 'not_found', close: 'notFound', en: 'There is no such order.', zh: '订单不存在。' },
  REFUNDNOTEXIST: { as: 'not_found', en: 'There is no such refund.', zh: '退款单不存在。' },
  RESOURCENOTEXISTS: { as: 'not_found', en: 'There is no such thing.', zh: '资源不存在。' },
};

function meaningOf({ code }: VendorError): Meaning | undefined {
  const name = flatten(code);
  return Object.hasOwn(meanings, name) ? meanings[name] : undefined;
}

/** The vendor's sentence with ours; ours alone where it has none. */
function withText(error: VendorError): VendorError {
  const { en, zh } = meaningOf(error) ?? { en: '', zh: '' };
  const said = error.message === '' ? en : error.message;
  return { code: error.code, message: zh === '' ? said : `${said} (${zh})` };
}

function flatten(code: string): string {
  return code.replaceAll('_', '').toUpperCase();
}

/** True when the vendor says that it knows no order or refund of the number asked for. */
export function saysNotFound(error: VendorError): boolean {
  return meaningOf(error)?.as === 'not_found';
}

/** Our fault, or unknown: no word of this vendor is known to be a final decline. */
export function explainFault(error: VendorError): Rejected | Unknown {
  const as = meaningOf(error)?.as ?? 'unknown';
  const vendor = withText(error);
  return as === 'unknown' || as === 'not_found'
    ? { kind: 'unknown', reason: 'unmapped', vendor }
    : { kind: 'rejected', reason: as, vendor };
}

/** An error of closing an order. */
export function explainCloseFault(error: VendorError): CloseOutcome {
  const kind = meaningOf(error)?.close;
  return kind === undefined ? explainFault(error) : { kind };
}
