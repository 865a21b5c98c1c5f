import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { findPackage } from '../core/channels/packages.ts';
import { containStrays } from '../core/channels/strays.ts';
import { type Config, configExitCode, loadConfig, printFaults } from '../core/config.ts';
import type { Server } from '../core/main.ts';
import { entryOf, listBroughtAlong } from '../simulator/vendor-folder.ts';
import { type Shop, startShop } from './shop/shop.ts';

/** What ends the start with a message for a person. An empty one was printed already. */
class Refusal extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Starts the simulator, has the demo merchant made with test accounts on it, starts the server, and prints a first payment. */
async function main(): Promise<void> {
  const defaults = { PAYMUX_SIMULATOR_ENABLED: 'true', PAYMUX_METRICS_PORT: (await isFree(9464, '0.0.0.0')) ? '9464' : '0' };
  const environment = { ...defaults, ...process.env };
  const loaded = loadConfig(environment);
  if (loaded.kind === 'faults') throw new Refusal(printFaults(loaded.faults), configExitCode);
  const { config } = loaded;
  await refuseTakenPort(config);
  const simulator = config.simulator.enabled ? await startSimulator(config) : null;
  const [told, server] = await serve(config, environment, simulator).catch((error: unknown) => {
    simulator?.kill('SIGTERM');
    throw error;
  });
  const shop = await openShop(config, server, told);
  printWelcome(config, server, told, shop);
  const stop = async () => {
    await shop?.stop();
    await server.stop();
    simulator?.kill('SIGTERM');
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop());
}

/** Before anything is touched: a second start would move the running one's accounts to its own simulator. */
async function refuseTakenPort({ port, host }: Config): Promise<void> {
  if (await isFree(port, host)) return;
  const advice = 'stop it, or set PORT to another one';
  throw new Refusal(`port ${port} is taken, perhaps by a paymux that is running already: ${advice}`, configExitCode);
}

/** The server is loaded after the books are made, because then its modules are in the cache of parsed ones even at the first start. */
async function serve(config: Config, environment: NodeJS.ProcessEnv, simulator: ChildProcess | null): Promise<readonly [Told, Server]> {
  const told = await prepareBooks(environment, simulator);
  const { boot, die } = await import('../core/main.ts');
  containStrays(die);
  return [told, await boot(config)];
}

const simulatorUrl = (config: Config) => `http://127.0.0.1:${config.simulator.port}`;

/** Null: one is running already, from a server that ended without taking it along. */
async function startSimulator({ simulator: { port, dataDir }, channels }: Config): Promise<ChildProcess | null> {
  if (!(await isFree(port, '127.0.0.1'))) return null;
  const env = { ...process.env, PAYMUX_SIMULATOR_PORT: String(port), PAYMUX_SIMULATOR_DATA_DIR: dataDir };
  const args = ['simulator/main.ts', ...(await listVendorFolders(channels))];
  return spawn(process.execPath, args, { env, stdio: ['ignore', 'inherit', 'inherit'] });
}

/** The vendors that channels bring along. */
async function listVendorFolders({ folder, packages }: Config['channels']): Promise<readonly string[]> {
  const found = await Promise.all(packages.map((item) => findPackage(item)));
  const folders = found.flatMap((one) => (typeof one === 'string' ? [] : [join(one.folder, 'simulator')]));
  return [...listBroughtAlong(folder), ...folders.filter((one) => entryOf(one) !== undefined)];
}

/** The demo merchant's key and the secret of its notifications; null where they were made and printed before. */
interface Told {
  readonly key: string | null;
  readonly secret: string | null;
  readonly shop: { readonly key: string; readonly secret: string } | null;
}

/** Faults are printed by the process that meets them. */
async function prepareBooks(environment: NodeJS.ProcessEnv, simulator: ChildProcess | null): Promise<Told> {
  const args = ['scripts/demo-books.ts', ...(simulator === null ? [] : ['--simulator-is-starting'])];
  const child = spawn(process.execPath, args, { env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
  simulator?.once('exit', () => child.kill('SIGTERM'));
  const printed: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => printed.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code === null && simulator !== null && simulator.exitCode !== null) throw new Refusal('the simulator has ended', 1);
  if (code !== 0) throw new Refusal('', code ?? 1);
  return JSON.parse(Buffer.concat(printed).toString());
}

/** Null: it is switched off, or its port is taken. */
async function openShop({ demo }: Config, { port }: Pick<Server, 'port'>, { shop: keys }: Told): Promise<Shop | null> {
  if (keys === null || !(await isFree(demo.shopPort, '127.0.0.1'))) return null;
  return startShop({ port: demo.shopPort, paymux: `http://127.0.0.1:${port}`, ...keys });
}

function printWelcome(config: Config, server: Pick<Server, 'port' | 'metricsPort'>, { key, secret }: Told, shop: Shop | null): void {
  const base = `http://127.0.0.1:${server.port}`;
  const shown = key ?? '<your key>';
  const lines = [
    '',
    `paymux is ready at ${base} (documentation: ${base}/docs, metrics: http://127.0.0.1:${server.metricsPort}/metrics)`,
    config.simulator.enabled ? `The vendors' simulator is at ${simulatorUrl(config)}; no real money moves.` : '',
    key === null
      ? 'The demo key was printed at the first start; make another with: npm run admin -- key create'
      : `The demo merchant's key: ${key}`,
    secret === null
      ? 'What signs its notifications was printed at the first start; make another with: npm run admin -- app rotate'
      : `What signs its notifications: ${secret}`,
    shop === null ? 'There is no demo shop: PAYMUX_DEMO_SHOP_PORT is 0 or taken.' : `A demo shop to click through: ${shop.url}`,
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

async function isFree(port: number, host: string): Promise<boolean> {
  const probe = createServer();
  try {
    await new Promise<void>((resolve, reject) => probe.once('error', reject).listen(port, host, resolve));
    return true;
  } catch (error) {
    // Any other fault is for the server to tell.
    return (error as NodeJS.ErrnoException).code !== 'EADDRINUSE';
  } finally {
    probe.close();
  }
}

main().catch(async (error: unknown) => {
  if (!(error instanceof Refusal)) (await import('../core/main.ts')).die(error);
  const { message, exitCode } = error as Refusal;
  if (message !== '') process.stderr.write(`${message}\n`);
  process.exit(exitCode);
});
