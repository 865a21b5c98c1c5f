import type { Advice, Declined, Outcome, Rejected, Unknown, VendorError } from '../../../core/contract/outcome.ts';
import type { Fields } from './sign.ts';

type Refusal = Declined | Rejected | Unknown;

interface Meaning {
  readonly as: 'declined' | 'rejected' | 'unknown';
  readonly code: string;
  readonly advice: Advice;
  readonly zh: string;
  readonly en: string;
}

/**
 * What UnionPay's codes mean here. By its rule every code that is neither success nor one of `askCodes` is a failure for
 * good, so a code that is not in this table is a plain decline.
 */
export const meanings: Readonly<Record<string, Meaning>> = {
  '02': unknown('系统未开放或暂时关闭', 'the system is closed for now'),
  '06': unknown('系统繁忙', 'the system is busy'),
  '10': reject('validation', '报文格式错误', 'the message is malformed'),
  '11': reject('auth', '验证签名失败', 'the signature does not verify'),
  '13': reject('validation', '报文交易要素缺失', 'a field is missing'),
  '30': decline('card_declined', 'retry_other_method', '交易未通过，请换卡', 'refused: try another card'),
  '31': reject('config', '商户状态不正确', 'the merchant is not active'),
  '32': reject('config', '无此交易权限', 'the merchant has no right to this transaction'),
  '33': decline('limit_exceeded', 'retry_other_method', '交易金额超限', 'over the limit'),
  '37': unknown('操作过于频繁', 'asked too often'),
  '38': decline('risk_rejected', 'do_not_retry', '银联风险受限', 'refused by risk control'),
  // Says that the account was debited: whatever else went wrong, money has moved.
  '42': unknown('扣款成功但交易超过规定支付时间', 'debited, but after the time to pay'),
  '61': decline('card_declined', 'retry_other_method', '卡号无效', 'the card number is not valid'),
  '62': decline('card_declined', 'retry_other_method', '发卡行不支持该商户', 'the issuer refuses this merchant'),
  '63': decline('card_declined', 'retry_other_method', '卡状态不正确', 'the card is not active'),
  '64': decline('insufficient_funds', 'retry_other_method', '余额不足', 'not enough money on the card'),
  '65': decline('authentication_failed', 'retry', '密码、有效期或CVN2有误', 'wrong PIN, date or CVN2'),
  '66': decline('authentication_failed', 'retry', '身份信息或手机号不正确', 'the cardholder’s particulars are wrong'),
  '67': decline('authentication_failed', 'retry_other_method', '密码输入次数超限', 'too many wrong PINs'),
  '68': decline('card_declined', 'retry_other_method', '银行卡不支持该业务', 'the card does not do this'),
  '73': decline('card_expired', 'retry_other_method', '卡已过有效期', 'the card has expired'),
  '74': unknown('扣款成功，销账未知', 'debited, the rest is not known'),
  '75': unknown('扣款成功，销账失败', 'debited, but not booked'),
  '99': unknown('通用错误', 'error without a reason'),
};

/** What the reasons for refusing a refund mean, where they differ. */
const refundMeanings: Readonly<Record<string, Meaning>> = {
  '35': decline('not_refundable', 'contact_support', '原交易不存在或状态不正确', 'the payment is not in a state to refund'),
  '36': decline('not_refundable', 'contact_support', '与原交易信息不符', 'does not fit the payment'),
};

/** A6 is a success with a defect that concerns UnionPay and the bank. */
export const successCodes: readonly string[] = ['00', 'A6'];

/**
 * Not decided: ask. 01, 12, 34 and 60 are in the newer list only. 12 says that the number was there before, so an earlier
 * send got through; 34 that there is no such transaction, which a query has to say, not a payment.
 */
export const askCodes: readonly string[] = ['03', '04', '05', '01', '12', '34', '60'];

export function vendorError(fields: Fields, prefix: 'resp' | 'origResp' = 'resp'): VendorError {
  const code = fields[`${prefix}Code`] ?? '';
  const meaning = meaningOf(meanings, code);
  const said = (fields[`${prefix}Msg`] ?? '').slice(0, 200) || (meaning?.zh ?? '');
  return { code, message: meaning === undefined ? said : `${said} (${meaning.en})` };
}

/** What an answer means whose code is neither a success nor one to ask about. */
export function readFailure(fields: Fields, prefix: 'resp' | 'origResp', of: 'payment' | 'refund'): Refusal {
  const vendor = vendorError(fields, prefix);
  const meaning = (of === 'refund' ? meaningOf(refundMeanings, vendor.code) : undefined) ?? meaningOf(meanings, vendor.code);
  if (meaning?.as === 'unknown') return { kind: 'unknown', reason: 'unmapped', vendor };
  if (meaning?.as === 'rejected' && prefix === 'resp') return { kind: 'rejected', reason: meaning.code as Rejected['reason'], vendor };
  // Asked afterwards, a transaction that was refused for a fault of the merchant's is simply over.
  if (meaning?.as === 'rejected') return { kind: 'declined', echo: {}, code: 'channel_rejected', advice: meaning.advice, vendor };
  const { code, advice } = meaning ?? fallback[of];
  return { kind: 'declined', echo: {}, code, advice, vendor };
}

const fallback = {
  payment: { code: 'declined', advice: 'retry_other_method' },
  refund: { code: 'refund_rejected', advice: 'contact_support' },
} as const;

/** A failed question is no answer: what would decline a payment says nothing about one that is asked about. */
export function undecided(refusal: Refusal): Exclude<Outcome, { kind: 'ok' | 'action' | 'declined' | 'notSent' }> {
  return refusal.kind === 'declined' ? { kind: 'unknown', reason: 'unmapped', vendor: refusal.vendor } : refusal;
}

function meaningOf(table: Readonly<Record<string, Meaning>>, code: string): Meaning | undefined {
  return Object.hasOwn(table, code) ? table[code] : undefined;
}

function decline(code: string, advice: Advice, zh: string, en: string): Meaning {
  return { as: 'declined', code, advice, zh, en };
}

function reject(reason: Rejected['reason'], zh: string, en: string): Meaning {
  return { as: 'rejected', code: reason, advice: 'contact_support', zh, en };
}

function unknown(zh: string, en: string): Meaning {
  return { as: 'unknown', code: 'unmapped', advice: 'retry', zh, en };
}
