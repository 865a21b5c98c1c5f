import type { Rejected, Unknown, VendorError } from '../../../core/contract/outcome.ts';

/** A refusal: by the platform before the business was asked, or by the business in a signed result. */
export interface Fault {
  readonly platform: boolean;
  readonly code: string;
  readonly message: string;
}

type Reason = Rejected['reason'];

/**
 * The platform's codes, which are answered before the business is asked (open.yeepay.com, list of platform errors).
 * Those of the business have no public list: they leave the outcome unknown, and the query decides.
 */
const platformReasons: Readonly<Record<string, readonly [reason: Reason, en: string, zh: string]>> = {
  'isv.app.not-exists': ['auth', 'The application does not exist.', '应用不存在。'],
  'isv.service.not-exists': ['unsupported', 'There is no such service.', '服务不存在。'],
  '40041': ['validation', 'A parameter is missing.', '缺少参数。'],
  '40042': ['validation', 'A parameter is wrong.', '参数非法。'],
  '40047': ['auth', 'The signature is refused.', '签名被拒绝。'],
  '99001001': ['auth', 'The application does not exist.', '应用不存在。'],
  '99001002': ['unsupported', 'There is no such service.', '服务不存在。'],
};

export function explainFault(fault: Fault): Rejected | Unknown {
  const known = fault.platform && Object.hasOwn(platformReasons, fault.code) ? platformReasons[fault.code] : undefined;
  if (known === undefined) return { kind: 'unknown', reason: 'unmapped', vendor: vendorError(fault) };
  const [reason, en, zh] = known;
  return { kind: 'rejected', reason, vendor: { code: fault.code, message: `${en} (${zh})` } };
}

/** The code for it is not public; the words are. It proves nothing by itself: the kernel hears it twice, and after the order's time. */
export function saysNotFound({ platform, message }: Fault): boolean {
  return !platform && /不存在/.test(message);
}

function vendorError({ code, message }: Fault): VendorError {
  return { code: code.slice(0, 64), message };
}
