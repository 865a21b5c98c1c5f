import { constants, createCipheriv, publicEncrypt, randomBytes } from 'node:crypto';
import { signText } from '../../rsa.ts';
import type { Pair } from '../../vault.ts';
import type { Merchant } from './index.ts';

const urlSafe = (base64: string) => base64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');

/** Seals a callback for a merchant. WebCrypto has neither AES-ECB nor encryption by PKCS #1 v1.5. */
export async function sealCallback(merchant: Merchant, signer: Pair, text: string, spoil: boolean): Promise<string> {
  const signature = urlSafe(await signText(signer.sign, text, { spoil }));
  const key = randomBytes(16);
  const cipher = createCipheriv('aes-128-ecb', key, null);
  const sealed = Buffer.concat([cipher.update(`${text}$${signature}`), cipher.final()]);
  const wrapped = publicEncrypt({ key: merchant.pair.publicPem, padding: constants.RSA_PKCS1_PADDING }, key);
  return `${urlSafe(wrapped.toString('base64'))}$${urlSafe(sealed.toString('base64'))}$AES$SHA256`;
}
