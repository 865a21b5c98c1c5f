import { createHmac } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { isSameText } from '../same-text.ts';

/** What a stamp is for. With another secret or other facts it is not ours. */
export interface Purpose {
  readonly secret: string;
  readonly facts: readonly (string | null)[];
}

export interface StampDeps {
  readonly clock: Clock;
  /** 128 bits as base64url. */
  readonly newToken: () => string;
}

const form = /^([0-9a-f]{32})([0-9a-f]{8})([0-9a-f]{64})$/;

/**
 * A text that a browser takes along and brings back, by which we know that we gave it, when, and for what. Nothing is stored.
 * Hex and 104 characters, because WeChat keeps 128 bytes of letters and digits alone of what goes through its sign-in.
 */
export function makeStamp(purpose: Purpose, { clock, newToken }: StampDeps): string {
  const nonce = Buffer.from(newToken(), 'base64url').toString('hex');
  const at = nowSec(clock).toString(16).padStart(8, '0');
  return `${nonce}${at}${macOf(purpose, nonce, at)}`;
}

/** What tells this stamp from all others; null where it is none of ours, for something else, or older than `lifeSec`. */
export function readStamp(
  text: string,
  purpose: Purpose,
  { clock, lifeSec }: { readonly clock: Clock; readonly lifeSec: number },
): string | null {
  const [, nonce, at, mac] = form.exec(text) ?? [];
  if (nonce === undefined || at === undefined || mac === undefined) return null;
  const ageSec = nowSec(clock) - Number.parseInt(at, 16);
  // Servers' clocks differ: one may be asked about a stamp that another one makes a moment from now.
  return isSameText(mac, macOf(purpose, nonce, at)) && ageSec < lifeSec && ageSec > -lifeSec ? nonce : null;
}

function macOf({ secret, facts }: Purpose, nonce: string, at: string): string {
  return createHmac('sha256', secret)
    .update(JSON.stringify([...facts, nonce, at]))
    .digest('hex');
}

function nowSec(clock: Clock): number {
  return Math.floor(clock.now().getTime() / 1000);
}
