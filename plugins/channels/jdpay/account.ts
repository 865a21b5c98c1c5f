import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import type { Account } from '../../../core/contract/channel.ts';
import type { Kit } from '../../../core/contract/kit.ts';

export interface Config {
  readonly merchant: string;
  readonly des_key: string;
  readonly private_key: string;
  readonly jd_public_key: string;
  readonly order_type: string;
  readonly device: string;
  readonly pc_url: string;
  readonly h5_url: string;
  readonly gateway_url: string;
}

/** An opened account. */
export interface JdAccount {
  readonly merchant: string;
  readonly desKey: Buffer;
  readonly privateKey: KeyObject;
  readonly jdPublicKey: KeyObject;
  readonly orderType: string;
  readonly device: string;
  readonly urls: { readonly pc: string; readonly h5: string; readonly gateway: string };
  readonly kit: Kit;
}

/** JD's demonstration account, whose keys are public. JD has no other sandbox. */
const publicTestMerchant = '22294531';

/**
 * Shorter than anybody should choose, yet JD's own key has no more, and its document gives a signature 256 characters:
 * with a merchant's key of 2048 bits it has 344.
 */
const leastBits = 1024;

/** Messages name the field and never its value: they are shown to operators and logged. */
export function readAccount({ config, livemode }: Account<Config>, kit: Kit): JdAccount {
  if (!/^\d{6,32}$/.test(config.merchant)) throw new Error('merchant is not a merchant number');
  if (livemode && config.merchant === publicTestMerchant) throw new Error('merchant is the public test account, but the account is live');
  const places = { pc_url: config.pc_url, h5_url: config.h5_url, gateway_url: config.gateway_url };
  for (const [name, url] of Object.entries(places)) checkPlace(name, url, livemode, config.merchant);
  return {
    merchant: config.merchant,
    desKey: readDesKey(config.des_key, kit),
    privateKey: readKey('private_key', () => createPrivateKey(derOf(config.private_key, 'pkcs8'))),
    jdPublicKey: readKey('jd_public_key', () => createPublicKey(derOf(config.jd_public_key, 'spki'))),
    orderType: config.order_type,
    device: config.device,
    urls: { pc: trim(config.pc_url), h5: trim(config.h5_url), gateway: trim(config.gateway_url) },
    kit,
  };
}

const trim = (url: string): string => url.replace(/\/+$/, '');

function checkPlace(name: string, url: string, livemode: boolean, merchant: string): void {
  const address = URL.parse(url);
  const onLoopback = address !== null && ['127.0.0.1', 'localhost', '[::1]'].includes(address.hostname);
  if (address?.protocol !== 'https:' && !(onLoopback && address.protocol === 'http:')) {
    throw new Error(`${name} must be https, or http on loopback`);
  }
  if (livemode && onLoopback) throw new Error(`${name} is on this machine, but the account is live`);
  const isJd = address.hostname.endsWith('.jd.com');
  if (!livemode && isJd && merchant !== publicTestMerchant) throw new Error(`${name} moves real money, but the account is a test account`);
}

function readDesKey(text: string, kit: Kit): Buffer {
  const key = kit.base64(text);
  if (key?.length !== 24) throw new Error('des_key must be 24 bytes in base64');
  // The lowest bit of each byte is parity. With two equal parts in a row, triple DES is single DES.
  const parts = [0, 8, 16].map((start) =>
    key
      .subarray(start, start + 8)
      .map((byte) => byte & 0xfe)
      .join(),
  );
  if (parts[0] === parts[1] || parts[1] === parts[2]) throw new Error('des_key is too weak: two of its parts are equal');
  return key;
}

/** JD hands keys out as bare base64; key tools write PEM. */
function derOf<Type extends 'pkcs8' | 'spki'>(text: string, type: Type) {
  const body = text.replace(/-----[A-Z ]+-----/g, '').replace(/\s+/g, '');
  return { key: Buffer.from(body, 'base64'), format: 'der', type } as const;
}

function readKey(name: string, read: () => KeyObject): KeyObject {
  const key = tryKey(read);
  if (key === null) throw new Error(`${name} is not a key in PEM or base64 form`);
  const bits = key.asymmetricKeyType === 'rsa' ? (key.asymmetricKeyDetails?.modulusLength ?? 0) : 0;
  if (bits < leastBits) throw new Error(`${name} must be an RSA key of at least ${leastBits} bits`);
  return key;
}

function tryKey(read: () => KeyObject): KeyObject | null {
  try {
    return read();
  } catch {
    // The error could quote the key's text: it is dropped, and the field is named instead.
    return null;
  }
}
