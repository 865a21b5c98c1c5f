import { generateKeyPairSync } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { openVault } from '../../core/access/vault.ts';
import { type OpenAccount, openOne } from '../../core/channels/accounts.ts';
import { discoverChannels } from '../../core/channels/discover.ts';
import { systemClock } from '../../core/clock.ts';
import { makeId } from '../../core/ids.ts';
import type { Kernel } from '../../core/payments/deps.ts';
import { importGiven } from '../../core/reconciliation/import.ts';
import { reconcileDay } from '../../core/reconciliation/reconcile.ts';
import { letOthersFirst } from '../../core/reconciliation/thread.ts';
import { openDatabase } from '../../core/store/open.ts';
import { billDay, billMerchant } from './bill.ts';
import { readJob } from './child.ts';

export interface ReconcileJob {
  readonly url: string | null;
  readonly dataDir: string;
  readonly keyFile: string;
  readonly accountId: string;
  /** The file. */
  readonly bill: string;
  /** Whether others go first, as they do before the thread: alone, that would measure what else the machine does. */
  readonly isPolite: boolean;
}

export interface ReconciledDay {
  /** The document taken in: hashed, compressed, sealed and stored. */
  readonly importMs: number;
  /** Read again, compared with what is booked, and what does not agree written. */
  readonly compareMs: number;
  /** Of the processor, for both: on a machine with other work the time on the clock is others' too. */
  readonly cpuMs: number;
  readonly peakMib: number;
  /** How many entries are of each. */
  readonly classes: readonly (readonly [string, number])[];
}

const mib = 1024;

/** Only what a reconciliation needs of the channel: its reader, which knows the merchant by its number. */
async function openAccount(id: string): Promise<OpenAccount> {
  const { plugins } = await discoverChannels('plugins/channels');
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const config = {
    base_url: 'http://127.0.0.1:9/wechat',
    mchid: billMerchant,
    appid: 'wx8888',
    serial_no: '408B07E79B8269FEC3D5D3E6AB8ED163A6A380DB',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    api_v3_key: '0123456789abcdefghijklmnopqrstuv',
    platform_public_keys: JSON.stringify({ PUB_KEY_ID_1: publicKey.export({ type: 'spki', format: 'pem' }) }),
  };
  const record = { id, channel: 'wechat', merchantId: null, livemode: false, status: 'enabled', priority: 1, weight: 1, version: 1 };
  const opened = openOne(plugins.get('wechat'), { ...record, config: () => config });
  if ('reason' in opened) throw new Error(opened.reason);
  return opened;
}

async function run({ url, dataDir, keyFile, accountId, bill, isPolite }: ReconcileJob): Promise<ReconciledDay> {
  if (isPolite) letOthersFirst();
  const account = await openAccount(accountId);
  const stored = await openDatabase({ url, dataDir });
  const newId: Kernel['newId'] = (prefix) => makeId(prefix, new Date());
  const announce = async () => undefined;
  const kernel = { database: stored.database, clock: systemClock, newId, announce } as Partial<Kernel> as Kernel;
  const deps = { kernel, vault: openVault({ keyFile, create: false }) };
  const begun = performance.now();
  const cpu = process.cpuUsage();
  await importGiven(deps, account, billDay, { name: 'bill.csv', content: createReadStream(bill) });
  const imported = performance.now();
  const done = await reconcileDay(deps, { account, day: billDay });
  const ended = performance.now();
  const spent = process.cpuUsage(cpu);
  await stored.close();
  if (done.kind === 'refused') throw new Error(done.reason);
  const classes = done.sums.map((sum) => [sum.class, Math.max(sum.entries_there, sum.entries_here)] as const);
  const peakMib = Math.round(process.resourceUsage().maxRSS / mib);
  const cpuMs = (spent.user + spent.system) / 1000;
  return { cpuMs, importMs: imported - begun, compareMs: ended - imported, peakMib, classes };
}

console.log(JSON.stringify(await run(await readJob<ReconcileJob>())));
