import type { Buffer } from 'node:buffer';
import { createHash, createHmac } from 'node:crypto';

/**
 * An idempotency key for a number of ours. Mollie asks for a UUID of version 4, though its own library for
 * Node sends other random text. That is random by definition; ours must be the same for each repeat, also
 * after a restart, and may be kept nowhere but in the number. So it is the number's hash with the bits that
 * mark version and variant.
 */
export function keyOf(number: string): string {
  const bytes = createHash('sha256').update(number).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** Judges `X-Mollie-Signature`: HMAC-SHA256 over the raw bytes, in hex, with or without its prefix. */
export function isSigned(secret: string, body: Buffer, header: string, sameText: (a: string, b: string) => boolean): boolean {
  const expected = createHmac('sha256', secret).update(body).digest('hex');
  // Several while the secret is being changed; the kernel joins repeated headers by a comma.
  return header.split(',').some((part) => sameText(expected, part.trim().replace(/^sha256=/, '')));
}
