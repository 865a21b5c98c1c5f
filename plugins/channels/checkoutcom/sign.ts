import { createHmac, timingSafeEqual } from 'node:crypto';

/** `cko-signature`: HMAC-SHA256 over the raw body with the workflow's signature key, in lower-case hex. */
export function isSigned(key: string, body: Uint8Array, signature: string | undefined): boolean {
  if (signature === undefined || !/^[0-9a-f]{64}$/.test(signature)) return false;
  return timingSafeEqual(createHmac('sha256', key).update(body).digest(), Buffer.from(signature, 'hex'));
}
