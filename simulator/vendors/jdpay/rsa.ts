import { webcrypto } from 'node:crypto';

/**
 * RSA by its own arithmetic: JD Pay encrypts a digest with the private key, which WebCrypto cannot, and `node:crypto` is
 * what the plugin uses.
 */
export interface RawKey {
  readonly modulus: bigint;
  readonly publicExponent: bigint;
  /** The two halves of the private key with which one power takes a quarter of the time. */
  readonly halves: readonly [RawHalf, RawHalf];
  readonly coefficient: bigint;
}

interface RawHalf {
  readonly prime: bigint;
  readonly exponent: bigint;
}

const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
const { subtle } = webcrypto;

const numberOf = (text = '') => BigInt(`0x${Buffer.from(text, 'base64url').toString('hex') || '0'}`);
const derOf = (pem: string) => Buffer.from(pem.replace(/-----[^-]+-----/g, '').replace(/\s+/g, ''), 'base64');
const pemOf = (label: string, der: ArrayBuffer) =>
  `-----BEGIN ${label}-----\n${Buffer.from(der).toString('base64').replace(/.{64}/g, '$&\n').trim()}\n-----END ${label}-----\n`;

/** 1024 bits, as JD's own key and those that its tools make. */
export async function makeKey(): Promise<string> {
  const wanted = { ...algorithm, modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]) };
  const { privateKey } = await subtle.generateKey(wanted, true, ['sign', 'verify']);
  return pemOf('PRIVATE KEY', await subtle.exportKey('pkcs8', privateKey));
}

async function jwkOf(privatePem: string): Promise<webcrypto.JsonWebKey> {
  return subtle.exportKey('jwk', await subtle.importKey('pkcs8', derOf(privatePem), algorithm, true, ['sign']));
}

export async function readKey(privatePem: string): Promise<RawKey> {
  const { n, e, p, q, dp, dq, qi } = await jwkOf(privatePem);
  return {
    modulus: numberOf(n),
    publicExponent: numberOf(e),
    halves: [
      { prime: numberOf(p), exponent: numberOf(dp) },
      { prime: numberOf(q), exponent: numberOf(dq) },
    ],
    coefficient: numberOf(qi),
  };
}

export async function publicPemOf(privatePem: string): Promise<string> {
  const { n = '', e = '' } = await jwkOf(privatePem);
  const key = await subtle.importKey('jwk', { kty: 'RSA', n, e }, algorithm, true, ['verify']);
  return pemOf('PUBLIC KEY', await subtle.exportKey('spki', key));
}

function raise(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let [result, square] = [1n, base % modulus];
  for (let left = exponent; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

const lengthOf = ({ modulus }: RawKey) => Math.ceil(modulus.toString(16).length / 2);
const bytesOf = (value: bigint, length: number) => Buffer.from(value.toString(16).padStart(length * 2, '0'), 'hex');

/** Block type 1 of PKCS #1: 00 01 FF … FF 00, then the text. */
function pad(text: string, length: number): Buffer {
  const content = Buffer.from(text);
  const filling = Buffer.alloc(length - content.length - 3, 0xff);
  return Buffer.concat([Buffer.from([0, 1]), filling, Buffer.from([0]), content]);
}

export function lock(key: RawKey, text: string): Buffer {
  const length = lengthOf(key);
  const message = BigInt(`0x${pad(text, length).toString('hex')}`);
  const [p, q] = key.halves;
  const [a, b] = [raise(message, p.exponent, p.prime), raise(message, q.exponent, q.prime)];
  const step = ((((a - b) % p.prime) + p.prime) * key.coefficient) % p.prime;
  return bytesOf(b + step * q.prime, length);
}

/** Whether `locked` is what the private key makes of exactly this text. */
export function isLocked(key: Pick<RawKey, 'modulus' | 'publicExponent'>, locked: Buffer, text: string): boolean {
  const length = Math.ceil(key.modulus.toString(16).length / 2);
  const value = BigInt(`0x${locked.toString('hex') || '0'}`);
  if (locked.length !== length || value >= key.modulus) return false;
  return bytesOf(raise(value, key.publicExponent, key.modulus), length).equals(pad(text, length));
}
