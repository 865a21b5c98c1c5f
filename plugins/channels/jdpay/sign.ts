import { constants, createHash, type KeyObject, privateEncrypt, publicDecrypt, timingSafeEqual } from 'node:crypto';

/**
 * JD Pay encrypts the hex text of a SHA-256 digest with the private key. It is no PKCS #1 signature: the name of the digest
 * is not inside, so `crypto.sign` cannot make one, and Node offers this step on the calling thread only.
 */
export function signText(text: string, privateKey: KeyObject): string {
  const options = { key: privateKey, padding: constants.RSA_PKCS1_PADDING };
  return privateEncrypt(options, Buffer.from(digestOf(text))).toString('base64');
}

export function isSigned(text: string, signature: Buffer, publicKey: KeyObject): boolean {
  const expected = Buffer.from(digestOf(text));
  const found = recover(signature, publicKey);
  return found !== null && found.length === expected.length && timingSafeEqual(found, expected);
}

function digestOf(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

function recover(signature: Buffer, publicKey: KeyObject): Buffer | null {
  try {
    return publicDecrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, signature);
  } catch {
    return null;
  }
}

/** What a form signs: the non-empty fields in order of their names, as plain text. */
export function textOfForm(fields: Readonly<Record<string, string>>): string {
  return Object.keys(fields)
    .filter((name) => name !== 'sign' && fields[name] !== '')
    .sort()
    .map((name) => `${name}=${fields[name]}`)
    .join('&');
}
