import type { Sm2Kit } from '../contract/kit.ts';

/** The user id that the standard proposes, and that vendors use unless they say otherwise. */
const usualUserId = '1234567812345678';

/** Loaded at the first signature: few installations have a channel that needs it, and the package is optional. */
async function load() {
  try {
    return await import('sm-crypto-v2');
  } catch (cause) {
    throw new Error('this channel signs with SM2: install the optional package sm-crypto-v2', { cause });
  }
}

/** SM2 with SM3. Keys and signatures have fixed lengths, and anything else is refused before the library sees it. */
export const sm2Kit: Sm2Kit = {
  async sign(privateKey, message, userId = usualUserId) {
    if (!/^[0-9a-f]{64}$/i.test(privateKey)) throw new Error('an SM2 private key is 64 hex digits');
    const { sm2 } = await load();
    return Buffer.from(sm2.doSignature(message, privateKey, { hash: true, userId }), 'hex');
  },
  async verify(publicKey, message, signature, userId = usualUserId) {
    if (!/^04[0-9a-f]{128}$/i.test(publicKey)) throw new Error('an SM2 public key is 130 hex digits and begins with 04');
    if (signature.length !== 64) return false;
    const { sm2 } = await load();
    return sm2.doVerifySignature(message, Buffer.from(signature).toString('hex'), publicKey, { hash: true, userId });
  },
};
