import { hash, randomBytes } from 'node:crypto';
import type { Scope } from './records.ts';

/** All scopes, for checks and help texts. */
export const scopes: readonly Scope[] = [
  'payments:write',
  'payments:read',
  'refunds:write',
  'events:read',
  'endpoints:write',
  'reconciliation:read',
  'reconciliation:write',
  '*',
];

const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 62^43 is just above 2^256. */
const keyChars = 43;
const keyPattern = /^sk_(test|live)_[A-Za-z0-9._~+/-]{1,200}$/;

/** A new secret key: 256 random bits, so that its plain SHA-256 is safe to keep and to look up. */
export function makeKey(livemode: boolean): string {
  return `${prefixOf(livemode)}${randomText()}`;
}

/** True when a text has the form of a key. */
export function isKey(text: string): boolean {
  return keyPattern.test(text);
}

/** True when the key's prefix says what the app is. */
export function fitsMode(key: string, livemode: boolean): boolean {
  return key.startsWith(prefixOf(livemode));
}

/** What is kept of a key. */
export function hashKey(key: string): string {
  return hash('sha256', key);
}

/** What people see of a key. A short one, which only a demo has, shows nothing of its secret part. */
export function hintOf(key: string): string {
  return key.length >= 40 ? `${key.slice(0, 8)}...${key.slice(-4)}` : `${key.slice(0, 8)}...`;
}

function prefixOf(livemode: boolean): string {
  return livemode ? 'sk_live_' : 'sk_test_';
}

function randomText(): string {
  let rest = BigInt(`0x${randomBytes(32).toString('hex')}`);
  let text = '';
  for (let position = 0; position < keyChars; position += 1) {
    text = base62.charAt(Number(rest % 62n)) + text;
    rest /= 62n;
  }
  return text;
}
