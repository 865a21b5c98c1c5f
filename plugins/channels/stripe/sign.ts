import type { Buffer } from 'node:buffer';
import { createHmac } from 'node:crypto';

/** How far the vendor's clock and ours may differ, in both directions: its own libraries allow the same, but only of the past. */
const toleranceSec = 300;

type Verdict = 'genuine' | 'bad_signature' | 'stale';

/** What is needed to judge one callback. `header` is `Stripe-Signature` as it arrived. */
interface Signed {
  readonly header: string | undefined;
  readonly body: Buffer;
  /** Several while the endpoint's secret is being rolled: the vendor then signs with each, and so may we. */
  readonly secrets: readonly string[];
  readonly now: Date;
  readonly sameText: (a: string, b: string) => boolean;
}

/**
 * Judges `t=…,v1=…`: HMAC-SHA256 over the text of `t`, a dot and the raw bytes. Other schemes are
 * skipped: v0 belongs to test clocks and proves nothing. The time is judged last, so that "stale"
 * is only ever said of what Stripe did sign.
 */
export function judge(signed: Signed): Verdict {
  const header = readHeader(signed.header ?? '');
  if (header === null) return 'bad_signature';
  const expected = signed.secrets.map((secret) => createHmac('sha256', secret).update(`${header.t}.`).update(signed.body).digest('hex'));
  const isGenuine = header.v1.some((given) => expected.some((text) => signed.sameText(text, given)));
  if (!isGenuine) return 'bad_signature';
  const ageMs = signed.now.getTime() - Number(header.t) * 1_000;
  return Math.abs(ageMs) <= toleranceSec * 1_000 ? 'genuine' : 'stale';
}

/** One time and at least one v1, or null. A second `t` is refused: it would be unclear which of them was signed. */
function readHeader(header: string): { readonly t: string; readonly v1: readonly string[] } | null {
  const parts = header.split(',').map((part) => part.trim());
  const times = parts.filter((part) => part.startsWith('t=')).map((part) => part.slice(2));
  const v1 = parts.filter((part) => part.startsWith('v1=')).map((part) => part.slice(3));
  const [t] = times;
  if (t === undefined || times.length > 1 || !/^[0-9]{1,12}$/.test(t)) return null;
  return v1.length === 0 ? null : { t, v1 };
}
