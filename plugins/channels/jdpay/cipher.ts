import { createCipheriv, createDecipheriv } from 'node:crypto';

const algorithm = 'des-ede3-ecb';
const blockBytes = 8;
const lengthBytes = 4;

/** Triple DES with JD's own frame: the length in four bytes, the text in UTF-8, zeros up to a whole block. In hex. */
export function encrypt(text: string, key: Buffer): string {
  const content = Buffer.from(text, 'utf8');
  const used = lengthBytes + content.length;
  const framed = Buffer.alloc(used + ((blockBytes - (used % blockBytes)) % blockBytes));
  framed.writeUInt32BE(content.length);
  content.copy(framed, lengthBytes);
  const cipher = createCipheriv(algorithm, key, null).setAutoPadding(false);
  return Buffer.concat([cipher.update(framed), cipher.final()]).toString('hex');
}

/** Null for everything that `encrypt` under this key does not write. */
export function decrypt(hex: string, key: Buffer): string | null {
  if (!/^(?:[0-9a-fA-F]{16})+$/.test(hex)) return null;
  const decipher = createDecipheriv(algorithm, key, null).setAutoPadding(false);
  const framed = Buffer.concat([decipher.update(Buffer.from(hex, 'hex')), decipher.final()]);
  const end = lengthBytes + framed.readUInt32BE();
  const padding = framed.subarray(end);
  if (end > framed.length || padding.length >= blockBytes || padding.some((byte) => byte !== 0)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(framed.subarray(lengthBytes, end));
  } catch {
    return null;
  }
}
