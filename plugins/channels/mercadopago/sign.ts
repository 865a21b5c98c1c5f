import { createHmac } from 'node:crypto';

/** How far the vendor's clock and ours may differ, in both directions. */
const toleranceMs = 300_000;

type Verdict = 'genuine' | 'bad_signature' | 'stale';

/** What is needed to judge one callback: nothing of its body is. */
interface Signed {
  /** `x-signature` as it arrived. */
  readonly header: string | undefined;
  readonly requestId: string | undefined;
  /** `data.id` of the address. */
  readonly dataId: string;
  readonly secret: string;
  readonly now: Date;
  readonly sameText: (a: string, b: string) => boolean;
}

/**
 * Judges `ts=…,v1=…`: HMAC-SHA256, in hex, over `id:…;request-id:…;ts:…;`. The vendor's tests write
 * the id in small letters and its published library leaves it as it came, so either is taken. The
 * time is judged last, so that "stale" is only ever said of what was signed.
 */
export function judge({ header = '', requestId, dataId, secret, now, sameText }: Signed): Verdict {
  const parts = header.split(',').map((part) => part.trim());
  const [ts, second] = parts.filter((part) => part.startsWith('ts=')).map((part) => part.slice(3));
  const given = parts.filter((part) => part.startsWith('v1=')).map((part) => part.slice(3));
  // With a second time it would be unclear which of them was signed.
  if (ts === undefined || second !== undefined || !/^[0-9]{10,13}$/.test(ts)) return 'bad_signature';
  const request = requestId === undefined ? '' : `request-id:${requestId};`;
  const hashOf = (id: string) => createHmac('sha256', secret).update(`id:${id};${request}ts:${ts};`).digest('hex');
  const expected = [hashOf(dataId), hashOf(dataId.toLowerCase())];
  if (!given.some((one) => expected.some((text) => sameText(text, one)))) return 'bad_signature';
  // Documented in seconds, and sent in milliseconds.
  const atMs = Number(ts.length > 10 ? ts.padEnd(13, '0') : `${ts}000`);
  return Math.abs(now.getTime() - atMs) <= toleranceMs ? 'genuine' : 'stale';
}
