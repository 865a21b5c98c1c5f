import { type KeyObject, verify } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Kit } from '../../../core/contract/kit.ts';

/** The headers of a callback that its signature speaks of. */
export interface Transmission {
  readonly id: string;
  readonly time: string;
  readonly webhookId: string;
}

/** What PayPal signs: of the body, nothing but its CRC-32 in decimal. */
export function textToSign({ id, time, webhookId }: Transmission, body: Uint8Array): string {
  return `${id}|${time}|${webhookId}|${crc32(body)}`;
}

/** RSA with SHA-256; false, never an error, for a signature that is none. */
export function isSigned(kit: Kit, key: KeyObject, text: string, signature: string | undefined): boolean {
  const bytes = kit.base64(signature);
  return bytes !== null && verify('sha256', Buffer.from(text), key, bytes);
}
