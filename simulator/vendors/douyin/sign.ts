import { randomBytes, webcrypto } from 'node:crypto';
import { type Key, signText, verifyText } from '../../rsa.ts';
import type { Wire } from '../../types.ts';

/** What a merchant writes into the Authorization header. */
export interface Authorization {
  readonly mchid: string;
  readonly nonce: string;
  readonly timestamp: string;
  readonly serialNo: string;
  readonly signature: string;
}

const names = ['mchid', 'nonce_str', 'serial_no', 'signature', 'timestamp'];
const windowSec = 300;

/** Reads `DouyinPay-RSA mchid="…",…` in any order; null when a part is missing, twice there or strange. */
export function readAuthorization(header: unknown): Authorization | null {
  const written = typeof header === 'string' ? /^DouyinPay-RSA (.+)$/.exec(header)?.[1] : undefined;
  const parts = [...(written ?? '').matchAll(/([a-z_]+)="([^"]*)"(?:,|$)/g)];
  const isWhole = parts.map(([all]) => all).join('') === written;
  if (
    !isWhole ||
    parts
      .map(([, name]) => name)
      .sort()
      .join() !== names.join()
  )
    return null;
  const of = new Map(parts.map(([, name = '', value = '']) => [name, value]));
  const read = (name: string) => of.get(name) ?? '';
  const by = {
    mchid: read('mchid'),
    nonce: read('nonce_str'),
    timestamp: read('timestamp'),
    serialNo: read('serial_no'),
    signature: read('signature'),
  };
  return by.nonce === '' || by.nonce.length > 32 || !/^\d{10}$/.test(by.timestamp) ? null : by;
}

export const isFresh = ({ timestamp }: Authorization, nowMs: number) => Math.abs(nowMs - Number(timestamp) * 1000) < windowSec * 1000;

/** Verifies a request over method, path with query, time, nonce and the bytes of the body. */
export function verifyRequest(key: Key, { method, path, query, body }: Wire, by: Authorization): Promise<boolean> {
  const target = query === '' ? path : `${path}?${query}`;
  const head = Buffer.from(`${method}\n${target}\n${by.timestamp}\n${by.nonce}\n`);
  return verifyText(key, Buffer.concat([head, body, Buffer.from('\n')]), by.signature);
}

/** The headers that prove an answer or a notification. */
export async function proveMessage(
  key: Key,
  message: { readonly serial: string; readonly body: string; readonly nowMs: number; readonly spoil: boolean },
): Promise<Record<string, string>> {
  const timestamp = String(Math.trunc(message.nowMs / 1000));
  const nonce = randomBytes(16).toString('hex');
  const signature = await signText(key, `${timestamp}\n${nonce}\n${message.body}\n`, { spoil: message.spoil });
  return {
    'douyinpay-timestamp': timestamp,
    'douyinpay-nonce': nonce,
    'douyinpay-serial': message.serial,
    'douyinpay-signature': signature,
    'request-id': randomBytes(16).toString('hex'),
  };
}

/** Seals a text under the merchant's encryption key. The ciphertext ends with the tag. */
export async function seal(encryptKey: string, plain: string, associatedData: string) {
  const nonce = randomBytes(6).toString('hex');
  const key = await webcrypto.subtle.importKey('raw', Buffer.from(encryptKey), 'AES-GCM', false, ['encrypt']);
  const rule = { name: 'AES-GCM', iv: Buffer.from(nonce), additionalData: Buffer.from(associatedData), tagLength: 128 };
  const sealed = await webcrypto.subtle.encrypt(rule, key, Buffer.from(plain));
  return {
    algorithm: 'AEAD-AES-256-GCM',
    ciphertext: Buffer.from(sealed).toString('base64'),
    nonce,
    associated_data: associatedData,
  };
}
