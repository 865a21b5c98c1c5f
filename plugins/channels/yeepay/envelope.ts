import { constants, createDecipheriv, type KeyObject, privateDecrypt } from 'node:crypto';
import { isSigned, readBase64 } from './sign.ts';

/** `encryptedKey$encryptedData$AES$SHA256`. */
const form = /^([^$]+)\$([^$]+)\$AES\$SHA256$/;

/**
 * Opens a notification: the AES key is wrapped by RSA for us, and what is inside ends in the platform's signature.
 * Null for whatever is not genuine, however it fails: who could tell a bad key from a bad signature
 * could use us to open foreign envelopes byte by byte (Bleichenbacher).
 */
export function openEnvelope(ours: KeyObject, platform: KeyObject, response: string): string | null {
  const [, ...parts] = form.exec(response) ?? [];
  const [wrapped, sealed] = parts.map(readBase64);
  if (!wrapped || !sealed) return null;
  try {
    const text = decrypt(unwrap(ours, wrapped), sealed);
    // The text may hold the mark as well, the signature cannot.
    const end = text.lastIndexOf('$');
    if (end < 0) return null;
    const content = text.subarray(0, end);
    return isSigned(platform, content, text.subarray(end + 1).toString('latin1')) ? content.toString('utf8') : null;
  } catch {
    return null;
  }
}

/** PKCS#1 v1.5 by hand: Node refuses it since CVE-2023-46809. A wrong padding goes on with a key that opens nothing. */
function unwrap(ours: KeyObject, wrapped: Buffer): Buffer {
  const padded = privateDecrypt({ key: ours, padding: constants.RSA_NO_PADDING }, wrapped);
  const key = padded.subarray(-16);
  const separator = padded[padded.length - 17];
  const isPadded = padded[0] === 0 && padded[1] === 2 && separator === 0 && !padded.subarray(2, -17).includes(0);
  return isPadded ? key : Buffer.alloc(16, 0xff);
}

function decrypt(key: Buffer, sealed: Buffer): Buffer {
  const cipher = createDecipheriv('aes-128-ecb', key, null);
  return Buffer.concat([cipher.update(sealed), cipher.final()]);
}
