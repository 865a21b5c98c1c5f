import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createApp, createMerchant } from '../core/access/admin/apps.ts';
import type { AdminDeps, Changed } from '../core/access/admin/change.ts';
import { fetchOfferedAccounts, type OfferedAccounts, putDemoAccounts, registerCallbacks } from '../core/access/admin/demo.ts';
import { createKey } from '../core/access/admin/keys.ts';
import { hashKey } from '../core/access/keys.ts';
import { openVault } from '../core/access/vault.ts';
import { discoverChannels } from '../core/channels/discover.ts';
import { type Config, configExitCode, loadConfig, printFaults } from '../core/config.ts';
import { BootFault, boot, die, refuseUnsafe, type Server } from '../core/main.ts';
import { pendingMigrations } from '../core/store/migrations/migrate.ts';
import { type OpenDatabase, openDatabase } from '../core/store/open.ts';

/** The demo serves benchmarks too: its own limit should not be what they measure. */
const demoRatePerSecond = 100_000;

/** Starts the simulator, makes a demo merchant with test accounts on it, starts the server, and prints a first payment. */
async function main(): Promise<void> {
  const loaded = loadConfig({ PAYMUX_SIMULATOR_ENABLED: 'true', PAYMUX_METRICS_PORT: String(await freePort(9464)), ...process.env });
  if (loaded.kind === 'faults') {
    process.stderr.write(`${printFaults(loaded.faults)}\n`);
    process.exit(configExitCode);
  }
  const { config } = loaded;
  await refuseTakenPort(config);
  const simulator = config.simulator.enabled ? await startSimulator(config) : null;
  const [key, server] = await serve(config).catch((error: unknown) => {
    simulator?.kill('SIGTERM');
    throw error;
  });
  printWelcome(config, server, key);
  const stop = async () => {
    await server.stop();
    simulator?.kill('SIGTERM');
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop());
}

/** Before anything is touched: a second start would move the running one's accounts to its own simulator. */
async function refuseTakenPort({ port, host }: Config): Promise<void> {
  const probe = createServer();
  try {
    await new Promise<void>((resolve, reject) => probe.once('error', reject).listen(port, host, resolve));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new BootFault(`port ${port} is taken, perhaps by a paymux that is running already: stop it, or set PORT to another one`);
  } finally {
    probe.close();
  }
}

async function serve(config: Config): Promise<[string | null, Server]> {
  const key = await prepareDemo(config);
  return [key, await boot(config)];
}

const simulatorUrl = (config: Config) => `http://127.0.0.1:${config.simulator.port}`;

