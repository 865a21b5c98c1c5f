import { createCipheriv, createDecipheriv } from 'node:crypto';

// WebCrypto has no triple DES.
const name = 'des-ede3-ecb';

/** A number of four bytes says how long the text is; zeros fill the last block. */
export function hide(text: string, keyText: string): string {
  const bytes = Buffer.from(text, 'utf8');
  const blocks = Math.ceil((4 + bytes.length) / 8);
  const whole = Buffer.alloc(blocks * 8);
  whole.writeInt32BE(bytes.length, 0);
  whole.set(bytes, 4);
  const cipher = createCipheriv(name, Buffer.from(keyText, 'base64'), '');
  cipher.setAutoPadding(false);
  return cipher.update(whole, undefined, 'hex') + cipher.final('hex');
}

export function show(hex: string, keyText: string): string | null {
  if (hex === '' || hex.length % 16 !== 0 || /[^\da-f]/i.test(hex)) return null;
  const cipher = createDecipheriv(name, Buffer.from(keyText, 'base64'), '');
  cipher.setAutoPadding(false);
  const whole = Buffer.concat([cipher.update(hex, 'hex'), cipher.final()]);
  const length = whole.readInt32BE(0);
  if (length < 0 || Math.ceil((4 + length) / 8) * 8 !== whole.length) return null;
  return whole.toString('utf8', 4, 4 + length);
}
