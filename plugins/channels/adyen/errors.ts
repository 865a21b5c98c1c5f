import type { Rejected, Unknown, VendorError } from '../../../core/contract/outcome.ts';

/** A `ServiceError` of Adyen. */
export interface Fault {
  readonly status: number;
  readonly errorCode: string;
  readonly errorType: string;
  readonly message: string;
}

type Meaning = readonly [reason: Rejected['reason'] | 'unknown', en: string, zh: string];

/**
 * Error codes of Adyen that say more than their `errorType`. None of them is a decline: links,
 * sessions and refunds are only taken in by these calls, and a shopper's bank answers later, in a
 * callback. A code that is missing here goes by its type and status.
 */
const meanings: Readonly<Record<string, Meaning>> = {
  '000': ['auth', 'The API key is not accepted.', 'API 密钥无效。'],
  '010': ['auth', 'The API key may not do this.', '该 API 密钥没有此权限。'],
  '137': ['validation', 'The amount is not accepted.', '金额无效。'],
  '138': ['unsupported', 'The currency is not accepted.', '不支持该币种。'],
  '704': ['unknown', 'The same request is being carried out or was carried out already.', '相同的请求正在处理或已处理。'],
  '901': ['config', 'The merchant account is unknown, or not one of this API key.', '商户账户不存在,或不属于该 API 密钥。'],
  '905': ['config', 'No payment method fits this account and currency.', '该账户和币种没有可用的支付方式。'],
  '906': ['validation', 'The payment belongs to another environment.', '该支付属于另一环境。'],
};

/** What an error answer means for a request that would have created or moved something. */
export function explainFault(fault: Fault): Rejected | Unknown {
  const meaning = Object.hasOwn(meanings, fault.errorCode) ? meanings[fault.errorCode] : undefined;
  const reason = meaning?.[0] ?? reasonOf(fault);
  const vendor = vendorError(fault, meaning);
  return reason === 'unknown' ? { kind: 'unknown', reason: 'unmapped', vendor } : { kind: 'rejected', reason, vendor };
}

function reasonOf({ status, errorType }: Fault): Rejected['reason'] | 'unknown' {
  if (status === 401 || status === 403) return 'auth';
  if (status !== 400 && status !== 422) return 'unknown';
  if (errorType === 'validation') return 'validation';
  if (errorType === 'configuration') return 'config';
  // `internal` and whatever is added one day does not say that nothing was executed.
  return errorType === 'security' ? 'auth' : 'unknown';
}

/** Reads an error answer; null when it is none. */
export function readFault(data: Readonly<Record<string, unknown>>, status: number): Fault | null {
  const { errorCode, errorType, message } = data;
  if (typeof errorCode !== 'string' || typeof errorType !== 'string') return null;
  return { status, errorCode: errorCode.slice(0, 64), errorType, message: typeof message === 'string' ? message.slice(0, 256) : '' };
}

function vendorError({ errorCode, message }: Fault, meaning: Meaning | undefined): VendorError {
  if (meaning === undefined) return { code: errorCode, message };
  const [, en, zh] = meaning;
  return { code: errorCode, message: `${message === '' ? en : message} (${zh})` };
}
