import type { Declined, Unknown, VendorError } from '../../../core/contract/outcome.ts';

interface Meaning {
  readonly as: 'processing' | 'unknown' | 'declined';
  readonly en: string;
  readonly zh: string;
}

/** The codes that Lakala's documents say something of. */
const meanings: Readonly<Record<string, Meaning>> = {
  BBS10000: { as: 'processing', en: 'The shopper is asked for the password.', zh: '等待用户输入密码。' },
  RFD11105: { as: 'unknown', en: 'The outcome of the refund is not known.', zh: '退款结果未知。' },
  RFD11112: { as: 'unknown', en: 'The outcome of the refund is not known.', zh: '退款结果未知。' },
};

/** Every other code of a refund is documented as a failure. The gateway's own codes, such as one for a wrong signature, begin otherwise. */
const ofRefunds: Meaning = { as: 'declined', en: 'The refund was refused.', zh: '退款被拒绝。' };

function meaningOf(code: string): Meaning | undefined {
  return Object.hasOwn(meanings, code) ? meanings[code] : code.startsWith('RFD') ? ofRefunds : undefined;
}

/** True when a payment code was taken, and waits for its owner. */
export function saysProcessing({ code }: VendorError): boolean {
  return meaningOf(code)?.as === 'processing';
}

export function explainRefund(fault: VendorError): Declined | Unknown {
  const meaning = meaningOf(fault.code);
  if (meaning?.as !== 'declined') return { kind: 'unknown', reason: 'unmapped', vendor: fault };
  const message = `${fault.message === '' ? meaning.en : fault.message} (${meaning.zh})`;
  return { kind: 'declined', echo: {}, code: 'refund_rejected', advice: 'contact_support', vendor: { code: fault.code, message } };
}
