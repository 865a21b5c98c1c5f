import { Buffer } from 'node:buffer';
import type { KeyObject } from 'node:crypto';
import type { Call, Kit, WireAnswer } from '../../../core/contract/kit.ts';
import type { NotSent, Unknown, VendorError } from '../../../core/contract/outcome.ts';
import { judge, signMessage, writeMessage } from './sign.ts';

/** An opened account. */
export interface LakalaAccount {
  readonly baseUrl: string;
  readonly appId: string;
  readonly serialNo: string;
  readonly merchantNo: string;
  readonly termNo: string;
  readonly requestIp: string;
  readonly wechatAppId: string | null;
  readonly privateKey: KeyObject;
  readonly platformKey: KeyObject;
  readonly notifyKey: KeyObject;
  readonly kit: Kit;
}

export type Data = Readonly<Record<string, unknown>>;

/** `resp_data` of an answer that Lakala calls a success, or its code. Whatever proves neither is an outcome already. */
export type Answer =
  | { readonly kind: 'data'; readonly data: Data }
  | { readonly kind: 'fault'; readonly fault: VendorError }
  | NotSent
  | Unknown;

/** Scanned payments say BBS00000, refunds 000000. */
const successCodes: ReadonlySet<unknown> = new Set(['BBS00000', '000000']);

/** Signs and sends one request about this merchant and terminal, and verifies the answer before it is read. */
export async function ask(account: LakalaAccount, call: Call, path: string, content: Data): Promise<Answer> {
  const { appId, serialNo, merchantNo, termNo, privateKey } = account;
  const body = JSON.stringify({
    req_time: toChinaDigits(call.now()),
    version: '3.0',
    req_data: { merchant_no: merchantNo, term_no: termNo, ...content },
  });
  const timestamp = String(Math.floor(call.now().getTime() / 1000));
  // Twelve characters, as in Lakala's own libraries.
  const nonce = call.nonce().slice(0, 12);
  const signature = await signMessage(privateKey, writeMessage([appId, serialNo, timestamp, nonce], Buffer.from(body, 'utf8')));
  const proof = `appid="${appId}",serial_no="${serialNo}",timestamp="${timestamp}",nonce_str="${nonce}",signature="${signature}"`;
  const sent = await call.http({
    method: 'POST',
    url: `${account.baseUrl}${path}`,
    headers: { accept: 'application/json', authorization: `LKLAPI-SHA256withRSA ${proof}`, 'content-type': 'application/json' },
    body,
  });
  return sent.kind === 'answered' ? readAnswer(account, call, sent) : sent;
}

function readAnswer(account: LakalaAccount, call: Call, answer: WireAnswer): Answer {
  if (answer.status === 429) return { kind: 'unknown', reason: 'rate_limited' };
  if (answer.status >= 500) return { kind: 'unknown', reason: 'server_error' };
  if (!isGenuine(account, call, answer)) return { kind: 'unknown', reason: 'bad_signature' };
  const content = account.kit.json(answer.body);
  const { code, msg, resp_data: data } = content ?? {};
  if (answer.status !== 200 || typeof code !== 'string' || code === '') return { kind: 'unknown', reason: 'unreadable' };
  if (!successCodes.has(code)) return { kind: 'fault', fault: { code: code.slice(0, 64), message: String(msg ?? '').slice(0, 256) } };
  return isRecord(data) ? { kind: 'data', data } : { kind: 'unknown', reason: 'unreadable' };
}

function isGenuine({ appId, platformKey, kit }: LakalaAccount, call: Call, { headers, body }: WireAnswer): boolean {
  // Lakala's samples show some of these values in quotation marks.
  const read = (name: string) => (headers[`lklapi-${name}`] ?? '').replace(/^"(.*)"$/, '$1');
  const [answersTo, serial, timestamp, nonce] = [read('appid'), read('serial'), read('timestamp'), read('nonce')];
  const lines = [answersTo, serial, timestamp, nonce];
  const signature = kit.base64(read('signature'));
  const verdict = judge({ key: platformKey, lines, timestamp, body, signature, now: call.now() });
  if (verdict === 'genuine' && answersTo === appId) return true;
  call.log('warn', 'answer of Lakala is not proven genuine', { verdict, platform_serial: serial.slice(0, 64) });
  return false;
}

export function isRecord(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' && value.length <= 255 ? value : null;
}

/** China has one zone and no summer time. */
export function toChinaDigits(at: Date): string {
  return new Date(at.getTime() + 8 * 3_600_000).toISOString().replaceAll(/\D/g, '').slice(0, 14);
}

/** `yyyyMMddHHmmss` in China, ready to be spread into a report. */
export function timeOf(value: unknown): { readonly at?: Date } {
  const parts = typeof value === 'string' ? /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(value) : null;
  if (parts === null) return {};
  const [, year, month, day, hour, minute, second] = parts;
  const at = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}+08:00`);
  return Number.isNaN(at.getTime()) ? {} : { at };
}
