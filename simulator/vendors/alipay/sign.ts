import { type Key, signText, verifyText } from '../../rsa.ts';

export type Params = Readonly<Record<string, string>>;

/** What Alipay signs: the non-empty parameters in order, as they were before any URL encoding. */
export function textToSign(params: Params, without: readonly string[]): string {
  return Object.entries(params)
    .filter(([name, value]) => value !== '' && !without.includes(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/** A request: `sign_type` is part of what is signed. */
export const verifyRequest = (key: Key, params: Params) => verifyText(key, textToSign(params, ['sign']), params.sign ?? '');

/** A notification or a page return. Trade messages leave `sign_type` out, the service market's keep it. */
export function verifyNotice(key: Key, params: Params, signTypeExcluded: boolean): Promise<boolean> {
  return verifyText(key, textToSign(params, signTypeExcluded ? ['sign', 'sign_type'] : ['sign']), params.sign ?? '');
}

/** Adds the signature that {@link verifyNotice} checks for trade messages. */
export async function signNotice(key: Key, params: Params, spoil: boolean): Promise<Params> {
  const sign = await signText(key, textToSign(params, ['sign', 'sign_type']), { spoil });
  return { ...params, sign, sign_type: 'RSA2' };
}

/**
 * An answer: the signature covers the exact text of the node. Slashes are escaped as Alipay's own
 * gateway does it, so that a client which writes the JSON anew before it verifies fails here too.
 */
export async function signAnswer(key: Key, node: string, value: unknown, spoil: boolean): Promise<string> {
  const raw = JSON.stringify(value).replaceAll('/', '\\/');
  return `{"${node}":${raw},"sign":"${await signText(key, raw, { spoil })}"}`;
}
