import { createHash } from 'node:crypto';
import type { sm2 as Sm2 } from 'sm-crypto-v2';
import { headerOf } from '../../requests.ts';
import type { Wire } from '../../types.ts';
import type { World } from '../../world.ts';

/** A merchant of the bank. */
export interface CmbMerchant {
  /** The library that was loaded for it. */
  readonly sm2: typeof Sm2;
  readonly merId: string;
  readonly userId: string;
  readonly appId: string;
  readonly appSecret: string;
  /** The merchant's own pair, and the one that the bank uses towards it. Hex. */
  readonly own: { readonly privateKey: string; readonly publicKey: string };
  readonly bank: { readonly privateKey: string; readonly publicKey: string };
}

export type CmbKeys = readonly CmbMerchant[];

export type CmbWorld = World<CmbKeys>;
export type Members = Readonly<Record<string, string>>;

export const fixed = { version: '0.0.1', encoding: 'UTF-8', signMethod: '02' };

const toBytes = (text: string) => new Uint8Array(Buffer.from(text, 'utf8'));

/** `a=1&b=&c=3`: sorted by name, with empty values, without the signature. */
const textOf = (members: Members) =>
  Object.keys(members)
    .filter((name) => name !== 'sign')
    .sort()
    .map((name) => `${name}=${members[name]}`)
    .join('&');

/** The members with the bank's signature; with one that is not the bank's where `spoil` asks for it. */
export function signAsBank(merchant: CmbMerchant, members: Members, spoil: boolean): Members {
  const key = spoil ? merchant.sm2.generateKeyPairHex().privateKey : merchant.bank.privateKey;
  const sign = Buffer.from(merchant.sm2.doSignature(toBytes(textOf(members)), key, { hash: true, der: true }), 'hex').toString('base64');
  return { ...members, sign };
}

/** True when the merchant signed these members. */
export function isSigned(merchant: CmbMerchant, members: Members): boolean {
  const signature = Buffer.from(members['sign'] ?? '', 'base64');
  try {
    const options = { hash: true, der: true };
    return merchant.sm2.doVerifySignature(toBytes(textOf(members)), signature.toString('hex'), merchant.own.publicKey, options);
  } catch {
    return false;
  }
}

/** How old a request may be. The bank names no number; ten minutes is what gateways of its kind allow. */
const freshMs = 600_000;

/** What the front door checks: the app, the time, and the proof of the app's secret over the signature. */
export function passesFrontDoor(wire: Wire, merchant: CmbMerchant, sign: string, nowMs: number): boolean {
  const timestamp = headerOf(wire, 'timestamp') ?? '';
  if (!/^\d{10}$/.test(timestamp) || Math.abs(Number(timestamp) * 1000 - nowMs) > freshMs) return false;
  const facts = [`appid=${merchant.appId}`, `secret=${merchant.appSecret}`, `sign=${sign}`, `timestamp=${timestamp}`];
  return headerOf(wire, 'apisign') === createHash('md5').update(facts.join('&')).digest('hex');
}
