import { createHmac, timingSafeEqual } from 'node:crypto';

/** HMAC-SHA256 in hex over the text of `x-timestamp` followed by the raw body. False, never an error, for anything else. */
export function isSigned(secret: string, timestamp: string, body: Uint8Array, signature: string | undefined): boolean {
  if (signature === undefined || !/^[0-9a-f]{64}$/.test(signature)) return false;
  const expected = createHmac('sha256', secret).update(timestamp, 'utf8').update(body).digest();
  return timingSafeEqual(expected, Buffer.from(signature, 'hex'));
}
