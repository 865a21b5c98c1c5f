import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * `x-square-hmacsha256-signature`: HMAC-SHA256 over the address of the subscription and the raw body, in base64.
 * The address is the public one from the configuration, because a proxy may have changed the one that arrived.
 */
export function isSigned(key: string, url: string, body: Uint8Array, signature: string | undefined): boolean {
  const expected = createHmac('sha256', key).update(url).update(body).digest();
  const given = Buffer.from(signature ?? '', 'base64');
  // Node's decoder skips what it does not know, so that other texts would stand for the same bytes.
  return given.length === expected.length && given.toString('base64') === signature && timingSafeEqual(given, expected);
}
