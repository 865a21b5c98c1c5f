import type { Buffer } from 'node:buffer';
import type { KeyObject } from 'node:crypto';
import type { Call, Kit, WireAnswer } from '../../../core/contract/kit.ts';
import type { NotSent, Rejected, Unknown, VendorError } from '../../../core/contract/outcome.ts';
import { judge, signMessage, toUnixSeconds, writeRequestMessage } from './sign.ts';
import { type Data, isText } from './texts.ts';

/** An opened account: configuration with its keys already parsed. */
export interface DouyinAccount {
  readonly baseUrl: string;
  readonly mchid: string;
  readonly appid: string;
  readonly serialNo: string;
  readonly privateKey: KeyObject;
  readonly encryptKey: Buffer;
  /** By the serial of the platform's certificate; several while the vendor rotates. */
  readonly platformKeys: ReadonlyMap<string, KeyObject>;
  readonly kit: Kit;
}

/** One request. `path` begins with `/v1/`. */
export interface Question {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: Data;
}

/** Data of a proven answer, or an error in the vendor's words. Whatever is neither is an outcome already. */
export type Answer =
  | { readonly kind: 'data'; readonly data: Data }
  | { readonly kind: 'fault'; readonly error: VendorError }
  | NotSent
  | Unknown
  | Rejected;

/** Signs and sends one request, and verifies what comes back before reading it. */
export async function ask(account: DouyinAccount, call: Call, { method, path, body: data }: Question): Promise<Answer> {
  const body = data === undefined ? '' : JSON.stringify(data);
  const [timestamp, nonce] = [toUnixSeconds(call.now()), call.nonce()];
  const signature = await signMessage(account.privateKey, writeRequestMessage({ method, path, timestamp, nonce, body }));
  const proof = `mchid="${account.mchid}",nonce_str="${nonce}",timestamp="${timestamp}",serial_no="${account.serialNo}",signature="${signature}"`;
  const headers = { accept: 'application/json', authorization: `DouyinPay-RSA ${proof}`, 'user-agent': 'paymux' };
  const url = `${account.baseUrl}${path}`;
  const sent = await call.http(
    data === undefined ? { method, url, headers } : { method, url, headers: { ...headers, 'content-type': 'application/json' }, body },
  );
  return sent.kind === 'answered' ? readAnswer(account, call, sent) : sent;
}

function readAnswer({ platformKeys, kit }: DouyinAccount, call: Call, answer: WireAnswer): Answer {
  const { status, headers, body } = answer;
  if (status === 429) return { kind: 'unknown', reason: 'rate_limited' };
  if (status >= 500) return { kind: 'unknown', reason: 'server_error' };
  const verdict = judge({ headers, body, platformKeys, base64: kit.base64, now: call.now() });
  const isRefusal = status >= 400;
  // The vendor's own libraries look for no signature on a refusal, so there may be none. Without one it is believed as far as
  // TLS goes, and no refusal says that money moved. A signature that is there must be right.
  if (verdict !== 'genuine' && !(verdict === 'unsigned' && isRefusal)) {
    call.log('warn', 'answer of Douyin Pay is not proven genuine', {
      verdict,
      status,
      platform_serial: headers['douyinpay-serial'] ?? null,
    });
    return { kind: 'unknown', reason: 'bad_signature' };
  }
  if (!isRefusal && body.length === 0) return { kind: 'data', data: {} };
  const data = kit.json(body);
  if (data === null) return { kind: 'unknown', reason: 'unreadable' };
  if (status === 200) return { kind: 'data', data };
  const { code, message } = data;
  if (!isRefusal || !isText(code)) return { kind: 'unknown', reason: 'unreadable' };
  return { kind: 'fault', error: { code: code.slice(0, 64), message: isText(message) ? message.slice(0, 256) : '' } };
}
