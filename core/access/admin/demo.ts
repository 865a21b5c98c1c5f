import type { AccountConfig } from '../../channels/config-schema.ts';
import { decryptConfig } from '../snapshot.ts';
import { type AccountDeps, createAccount, updateAccount } from './accounts.ts';
import { type Changed, done, faulty } from './change.ts';

/** The test accounts that a simulator offers, by channel. */
export type OfferedAccounts = Readonly<Record<string, readonly { readonly id: string; readonly config: AccountConfig }[]>>;

export interface DemoAccount {
  readonly id: string;
  readonly channel: string;
  /** The vendor's name for the account. */
  readonly offeredId: string;
  readonly change: 'created' | 'updated' | 'unchanged';
}

/** How much later the next account of a channel is tried: the first gets the payments, the others its failures. */
const priorityStep = 10;
const firstPriority = 100;

/** Asks a simulator for its accounts. Says in words what came instead when it is not one. */
export async function fetchOfferedAccounts(simulatorUrl: string): Promise<OfferedAccounts | string> {
  try {
    const answer = await fetch(new URL('/_accounts', simulatorUrl), { redirect: 'error', signal: AbortSignal.timeout(5000) });
    const offered: unknown = answer.ok ? await answer.json() : null;
    return isOffer(offered) ? offered : `${simulatorUrl} answered ${answer.status}, but not with a simulator's accounts`;
  } catch (error) {
    return `${simulatorUrl} cannot be reached: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Creates a shared test account for each one offered, or brings it up to date. Of channels that are not installed none. */
export async function putDemoAccounts(deps: AccountDeps, offered: OfferedAccounts): Promise<Changed<{ accounts: readonly DemoAccount[] }>> {
  const accounts: DemoAccount[] = [];
  const faults: string[] = [];
  const known = Object.entries(offered).filter(([channel]) => deps.plugins.has(channel));
  for (const [channel, list] of known) {
    for (const [index, { id, config }] of list.entries()) {
      const put = await putOne(deps, { channel, offeredId: id, config, priority: firstPriority + index * priorityStep });
      if (put.kind === 'faults') faults.push(...put.faults.map((fault) => `${channel} ${id}: ${fault}`));
      else accounts.push({ id: put.id, channel, offeredId: id, change: put.change });
    }
  }
  return faults.length > 0 ? faulty(...faults) : done({ accounts });
}

/**
 * Tells a simulator where callbacks of each account go, as one would in a vendor's dashboard. Vendors
 * that are told with every request refuse it, which is no fault. Answers what could not be told at all.
 */
export async function registerCallbacks(input: {
  readonly simulatorUrl: string;
  readonly publicUrl: string;
  readonly accounts: readonly DemoAccount[];
}): Promise<string[]> {
  const register = async ({ channel, offeredId, id }: DemoAccount): Promise<string[]> => {
    const body = JSON.stringify({ channel, account: offeredId, url: `${input.publicUrl}/v1/callbacks/${channel}/${id}` });
    const headers = { 'content-type': 'application/json' };
    try {
      await fetch(new URL('/_callbacks', input.simulatorUrl), { method: 'POST', headers, body, signal: AbortSignal.timeout(5000) });
      return [];
    } catch (error) {
      return [
        `${channel} ${offeredId}: the simulator could not be told of callbacks: ${error instanceof Error ? error.message : 'unknown'}`,
      ];
    }
  };
  return (await Promise.all(input.accounts.map(register))).flat();
}

interface Offer {
  readonly channel: string;
  readonly offeredId: string;
  readonly config: AccountConfig;
  readonly priority: number;
}

async function putOne(deps: AccountDeps, offer: Offer): Promise<Changed<Pick<DemoAccount, 'id' | 'change'>>> {
  const found = await findTestAccount(deps, offer);
  if (found === null) {
    const created = await createAccount(deps, { channel: offer.channel, livemode: false, config: offer.config, priority: offer.priority });
    return created.kind === 'faults' ? created : done({ id: created.id, change: 'created' });
  }
  if (isSame(found.config, offer.config)) return done({ id: found.id, change: 'unchanged' });
  const updated = await updateAccount(deps, { id: found.id, config: offer.config });
  return updated.kind === 'faults' ? updated : done({ id: found.id, change: 'updated' });
}

/** The test account that has the vendor's name for it somewhere in its configuration: no channel's field needs to be known here. */
async function findTestAccount(deps: AccountDeps, offer: Offer): Promise<{ id: string; config: AccountConfig } | null> {
  const sql = 'SELECT id, config FROM channel_accounts WHERE channel = ? AND livemode = 0 AND merchant_id IS NULL ORDER BY id';
  for (const row of await deps.database.all(sql, [offer.channel])) {
    const config = decryptConfig(deps.vault, String(row['id']), String(row['config']));
    if (Object.values(config).includes(offer.offeredId)) return { id: String(row['id']), config };
  }
  return null;
}

function isSame(a: AccountConfig, b: AccountConfig): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => a[name] === b[name]);
}

function isOffer(value: unknown): value is OfferedAccounts {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((list) => Array.isArray(list) && list.every(isOfferedAccount));
}

function isOfferedAccount(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('id' in value) || !('config' in value)) return false;
  return typeof value.id === 'string' && typeof value.config === 'object' && value.config !== null;
}
