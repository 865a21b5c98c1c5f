import { Buffer } from 'node:buffer';
import { createDecipheriv, type KeyObject, sign, verify } from 'node:crypto';

/** How far the vendor's clock and ours may differ. The vendor's own libraries refuse what is older than five minutes. */
const maxSkewMs = 300_000;
const nonceBytes = 12;
const tagBytes = 16;

/** What a request's signature covers. `path` holds the query. */
export interface RequestParts {
  readonly method: string;
  readonly path: string;
  readonly timestamp: string;
  readonly nonce: string;
  readonly body: string;
}

/** Five lines, each ended by a line feed; of a GET the last one is empty. */
export function writeRequestMessage({ method, path, timestamp, nonce, body }: RequestParts): string {
  return [method, path, timestamp, nonce, body, ''].join('\n');
}

/** Four lines that the shopper's app checks before it shows the cashier. */
export function writeCashierMessage(appid: string, timestamp: string, nonce: string, subject: string): string {
  return [appid, timestamp, nonce, subject, ''].join('\n');
}

/** RSA-SHA256 in base64, on the thread pool: a private-key operation would hold up every other payment. */
export function signMessage(key: KeyObject, message: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  sign('RSA-SHA256', Buffer.from(message, 'utf8'), key, (error, signature) => {
    if (error === null) resolve(signature.toString('base64'));
    else reject(error);
  });
  return promise;
}

/** Seconds since 1970, as the vendor's headers write the time. */
export function toUnixSeconds(time: Date): string {
  return String(Math.floor(time.getTime() / 1000));
}

/** `unsigned`: there is no signature at all. `bad_signature`: there is one, and it is not the vendor's over these bytes. */
export type Verdict = 'genuine' | 'unsigned' | 'bad_signature' | 'stale';

/** What {@link judge} looks at. */
export interface Evidence {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly platformKeys: ReadonlyMap<string, KeyObject>;
  readonly base64: (text: unknown) => Buffer | null;
  readonly now: Date;
}

/** Judges whether an answer or a callback is the vendor's: both are signed alike, over the bytes as they came. */
export function judge({ headers, body, platformKeys, base64, now }: Evidence): Verdict {
  const written = headers['douyinpay-signature'];
  if (written === undefined) return 'unsigned';
  const { 'douyinpay-timestamp': timestamp = '', 'douyinpay-nonce': nonce = '', 'douyinpay-serial': serial = '' } = headers;
  const key = platformKeys.get(serial);
  const signature = base64(written);
  if (key === undefined || signature === null || !/^[1-9]\d{9}$/.test(timestamp)) return 'bad_signature';
  const message = Buffer.concat([Buffer.from(`${timestamp}\n${nonce}\n`, 'utf8'), body, Buffer.from('\n')]);
  if (!verify('RSA-SHA256', message, key, signature)) return 'bad_signature';
  return Math.abs(now.getTime() - Number(timestamp) * 1000) > maxSkewMs ? 'stale' : 'genuine';
}

/** A callback's `resource`, its members checked to be text. */
export interface SealedResource {
  readonly ciphertext: Uint8Array;
  readonly nonce: string;
  readonly associatedData: string;
}

/**
 * Opens AES-256-GCM; null when it was sealed with another key. The nonce must have twelve bytes and the tag sixteen:
 * OpenSSL would take others, and a short tag can be guessed.
 */
export function openResource(key: Uint8Array, { ciphertext, nonce, associatedData }: SealedResource): Buffer | null {
  const iv = Buffer.from(nonce, 'utf8');
  const tagAt = ciphertext.length - tagBytes;
  if (iv.length !== nonceBytes || tagAt < 0) return null;
  const cipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes });
  cipher.setAuthTag(ciphertext.subarray(tagAt));
  cipher.setAAD(Buffer.from(associatedData, 'utf8'));
  const head = cipher.update(ciphertext.subarray(0, tagAt));
  try {
    return Buffer.concat([head, cipher.final()]);
  } catch {
    return null;
  }
}
