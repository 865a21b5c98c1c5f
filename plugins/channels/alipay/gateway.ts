import type { KeyObject } from 'node:crypto';
import type { Call, Kit, WireAnswer } from '../../../core/contract/kit.ts';
import type { NotSent, Rejected, Unknown } from '../../../core/contract/outcome.ts';
import { type Failure, readUnsignedFailure } from './errors.ts';
import { buildForm, cutMembers, type Params, signText, textToSign, verifyBytes } from './sign.ts';

/** An opened account: what every call needs. */
export interface Merchant {
  readonly gatewayUrl: string;
  readonly appId: string;
  readonly sellerId: string;
  readonly privateKey: KeyObject;
  readonly alipayPublicKey: KeyObject;
  readonly kit: Kit;
}

/** One call of the gateway. */
export interface Question {
  readonly method: string;
  readonly content: Readonly<Record<string, unknown>>;
  readonly callbackUrl?: string;
  readonly returnUrl?: string;
}

/** The verified node of an answer. `failure` is null for code 10000. */
export interface Answer {
  readonly kind: 'answer';
  readonly node: Readonly<Record<string, unknown>>;
  readonly failure: Failure | null;
}

const success = '10000';

/** All parameters of a call, signed. `at` becomes the timestamp: with the same time, a repeat is the same byte for byte. */
export async function signQuestion(merchant: Merchant, question: Question, at: Date): Promise<Params> {
  const params: Params = {
    app_id: merchant.appId,
    method: question.method,
    format: 'JSON',
    charset: 'utf-8',
    sign_type: 'RSA2',
    timestamp: formatTime(at),
    version: '1.0',
    ...(question.callbackUrl === undefined ? {} : { notify_url: question.callbackUrl }),
    ...(question.returnUrl === undefined ? {} : { return_url: question.returnUrl }),
    biz_content: JSON.stringify(question.content),
  };
  return { ...params, sign: await signText(textToSign(params), merchant.privateKey) };
}

/**
 * Asks the gateway and verifies what it says. `believesUnsigned` lets a refusal stand that Alipay could not sign,
 * because it does not know the application: only for calls that move no money.
 */
export async function ask(
  merchant: Merchant,
  question: Question,
  call: Call,
  believesUnsigned = false,
): Promise<Answer | NotSent | Unknown | Rejected> {
  const { biz_content: content = '', ...open } = await signQuestion(merchant, question, call.now());
  // The public parameters go into the query: the gateway picks the body's charset from there.
  const answer = await call.http({
    method: 'POST',
    url: `${merchant.gatewayUrl}?${buildForm(open)}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded;charset=utf-8' },
    body: buildForm({ biz_content: content }),
  });
  return answer.kind === 'answered' ? readAnswer(merchant, question.method, answer, believesUnsigned) : answer;
}

function readAnswer(merchant: Merchant, method: string, answer: WireAnswer, believesUnsigned: boolean): Answer | Unknown | Rejected {
  if (answer.status === 429) return { kind: 'unknown', reason: 'rate_limited' };
  if (answer.status !== 200) return { kind: 'unknown', reason: answer.status >= 500 ? 'server_error' : 'unreadable' };
  // One character a byte, so that a piece cut out of the text gives back exactly the bytes that were signed.
  const members = cutMembers(answer.body.toString('latin1'));
  const raw = members?.get(`${method.replaceAll('.', '_')}_response`) ?? members?.get('error_response');
  if (members === null || raw === undefined) return { kind: 'unknown', reason: 'unreadable' };
  const bytes = Buffer.from(raw, 'latin1');
  const node = merchant.kit.json(bytes);
  const failure = node === null ? null : readFailureFields(node);
  const signature = merchant.kit.base64(unquote(members.get('sign')));
  if (signature === null || !verifyBytes(bytes, signature, merchant.alipayPublicKey)) {
    const isUnsigned = !members.has('sign') && failure !== null;
    return isUnsigned ? readUnsignedFailure(failure, believesUnsigned) : { kind: 'unknown', reason: 'bad_signature' };
  }
  if (node === null || typeof node['code'] !== 'string') return { kind: 'unknown', reason: 'unreadable' };
  return { kind: 'answer', node, failure };
}

function readFailureFields(node: Readonly<Record<string, unknown>>): Failure | null {
  if (node['code'] === success) return null;
  const text = (name: string) => readText(node[name]) ?? '';
  return { code: text('code'), subCode: text('sub_code'), message: text('sub_msg') || text('msg') };
}

/** Base64 may be written with `\/` in JSON; no other escape occurs in it. */
function unquote(raw: string | undefined): string | null {
  const text = raw === undefined ? null : /^"(.*)"$/.exec(raw)?.[1];
  return text === null || text === undefined ? null : text.replaceAll('\\/', '/');
}

/** A text that is not empty, or undefined. */
export function readText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Alipay's clock is GMT+8 all year. */
export function formatTime(at: Date): string {
  return new Date(at.getTime() + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
}

export function readTime(value: unknown): Date | undefined {
  const text = readText(value);
  if (text === undefined || !/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text)) return undefined;
  const at = new Date(`${text.replace(' ', 'T')}+08:00`);
  return Number.isNaN(at.getTime()) ? undefined : at;
}