/** Null: one is running already, from a server that ended without taking it along. */
async function startSimulator(config: Config): Promise<ChildProcess | null> {
  if (typeof (await fetchOfferedAccounts(simulatorUrl(config))) !== 'string') return null;
  const env = { ...process.env, PAYMUX_SIMULATOR_PORT: String(config.simulator.port), PAYMUX_SIMULATOR_DATA_DIR: config.simulator.dataDir };
  const child = spawn(process.execPath, ['simulator/main.ts'], { env, stdio: ['ignore', 'inherit', 'inherit'] });
  const ended = once(child, 'exit').then(() => 'the simulator ended before it could be reached');
  for (let tries = 0; tries < 200; tries += 1) {
    const answer = await Promise.race([fetchOfferedAccounts(simulatorUrl(config)), ended]);
    if (typeof answer !== 'string') return child;
    if (child.exitCode !== null) throw new Error(answer);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill('SIGTERM');
  throw new Error(`the simulator does not answer on port ${config.simulator.port}`);
}

/** In a process of its own: what migrations load stays in memory, 40 MiB that a server does not need. */
async function migrateApart({ database }: OpenDatabase): Promise<void> {
  if ((await pendingMigrations({ database })).length === 0) return;
  const child = spawn(process.execPath, ['scripts/migrate.ts'], { env: process.env, stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new BootFault('the database could not be brought up to date');
}

/** Brings the database up to date and puts the demo merchant into it. Answers its key; null when it was made and printed before. */
async function prepareDemo(config: Config): Promise<string | null> {
  const stored = await openDatabase({ ...config.database, dataDir: config.dataDir });
  try {
    await refuseUnsafe(stored.database);
    await migrateApart(stored);
    const vault = openVault({ keyFile: config.keyFile, create: true });
    const deps: AdminDeps = { database: stored.database, vault, now: () => new Date() };
    const key = await ensureDemoKey(deps, config.demo.key);
    await ensureAccounts(deps, config);
    return key;
  } finally {
    await stored.close();
  }
}

async function ensureDemoKey(deps: AdminDeps, wanted: string | null): Promise<string | null> {
  const app = await ensureDemoApp(deps);
  if (wanted !== null) {
    const known = await deps.database.get("SELECT id FROM api_keys WHERE hash = ? AND status = 'active'", [hashKey(wanted)]);
    if (known === undefined) must(await createKey(deps, { appId: app, scopes: ['*'], key: wanted }));
    return wanted;
  }
  const any = await deps.database.get("SELECT id FROM api_keys WHERE app_id = ? AND status = 'active'", [app]);
  return any === undefined ? must(await createKey(deps, { appId: app, scopes: ['*'] })).key : null;
}

const demoName = 'Demo';

async function ensureDemoApp(deps: AdminDeps): Promise<string> {
  const known = await deps.database.get('SELECT id FROM apps WHERE name = ? AND livemode = 0', [demoName]);
  if (known !== undefined) return String(known.id);
  const merchant = must(await createMerchant(deps, { name: demoName }));
  const app = { merchantId: merchant.id, name: demoName, livemode: false, ratePerSecond: demoRatePerSecond };
  return must(await createApp(deps, app)).id;
}

async function ensureAccounts(deps: AdminDeps, config: Config): Promise<void> {
  if (!config.simulator.enabled) return;
  const offered = await fetchOfferedAccounts(simulatorUrl(config));
  if (typeof offered === 'string') throw new Error(offered);
  const { plugins } = await discoverChannels(config.channels.folder);
  const { accounts } = must(await putDemoAccounts({ ...deps, plugins }, offered satisfies OfferedAccounts));
  const faults = await registerCallbacks({ simulatorUrl: simulatorUrl(config), publicUrl: config.publicUrl, accounts });
  if (faults.length > 0) throw new Error(faults.join('\n'));
}

function must<T>(changed: Changed<T>): T {
  if (changed.kind === 'faults') throw new Error(changed.faults.join('\n'));
  return changed;
}

function printWelcome(config: Config, server: { readonly port: number; readonly metricsPort: number | null }, key: string | null): void {
  const base = `http://127.0.0.1:${server.port}`;
  const shown = key ?? '<your key>';
  const lines = [
    '',
    `paymux is ready at ${base} (documentation: ${base}/docs, metrics: http://127.0.0.1:${server.metricsPort}/metrics)`,
    config.simulator.enabled ? `The vendors' simulator is at ${simulatorUrl(config)}; no real money moves.` : '',
    key === null
      ? 'The demo key was printed at the first start; make another with: npm run admin -- key create'
      : `The demo merchant's key: ${key}`,
    '',
    'Make a payment:',
    '',
    `  curl -sS ${base}/v1/payments -H 'Authorization: Bearer ${shown}' -H 'Content-Type: application/json' \\`,
    `    -d '{"merchant_order_no":"'"order-$(date +%s)"'","amount":1999,"currency":"CNY","subject":"A cup of tea","method":"wechat_native"}'`,
    '',
    'Then open action.qr_content in a browser, press Pay, and read the payment again at /v1/payments/{id}.',
    '',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** The port, if nobody listens on it; otherwise any. */
async function freePort(wanted: number): Promise<number> {
  const probe = createServer();
  try {
    await new Promise<void>((resolve, reject) => probe.once('error', reject).listen(wanted, '0.0.0.0', resolve));
    return wanted;
  } catch {
    return 0;
  } finally {
    probe.close();
  }
}

main().catch(die);
