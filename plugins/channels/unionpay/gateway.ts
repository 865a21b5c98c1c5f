import type { Call, Kit } from '../../../core/contract/kit.ts';
import type { NotSent, Unknown } from '../../../core/contract/outcome.ts';
import { type Fields, type Signer, signFields, type Trusted, verifyFields } from './sign.ts';
import { buildForm, parseAnswer } from './wire.ts';

/** An opened account: what every call needs. */
export interface Merchant {
  readonly baseUrl: string;
  readonly merchantId: string;
  readonly terminalId: string | null;
  readonly signer: Signer;
  readonly trusted: Trusted;
  readonly kit: Kit;
}

/** The addresses of the gateway, below its base. */
export const paths = {
  front: '/gateway/api/frontTransReq.do',
  app: '/gateway/api/appTransReq.do',
  back: '/gateway/api/backTransReq.do',
  query: '/gateway/api/queryTrans.do',
  file: '/',
} as const;

/** A verified answer about this merchant. */
export interface Answer {
  readonly kind: 'answer';
  readonly fields: Fields;
}

/** All fields of a request, signed. Without a clock or a nonce: the same question is the same byte for byte. */
export async function signQuestion(merchant: Merchant, question: Fields): Promise<Fields> {
  const fields: Fields = {
    version: '5.1.0',
    encoding: 'UTF-8',
    signMethod: '01',
    certId: merchant.signer.certId,
    accessType: '0',
    merId: merchant.merchantId,
    ...question,
  };
  return { ...fields, signature: await signFields(fields, merchant.signer.privateKey) };
}

/** Asks the gateway and verifies what it says. */
export async function ask(merchant: Merchant, path: string, question: Fields, call: Call): Promise<Answer | NotSent | Unknown> {
  const answer = await call.http({
    method: 'POST',
    url: `${path === paths.file ? fileHostOf(merchant) : merchant.baseUrl}${path}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' },
    body: buildForm(await signQuestion(merchant, question)),
  });
  if (answer.kind !== 'answered') return answer;
  if (answer.status === 429) return { kind: 'unknown', reason: 'rate_limited' };
  if (answer.status !== 200) return { kind: 'unknown', reason: answer.status >= 500 ? 'server_error' : 'unreadable' };
  const fields = parseAnswer(answer.body.toString('utf8'));
  if (fields === null || readText(fields, 'respCode') === undefined) return { kind: 'unknown', reason: 'unreadable' };
  return isGenuine(merchant, fields, call.now()) ? { kind: 'answer', fields } : { kind: 'unknown', reason: 'bad_signature' };
}

/** Statements lie on a host of their own, beside the gateway's. */
function fileHostOf({ baseUrl }: Merchant): string {
  return baseUrl.replace(/^https:\/\/gateway\.((?:test\.)?95516\.com)$/, 'https://filedownload.$1');
}

/** Whether UnionPay signed these fields, in an answer or in a callback. */
export function isGenuine(merchant: Merchant, fields: Fields, at: Date): boolean {
  return verifyFields(fields, merchant.kit.base64(fields['signature']), merchant.trusted, at);
}

/** A text that is not empty, or undefined. */
export function readText(fields: Fields, name: string): string | undefined {
  const text = Object.hasOwn(fields, name) ? fields[name] : undefined;
  return text === '' ? undefined : text;
}
