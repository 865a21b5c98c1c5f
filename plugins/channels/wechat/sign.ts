import { Buffer } from 'node:buffer';
import { createDecipheriv, type KeyObject, sign, verify } from 'node:crypto';

/** How far WeChat Pay's clock and ours may differ. The vendor's rule: answers and callbacks older than five minutes are refused. */
const maxSkewMs = 300_000;
const nonceBytes = 12;
const tagBytes = 16;

/** What an APIv3 request signature covers. `path` begins with `/v3/` and holds the query. */
export interface SignedParts {
  readonly method: string;
  readonly path: string;
  readonly timestamp: string;
  readonly nonce: string;
  readonly body: string;
}

/** Each line ends with a line feed, the last one too; a GET has an empty last line. */
export function writeRequestMessage(parts: SignedParts): string {
  return `${parts.method}\n${parts.path}\n${parts.timestamp}\n${parts.nonce}\n${parts.body}\n`;
}

/** What the shopper's WeChat checks before it shows the cashier. Inside WeChat over the whole `prepay_id=…`, from an app over the bare id. */
export function writeCashierMessage(parts: {
  readonly appId: string;
  readonly timeStamp: string;
  readonly nonceStr: string;
  readonly package: string;
}): string {
  return `${parts.appId}\n${parts.timeStamp}\n${parts.nonceStr}\n${parts.package}\n`;
}

/** RSA-SHA256 in base64, made off the main thread: a private-key operation would hold up every other payment. */
export function signMessage(privateKey: KeyObject, message: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  sign('RSA-SHA256', Buffer.from(message, 'utf8'), privateKey, (error, signature) => {
    if (error === null) resolve(signature.toString('base64'));
    else reject(error);
  });
  return promise;
}

/** The time in seconds, as the vendor's headers write it. */
export function toUnixSeconds(now: Date): string {
  return String(Math.floor(now.getTime() / 1000));
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

/** Judges whether an answer or a callback is the vendor's. Both are signed alike, over the bytes as they arrived. */
export function judge({ headers, body, platformKeys, base64, now }: Evidence): Verdict {
  const timestamp = headers['wechatpay-timestamp'];
  const nonce = headers['wechatpay-nonce'];
  const serial = headers['wechatpay-serial'];
  const written = headers['wechatpay-signature'];
  if (written === undefined) return 'unsigned';
  if (timestamp === undefined || nonce === undefined || serial === undefined) return 'bad_signature';
  const key = platformKeys.get(serial);
  const signature = base64(written);
  if (key === undefined || signature === null || !/^[1-9]\d{9}$/.test(timestamp)) return 'bad_signature';
  const message = Buffer.concat([Buffer.from(`${timestamp}\n${nonce}\n`, 'utf8'), body, Buffer.from('\n')]);
  if (!verify('RSA-SHA256', message, key, signature)) return 'bad_signature';
  return Math.abs(now.getTime() - Number(timestamp) * 1000) > maxSkewMs ? 'stale' : 'genuine';
}

/** The `resource` of a callback, its members checked to be text. */
export interface SealedResource {
  readonly ciphertext: Uint8Array;
  readonly nonce: string;
  readonly associatedData: string;
}

/**
 * Opens an AES-GCM resource; null when it was not sealed with this key.
 *
 * The length of nonce and tag is checked before the cipher sees them: OpenSSL would also take a
 * nonce of another length or a tag of four bytes, and a short tag can be guessed.
 */
export function openResource(apiV3Key: Uint8Array, sealed: SealedResource): Buffer | null {
  const nonce = Buffer.from(sealed.nonce, 'utf8');
  const tagAt = sealed.ciphertext.length - tagBytes;
  if (nonce.length !== nonceBytes || tagAt < 0) return null;
  const algorithm = apiV3Key.length === 16 ? 'aes-128-gcm' : 'aes-256-gcm';
  const cipher = createDecipheriv(algorithm, apiV3Key, nonce, { authTagLength: tagBytes });
  cipher.setAuthTag(sealed.ciphertext.subarray(tagAt));
  cipher.setAAD(Buffer.from(sealed.associatedData, 'utf8'));
  const head = cipher.update(sealed.ciphertext.subarray(0, tagAt));
  try {
    return Buffer.concat([head, cipher.final()]);
  } catch {
    return null;
  }
}
