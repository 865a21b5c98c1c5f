import type { Declined, Rejected, Unknown, VendorError } from '../../../core/contract/outcome.ts';

/** A refusal in JD's words. */
export interface Fault {
  readonly kind: 'signed' | 'unsigned';
  readonly code: string;
  readonly words: string;
}

type As = Rejected['reason'] | 'refund_rejected' | 'unknown';

/**
 * Out of the appendix of JD's document (V1.2) and its list of frequent questions. A code that is not here is `unknown`: the
 * document says only that such a call failed, not that nothing of it was carried out.
 */
const meanings: Readonly<Record<string, readonly [as: As, zh: string, en: string]>> = {
  JPGT100001: ['validation', '传入参数错误', 'the parameters are wrong'],
  JPGT100005: ['validation', '必填参数为空', 'a required parameter is empty'],
  JPGT100006: ['validation', '必填参数错误', 'a required parameter is wrong'],
  JPGT200000: ['unknown', '退款处理中', 'the refund is being processed'],
  JPGT201000: ['config', '商户信息不存在', 'there is no such merchant'],
  JPGT999999: ['unknown', '失败', 'failed without a reason'],
  // Says that the number came through before: what became of that one has to be asked.
  RFND000001: ['unknown', '重复提交', 'sent before'],
  RFND000002: ['refund_rejected', '可退金额不足', 'more than is left to refund'],
  // The document calls it an internal error, the list of questions an unknown trade: so it proves neither.
  RFND000008: ['unknown', '内部处理错误', 'internal error'],
  RFND009000: ['validation', '参数异常', 'the parameters are wrong'],
  CASH0014: ['auth', '商户信息解密异常', 'JD could not decrypt: the DES key is wrong'],
  CASH0015: ['config', '获取商户信息异常', 'there is no such merchant'],
  CASH0016: ['validation', '参数校验错误', 'the parameters are wrong'],
  CASH000006: ['auth', '商户解密异常', 'JD could not decrypt: the DES key is wrong'],
  CASH000007: ['auth', '校验商户签名异常', 'the signature does not verify'],
  CASH000018: ['config', '商户信息不存在', 'there is no such merchant'],
  CASH000019: ['config', '商户DES密钥不存在', 'the merchant has set no DES key'],
};

/** What a refusal means for a call that would have moved something. Without a signature, none ends a payment or a refund. */
export function explainFault(fault: Fault): Declined | Rejected | Unknown {
  const vendor = vendorError(fault);
  const [as] = meaningOf(fault.code) ?? ['unknown'];
  if (as === 'unknown') return { kind: 'unknown', reason: 'unmapped', vendor };
  if (as !== 'refund_rejected') return { kind: 'rejected', reason: as, vendor };
  if (fault.kind === 'unsigned') return { kind: 'unknown', reason: 'unmapped', vendor };
  return { kind: 'declined', echo: {}, code: as, advice: 'do_not_retry', vendor };
}

/** What a refusal means for a question, which never declines. */
export function explainQuestion(fault: Fault): Rejected | Unknown {
  const outcome = explainFault(fault);
  return outcome.kind === 'declined' ? { kind: 'unknown', reason: 'unmapped', vendor: outcome.vendor } : outcome;
}

/** No such trade, and no such refund. */
export function saysNotFound({ code }: Fault): boolean {
  return code === 'RFND000003' || code === 'RFND000004';
}

function vendorError({ code, words }: Fault): VendorError {
  const meaning = meaningOf(code);
  const said = words === '' ? (meaning?.[1] ?? '') : words;
  return { code, message: meaning === undefined ? said : `${said} (${meaning[2]})` };
}

function meaningOf(code: string) {
  return Object.hasOwn(meanings, code) ? meanings[code] : undefined;
}
