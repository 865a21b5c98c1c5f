import { createHash } from 'node:crypto';

export type Params = Readonly<Record<string, string>>;

/** MD5 over the sorted non-empty parameters, the key right behind them: nothing stands between. WebCrypto has no MD5. */
export function signParams(params: Params, key: string): string {
  const names = Object.keys(params).filter((name) => name !== 'sign' && name !== 'sign_type' && params[name] !== '');
  const text = names
    .sort()
    .map((name) => `${name}=${params[name]}`)
    .join('&');
  return createHash('md5').update(`${text}${key}`, 'utf8').digest('hex');
}

/** Adds what a site adds to every message of its own. */
export const signed = (params: Params, key: string): Params => ({ ...params, sign: signParams(params, key), sign_type: 'MD5' });
