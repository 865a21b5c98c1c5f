/**
 * Brings the database up to date and puts the demo merchant into it. A process of its own, run by `scripts/demo.ts` before the server
 * is loaded: what migrations and admin verbs load stays in memory, 40 MiB that a server does not need, and at the very first start
 * this process fills the cache of parsed modules that the server then reads, 25 MiB more.
 * Prints a JSON line {"key": …, "secret": …, "shop": …}: the demo merchant's key, and what signs its notifications; null where they
 * were made and printed before; and the same of the demo shop, which are kept in a file beside the embedded database.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createApp, createMerchant } from '../core/access/admin/apps.ts';
import type { AdminDeps, Changed } from '../core/access/admin/change.ts';
import { fetchOfferedAccounts, type OfferedAccounts, putDemoAccounts, registerCallbacks } from '../core/access/admin/demo.ts';
import { createKey } from '../core/access/admin/keys.ts';
import { updateApp } from '../core/access/admin/update-app.ts';
import { hashKey } from '../core/access/keys.ts';
import { openVault } from '../core/access/vault.ts';
import { discoverChannels } from '../core/channels/discover.ts';
import { type Config, configExitCode, loadConfig, printFaults } from '../core/config.ts';
import { BootFault, die, refuseUnsafe } from '../core/main.ts';
import { migrate } from '../core/store/migrations/migrate.ts';
import { openDatabase } from '../core/store/open.ts';

/** The demo serves benchmarks too: its own limit should not be what they measure. */
const demoRatePerSecond = 100_000;
const simulatorTimeoutMs = 60_000;

async function main(): Promise<void> {
  const loaded = loadConfig(process.env);
  if (loaded.kind === 'faults') {
    process.stderr.write(`${printFaults(loaded.faults)}\n`);
    process.exit(configExitCode);
  }
  process.stdout.write(`${JSON.stringify(await prepareDemo(loaded.config))}\n`);
}

/** What is told once. */
interface Told {
  readonly key: string | null;
  readonly secret: string | null;
  readonly shop: ShopKeys | null;
}

/** What the demo shop knows of paymux. */
interface ShopKeys {
  readonly key: string;
  readonly secret: string;
}

async function prepareDemo(config: Config): Promise<Told> {
  const stored = await openDatabase({ ...config.database, dataDir: config.dataDir });
  try {
    await refuseUnsafe(stored.database);
    await migrate(stored);
    const vault = openVault({ keyFile: config.keyFile, create: true });
    const deps: AdminDeps = { database: stored.database, vault, now: () => new Date() };
    const { app, secret } = await ensureDemoApp(deps);
    const key = await ensureDemoKey(deps, app, config.demo.key);
    await ensureAccounts(deps, config);
    return { key, secret, shop: config.demo.shopPort === 0 ? null : await ensureShop(deps, config) };
  } finally {
    await stored.close();
  }
}

async function ensureDemoKey(deps: AdminDeps, app: string, wanted: string | null): Promise<string | null> {
  if (wanted !== null) {
    const known = await deps.database.get("SELECT id FROM api_keys WHERE hash = ? AND status = 'active'", [hashKey(wanted)]);
    if (known === undefined) must(await createKey(deps, { appId: app, scopes: ['*'], key: wanted }));
    return wanted;
  }
  const any = await deps.database.get("SELECT id FROM api_keys WHERE app_id = ? AND status = 'active'", [app]);
  return any === undefined ? must(await createKey(deps, { appId: app, scopes: ['*'] })).key : null;
}

const demoName = 'Demo';

async function ensureDemoApp(deps: AdminDeps): Promise<{ readonly app: string; readonly secret: string | null }> {
  const known = await deps.database.get('SELECT id FROM apps WHERE name = ? AND livemode = 0', [demoName]);
  if (known !== undefined) return { app: String(known.id), secret: null };
  const merchant = must(await createMerchant(deps, { name: demoName }));
  const app = { merchantId: merchant.id, name: demoName, livemode: false, ratePerSecond: demoRatePerSecond };
  const made = must(await createApp(deps, app));
  return { app: made.id, secret: made.notificationSecret };
}

const shopName = 'Demo shop';

/** The shop is an app of its own. Its keys are of no use to anybody else: it is a test app, on loopback. */
async function ensureShop(deps: AdminDeps, { dataDir, demo }: Config): Promise<ShopKeys> {
  const notifyUrl = `http://127.0.0.1:${demo.shopPort}/notifications`;
  const file = join(dataDir, 'demo-shop.json');
  const known = await deps.database.get('SELECT id, merchant_id FROM apps WHERE name = ? AND livemode = 0', [shopName]);
  if (known !== undefined && existsSync(file)) {
    must(await updateApp(deps, { id: String(known.id), notifyUrl }));
    return JSON.parse(readFileSync(file, 'utf8')) as ShopKeys;
  }
  const demoApp = await deps.database.get('SELECT merchant_id FROM apps WHERE name = ? AND livemode = 0', [demoName]);
  const app = { merchantId: String(demoApp?.merchant_id), name: shopName, livemode: false, ratePerSecond: demoRatePerSecond, notifyUrl };
  const made = must(await createApp(deps, app));
  const { key } = must(await createKey(deps, { appId: made.id, scopes: ['payments:read', 'payments:write', 'refunds:write'] }));
  const keys = { key, secret: made.notificationSecret };
  writeFileSync(file, JSON.stringify(keys), { mode: 0o600 });
  return keys;
}

async function ensureAccounts(deps: AdminDeps, config: Config): Promise<void> {
  if (!config.simulator.enabled) return;
  const simulatorUrl = `http://127.0.0.1:${config.simulator.port}`;
  const offered = await untilOffered(simulatorUrl);
  const { plugins } = await discoverChannels(config.channels.folder, config.channels.packages);
  const { accounts } = must(await putDemoAccounts({ ...deps, plugins }, offered));
  const faults = await registerCallbacks({ simulatorUrl, publicUrl: config.publicUrl, accounts });
  if (faults.length > 0) throw new Error(faults.join('\n'));
}

/** At its very first start a simulator makes keys for every vendor, which takes a slow machine a while. */
async function untilOffered(simulatorUrl: string): Promise<OfferedAccounts> {
  const lastMoment = performance.now() + (process.argv.includes('--simulator-is-starting') ? simulatorTimeoutMs : 0);
  for (;;) {
    const offered = await fetchOfferedAccounts(simulatorUrl);
    if (typeof offered !== 'string') return offered;
    if (performance.now() > lastMoment) throw new BootFault(offered);
    await wait(50);
  }
}

function must<T>(changed: Changed<T>): T {
  if (changed.kind === 'faults') throw new Error(changed.faults.join('\n'));
  return changed;
}

main().catch(die);
