import { webcrypto } from 'node:crypto';

type Hash = 'SHA-1' | 'SHA-256' | 'SHA-384' | 'SHA-512';
type Data = string | Uint8Array;

/** A copy, because WebCrypto takes no view of a shared buffer. */
const bytesOf = (data: Data) => (typeof data === 'string' ? Buffer.from(data, 'utf8') : Buffer.from(data));

/** HMAC through WebCrypto. Text is taken as UTF-8; write the result with `.toString('hex')` or `'base64'`. */
export async function hmac(hash: Hash, key: Data, data: Data): Promise<Buffer> {
  const algorithm = { name: 'HMAC', hash };
  const imported = await webcrypto.subtle.importKey('raw', bytesOf(key), algorithm, false, ['sign']);
  return Buffer.from(await webcrypto.subtle.sign(algorithm, imported, bytesOf(data)));
}

export async function digest(hash: Hash, data: Data): Promise<Buffer> {
  return Buffer.from(await webcrypto.subtle.digest(hash, bytesOf(data)));
}

/** The right shape and the wrong value, where `spoil` asks for it. */
export function spoiled(signature: Buffer, spoil: boolean): Buffer {
  return spoil ? Buffer.concat([Buffer.from([(signature[0] ?? 0) ^ 1]), signature.subarray(1)]) : signature;
}
