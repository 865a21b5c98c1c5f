import { digest } from '../../hmac.ts';
import { type Key, signText, verifyText } from '../../rsa.ts';

export type Params = Readonly<Record<string, string>>;

/** Version 5.1.0: the hex digest of the sorted fields is the text that is signed. */
async function stringToSign(params: Params): Promise<string> {
  const pairs = Object.entries(params).filter(([name, value]) => name !== 'signature' && value !== '');
  pairs.sort(([a], [b]) => (a < b ? -1 : 1));
  return (await digest('SHA-256', pairs.map((pair) => pair.join('=')).join('&'))).toString('hex');
}

export const verifyParams = async (key: Key, params: Params) => verifyText(key, await stringToSign(params), params.signature ?? '');

export async function signParams(key: Key, params: Params, spoil: boolean): Promise<Params> {
  return { ...params, signature: await signText(key, await stringToSign(params), { spoil }) };
}
