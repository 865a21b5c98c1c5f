import type { Callback, RawRequest } from '../../../core/contract/channel.ts';
import type { SampleAccount } from './index.ts';
import { sign } from './sign.ts';

const refused = { status: 400, body: 'refused' } as const;

/** Verifies first, over the raw bytes, then reads. Never throws for what a stranger may send. */
export function parseCallback({ secret, kit }: SampleAccount, raw: RawRequest): Callback {
  const isGenuine = kit.sameText(raw.headers['x-signature'] ?? '', sign(secret, raw.body));
  if (!isGenuine) return { kind: 'refused', reason: 'bad_signature', reply: refused };
  // Step 4, callback.ts: read what the vendor tells, and answer it as an event.
  return { kind: 'ignored', eventType: 'unread', reply: { status: 200, body: 'ok' } };
}
