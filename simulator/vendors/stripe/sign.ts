import { hmac, spoiled } from '../../hmac.ts';

const sign = (secret: string, text: string) => hmac('SHA-256', secret, text);

/** The `Stripe-Signature` header of a body. A spoiled one has the right shape and the wrong value. */
export async function signEvent(
  secret: string,
  body: string,
  options: { readonly nowMs: number; readonly spoil: boolean },
): Promise<string> {
  const t = Math.trunc(options.nowMs / 1000);
  const signature = spoiled(await sign(secret, `${t}.${body}`), options.spoil);
  return `t=${t},v1=${signature.toString('hex')}`;
}

/** Verifies a header that may carry several signatures; only `v1` counts, and only near its time. */
export async function verifyEvent(
  secret: string,
  header: string,
  body: string,
  limits: { nowMs: number; toleranceSec: number },
): Promise<boolean> {
  const parts = header.split(',').map((part) => part.split('=', 2));
  const t = parts.find(([name]) => name === 't')?.[1] ?? '';
  if (!/^\d+$/.test(t) || Math.abs(Math.trunc(limits.nowMs / 1000) - Number(t)) > limits.toleranceSec) return false;
  const expected = (await sign(secret, `${t}.${body}`)).toString('hex');
  return parts.some(([name, value]) => name === 'v1' && value === expected);
}
