import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { type Key, signText, verifyText } from '../../rsa.ts';

/** The five parts of WeChat Pay's Authorization header. */
export interface Authorization {
  readonly mchid: string;
  readonly nonce: string;
  readonly timestamp: string;
  readonly serialNo: string;
  readonly signature: string;
}

const windowSec = 300;

/** Reads `WECHATPAY2-SHA256-RSA2048 mchid="…",…` in any order; null when a part is missing, doubled or strange. */
export function readAuthorization(header: unknown): Authorization | null {
  const found = typeof header === 'string' ? /^WECHATPAY2-SHA256-RSA2048 +(.+)$/.exec(header) : null;
  if (!found?.[1]) return null;
  const parts = found[1].split(/, */).map((part) => /^([a-z_]+)="([^"]*)"$/.exec(part));
  if (parts.length !== 5 || parts.includes(null)) return null;
  const of = Object.fromEntries(parts.map((part) => [part?.[1], part?.[2]]));
  const { mchid, nonce_str: nonce, timestamp, serial_no: serialNo, signature } = of as Record<string, string | undefined>;
  if (!mchid || !nonce || !timestamp || !serialNo || !signature) return null;
  return nonce.length > 32 || !/^\d{10}$/.test(timestamp) ? null : { mchid, nonce, timestamp, serialNo, signature };
}

/** True within the five minutes that WeChat Pay allows between two clocks. */
export const isFresh = (timestamp: string, nowMs: number) => Math.abs(Math.trunc(nowMs / 1000) - Number(timestamp)) <= windowSec;

/** Verifies a request over method, path with query, time, nonce and the bytes of the body. */
export function verifyRequest(key: Key, request: { method: string; target: string; body: Buffer }, by: Authorization): Promise<boolean> {
  const head = `${request.method}\n${request.target}\n${by.timestamp}\n${by.nonce}\n`;
  return verifyText(key, Buffer.concat([Buffer.from(head), request.body, Buffer.from('\n')]), by.signature);
}

/** Verifies what WeChat Pay signs (answers and notifications): time, nonce, body. */
export function verifyMessage(key: Key, message: { timestamp: string; nonce: string; body: string; signature: string }): Promise<boolean> {
  return verifyText(key, `${message.timestamp}\n${message.nonce}\n${message.body}\n`, message.signature);
}

/** The four headers that prove an answer or a notification. */
export async function signMessage(
  key: Key,
  message: { readonly serial: string; readonly body: string; readonly nowMs: number; readonly spoil: boolean },
): Promise<Record<string, string>> {
  const timestamp = String(Math.trunc(message.nowMs / 1000));
  const nonce = randomBytes(16).toString('hex');
  const signature = await signText(key, `${timestamp}\n${nonce}\n${message.body}\n`, { spoil: message.spoil });
  return {
    'wechatpay-timestamp': timestamp,
    'wechatpay-nonce': nonce,
    'wechatpay-signature': signature,
    'wechatpay-serial': message.serial,
    'wechatpay-signature-type': 'WECHATPAY2-SHA256-RSA2048',
  };
}

/** A text sealed under the merchant's APIv3 key. */
export interface Sealed {
  readonly algorithm: 'AEAD_AES_256_GCM';
  readonly ciphertext: string;
  readonly nonce: string;
  readonly associated_data: string;
}

export function seal(apiV3Key: string, plain: string, associatedData: string): Sealed {
  const nonce = randomBytes(6).toString('hex');
  const cipher = createCipheriv('aes-256-gcm', apiV3Key, nonce).setAAD(Buffer.from(associatedData));
  const ciphertext = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64');
  return { algorithm: 'AEAD_AES_256_GCM', ciphertext, nonce, associated_data: associatedData };
}

/** Opens what {@link seal} made; null when it was changed or the key is another. Vendor samples also use 16-byte keys. */
export function unseal(apiV3Key: string, sealed: Pick<Sealed, 'ciphertext' | 'nonce' | 'associated_data'>): string | null {
  const bytes = Buffer.from(sealed.ciphertext, 'base64');
  const algorithm = apiV3Key.length === 16 ? 'aes-128-gcm' : 'aes-256-gcm';
  const decipher = createDecipheriv(algorithm, apiV3Key, sealed.nonce).setAAD(Buffer.from(sealed.associated_data));
  try {
    decipher.setAuthTag(bytes.subarray(-16));
    return Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString('utf8');
  } catch {
    return null;
  }
}
