import type { Callback, RawRequest } from '../contract/channel.ts';
import type { OpenAccount } from './accounts.ts';
import type { Caller } from './call.ts';

/** A callback after its channel has read it. `malformed` also stands for a channel that threw. */
export async function readCallback(caller: Caller, account: OpenAccount, raw: RawRequest): Promise<Callback> {
  const read = await caller.call(account, 'callback', async (call) => ({
    kind: 'read' as const,
    callback: await account.channel.parseCallback(raw, call),
  }));
  if (read.kind !== 'read') return { kind: 'refused', reason: 'malformed', reply: { status: 400, body: '' } };
  return withinManifest(account, read.callback);
}

/** A channel cannot claim more trust than its manifest declares. */
function withinManifest(account: OpenAccount, callback: Callback): Callback {
  if (callback.kind !== 'event' || callback.trust !== 'signed') return callback;
  const declared = account.manifest.callback.trust;
  return declared === 'signed' ? callback : { ...callback, trust: declared };
}
