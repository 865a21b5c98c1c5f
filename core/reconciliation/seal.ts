import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/**
 * Keeps documents under a key of their own, which alone is the vault's: changing the vault's key then need not rewrite gigabytes.
 * `place` says where the sealed thing is kept: elsewhere it does not open.
 */
export interface Seal {
  seal(plain: Uint8Array, place: string): string;
  open(sealed: string, place: string): Buffer;
}

const algorithm = 'aes-256-gcm';
const [keyBytes, nonceBytes, tagBytes] = [32, 12, 16];

/** A new key, as the vault takes it. */
export const newDataKey = () => randomBytes(keyBytes).toString('base64');

export function openSeal(dataKey: string): Seal {
  const key = Buffer.from(dataKey, 'base64');
  return {
    seal(plain, place) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes }).setAAD(Buffer.from(place));
      return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString('base64');
    },
    open(sealed, place) {
      const bytes = Buffer.from(sealed, 'base64');
      const tagAt = bytes.length - tagBytes;
      const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes });
      decipher.setAAD(Buffer.from(place)).setAuthTag(bytes.subarray(tagAt));
      return Buffer.concat([decipher.update(bytes.subarray(nonceBytes, tagAt)), decipher.final()]);
    },
  };
}
