import type { Buffer } from 'node:buffer';
import type { KeyObject } from 'node:crypto';
import type { Call, Kit, WireAnswer, WireRequest, WireStream } from '../../../core/contract/kit.ts';
import type { NotSent, Rejected, Unknown, VendorError } from '../../../core/contract/outcome.ts';
import { judge, signMessage, toUnixSeconds, writeRequestMessage } from './sign.ts';
import type { V2Access } from './v2.ts';

/** An opened account: configuration with its keys already parsed. */
export interface WechatAccount {
  readonly baseUrl: string;
  readonly mchid: string;
  readonly appid: string;
  /** Those of the mini program and of the mobile app; `appid` where they have none of their own. */
  readonly miniAppid: string;
  readonly appAppid: string;
  readonly serialNo: string;
  readonly privateKey: KeyObject;
  readonly apiV3Key: Buffer;
  /** By certificate serial or `PUB_KEY_ID_…`; several while the vendor rotates or a merchant migrates. */
  readonly platformKeys: ReadonlyMap<string, KeyObject>;
  /** Whether a day's statement has the bill of funds beside the bill of trades. */
  readonly asksForFunds: boolean;
  /** Null where bar codes are not configured. */
  readonly v2: V2Access | null;
  readonly kit: Kit;
}

/** One request. `path` begins with `/v3/`. */
export interface Question {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
}

/** A genuine answer: data, or an error code in the vendor's words. Anything that is not proven genuine is an outcome already. */
export type Answer =
  | { readonly kind: 'data'; readonly data: Readonly<Record<string, unknown>> }
  | { readonly kind: 'fault'; readonly error: VendorError }
  | NotSent
  | Unknown
  | Rejected;

/** Signs and sends one request, and verifies what comes back before reading it. */
export async function ask(account: WechatAccount, call: Call, question: Question): Promise<Answer> {
  const sent = await call.http(await writeRequest(account, call, question));
  return sent.kind === 'answered' ? readAnswer(account, call, sent) : sent;
}

/** A file of the vendor's. Its request is signed, its answer is not: that is the vendor's rule for bills. */
export async function askFile(account: WechatAccount, call: Call, path: string): Promise<WireStream | NotSent | Unknown> {
  return call.download(await writeRequest(account, call, { method: 'GET', path }));
}

async function writeRequest(account: WechatAccount, call: Call, question: Question): Promise<WireRequest> {
  const body = question.body === undefined ? '' : JSON.stringify(question.body);
  const timestamp = toUnixSeconds(call.now());
  const nonce = call.nonce();
  const message = writeRequestMessage({ method: question.method, path: question.path, timestamp, nonce, body });
  const signature = await signMessage(account.privateKey, message);
  const fields = `mchid="${account.mchid}",nonce_str="${nonce}",signature="${signature}",timestamp="${timestamp}",serial_no="${account.serialNo}"`;
  const headers: Record<string, string> = {
    accept: 'application/json',
    authorization: `WECHATPAY2-SHA256-RSA2048 ${fields}`,
    'user-agent': 'paymux',
  };
  if (body !== '') headers['content-type'] = 'application/json';
  const url = `${account.baseUrl}${question.path}`;
  return body === '' ? { method: question.method, url, headers } : { method: question.method, url, headers, body };
}

function readAnswer(account: WechatAccount, call: Call, answer: WireAnswer): Answer {
  if (answer.status === 429) return { kind: 'unknown', reason: 'rate_limited' };
  if (answer.status >= 500) return { kind: 'unknown', reason: 'server_error' };
  const { platformKeys, kit } = account;
  const verdict = judge({ headers: answer.headers, body: answer.body, platformKeys, base64: kit.base64, now: call.now() });
  if (verdict !== 'genuine') return distrust(call, answer, verdict);
  if (answer.status === 204) return { kind: 'data', data: {} };
  const data = kit.json(answer.body);
  if (data === null) return { kind: 'unknown', reason: 'unreadable' };
  if (answer.status === 200) return { kind: 'data', data };
  const { code, message } = data;
  if (typeof code !== 'string' || code === '') return { kind: 'unknown', reason: 'unreadable' };
  return { kind: 'fault', error: { code, message: typeof message === 'string' ? message.slice(0, 256) : '' } };
}

/**
 * The gateway turns away a request that it cannot authenticate without always signing the refusal,
 * so an unsigned 401 or 403 is our fault. Any other answer without proof may be anybody's.
 */
function distrust(call: Call, answer: WireAnswer, verdict: 'unsigned' | 'bad_signature' | 'stale'): Unknown | Rejected {
  const { status, headers } = answer;
  call.log('warn', 'answer of WeChat Pay is not proven genuine', { verdict, status, platform_serial: headers['wechatpay-serial'] ?? null });
  if (verdict === 'unsigned' && (status === 401 || status === 403)) return { kind: 'rejected', reason: 'auth' };
  return { kind: 'unknown', reason: 'bad_signature' };
}
