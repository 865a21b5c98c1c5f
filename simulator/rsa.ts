import { webcrypto } from 'node:crypto';

/**
 * RSA (PKCS #1 v1.5) through WebCrypto. The channel plugins sign with `node:crypto`: an error that both
 * sides share would stay hidden, so the two sides share no primitive.
 */
export type Key = webcrypto.CryptoKey;

const name = 'RSASSA-PKCS1-v1_5';
type Hash = 'SHA-1' | 'SHA-256' | 'SHA-384' | 'SHA-512';
const { subtle } = webcrypto;

/** DER bytes of a PEM block, or of its bare base64. */
function pemToDer(pem: string): Buffer {
  return Buffer.from(pem.replace(/-----[^-]+-----/g, '').replace(/\s+/g, ''), 'base64');
}

export function importPublicKey(spki: string, hash: Hash = 'SHA-256'): Promise<Key> {
  return subtle.importKey('spki', pemToDer(spki), { name, hash }, true, ['verify']);
}

export function importPrivateKey(pkcs8: string, hash: Hash = 'SHA-256'): Promise<Key> {
  return subtle.importKey('pkcs8', pemToDer(pkcs8), { name, hash }, false, ['sign']);
}

/** The signature in base64. A spoiled one has the right shape and the wrong value. */
export async function signText(key: Key, text: string, options: { readonly spoil: boolean }): Promise<string> {
  const signature = Buffer.from(await subtle.sign(name, key, Buffer.from(text, 'utf8')));
  if (options.spoil) signature[signature.length - 1] = (signature.at(-1) ?? 0) ^ 1;
  return signature.toString('base64');
}

/** Only canonical base64 counts: Node's decoder would skip what does not belong there. */
export async function verifyText(key: Key, text: string | Buffer, signature: string): Promise<boolean> {
  const bytes = Buffer.from(signature, 'base64');
  if (bytes.length === 0 || bytes.toString('base64') !== signature) return false;
  return subtle.verify(name, key, bytes, Buffer.isBuffer(text) ? text : Buffer.from(text, 'utf8'));
}
