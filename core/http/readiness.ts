import type { Directory } from '../access/directory.ts';
import type { Channels } from '../channels/accounts.ts';
import type { Caller } from '../channels/call.ts';
import type { DefinitionWatch } from '../channels/watch.ts';
import type { Database } from '../store/database.ts';
import { createWriteProbe } from '../store/write-probe.ts';
import type { Readiness } from './operations.ts';

/** How often a write is tried at most, whatever asks, and how long one may take before the database counts as not writable. */
const [writeEveryMs, writeWithinMs] = [5_000, 2_000];

interface ReadinessDeps {
  readonly database: Database;
  readonly directory: Directory;
  readonly channels: Channels;
  readonly caller: Caller;
}

/** Makes the function behind `/readyz`. */
export function createReadiness(deps: ReadinessDeps, definitions: DefinitionWatch): (isStopping: boolean) => Promise<Readiness> {
  const { database, directory, channels } = deps;
  const canWrite = createWriteProbe(database, { everyMs: writeEveryMs, withinMs: writeWithinMs });
  return async (isStopping) => {
    const isUp = await database.ping().then(
      () => true,
      () => false,
    );
    const isWritable = isUp && (await canWrite());
    const checks = {
      server: isStopping ? 'stopping' : 'ok',
      database: isUp ? (isWritable ? 'ok' : 'takes no writes') : 'unreachable',
      configuration: directory.fault() === null ? 'ok' : 'a change could not be loaded',
      channel_accounts: listIds(
        channels.faults().map((fault) => fault.accountId),
        'not as configured',
      ),
      channel_definitions: listIds([...definitions.faults().keys()], 'not as written'),
      channel_code: listIds(
        quarantined(deps).map(({ id, channelId }) => `${channelId} ${id}`),
        'quarantined',
      ),
    };
    // A configuration that cannot be loaded leaves the one before it serving: that is for operators, not for load balancers.
    return { ok: isWritable && !isStopping, checks };
  };
}

/** The accounts whose channels' code failed too often. */
export const quarantined = ({ channels, caller }: Pick<ReadinessDeps, 'channels' | 'caller'>) =>
  channels.accounts().filter((account) => caller.isQuarantined(account));

const listIds = (ids: readonly string[], words: string) => (ids.length === 0 ? 'ok' : `${words}: ${ids.join(', ')}`);
