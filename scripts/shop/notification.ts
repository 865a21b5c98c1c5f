import { createHmac, timingSafeEqual } from 'node:crypto';

/** How far the clocks of shop and server may be apart. */
const toleranceSec = 300;

/** Whether a notification was signed with the shop's secret, as Standard Webhooks has it. `body`: the bytes as they came. */
export function isGenuine(headers: Readonly<Record<string, unknown>>, body: Buffer, secret: string, nowMs: number): boolean {
  const [id, at, given] = [headers['webhook-id'], headers['webhook-timestamp'], headers['webhook-signature']].map(String);
  if (!/^\d{1,12}$/.test(at ?? '') || Math.abs(nowMs / 1000 - Number(at)) > toleranceSec) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const wanted = createHmac('sha256', key).update(`${id}.${at}.`).update(body).digest();
  // Several while the secret is changed.
  return (given ?? '').split(' ').some((one) => {
    const signature = Buffer.from(one.replace(/^v1,/, ''), 'base64');
    return signature.length === wanted.length && timingSafeEqual(signature, wanted);
  });
}
