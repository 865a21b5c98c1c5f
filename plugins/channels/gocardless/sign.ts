import { createHmac, timingSafeEqual } from 'node:crypto';

/** `webhook-signature`: HMAC-SHA256 over the raw body with the endpoint's secret, in lower-case hex. */
export function isSigned(secret: string, body: Uint8Array, signature: string | undefined): boolean {
  if (signature === undefined || !/^[0-9a-f]{64}$/.test(signature)) return false;
  return timingSafeEqual(createHmac('sha256', secret).update(body).digest(), Buffer.from(signature, 'hex'));
}
