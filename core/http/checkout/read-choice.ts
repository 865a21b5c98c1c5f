import { z } from 'zod';
import type { Payer } from '../../contract/channel.ts';
import { newPaymentBody } from '../routes/schemas.ts';

const payer = newPaymentBody.shape.payer.unwrap().shape;

/** What the chooser's forms send: the same rules as for the merchant's word. */
const choice = z.strictObject({
  method: z.string().regex(/^[a-z0-9_]{3,64}$/),
  bankCode: payer.bank_code,
  name: payer.name,
  email: payer.email,
  phone: payer.phone,
  country: payer.country,
});

export interface ReadChoice {
  readonly method: string;
  readonly payer: Payer;
}

/** Reads a form of the chooser. Null: none of ours sent it, or what was typed cannot be used. */
export function readChoice(headers: Readonly<Record<string, string>>, body: Buffer): ReadChoice | null {
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') return null;
  const pairs = [...new URLSearchParams(body.toString('utf8'))];
  const names = new Set(pairs.map(([name]) => name));
  const read = choice.safeParse(Object.fromEntries(pairs.map(([name, value]) => [name, value.trim()])));
  if (!read.success || names.size !== pairs.length) return null;
  const { method, ...typed } = read.data;
  return { method, payer: Object.fromEntries(Object.entries(typed).filter(([, value]) => value !== undefined)) };
}

/**
 * Whether a form came from a page of ours. Browsers say so in two ways, and the older word is asked only of those that do not
 * know the newer one. Who says neither is no browser, and knows the token.
 */
export function isFromOurPage(headers: Readonly<Record<string, string>>, publicUrl: string): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  const origin = headers['origin'];
  if (origin === undefined) return true;
  return origin === new URL(publicUrl).origin || URL.parse(origin)?.host === headers['host'];
}
