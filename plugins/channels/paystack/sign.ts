import { createHmac, timingSafeEqual } from 'node:crypto';

/** `x-paystack-signature`: HMAC-SHA512 over the raw body with the secret key, in lower-case hex. */
export function isSigned(secretKey: string, body: Uint8Array, signature: string | undefined): boolean {
  if (signature === undefined || !/^[0-9a-f]{128}$/.test(signature)) return false;
  return timingSafeEqual(createHmac('sha512', secretKey).update(body).digest(), Buffer.from(signature, 'hex'));
}
