import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp, createMerchant } from '../../core/access/admin/apps.ts';
import type { AdminDeps, Changed } from '../../core/access/admin/change.ts';
import { type DemoAccount, fetchOfferedAccounts, putDemoAccounts, registerCallbacks } from '../../core/access/admin/demo.ts';
import { createEndpoint } from '../../core/access/admin/endpoints.ts';
import { createKey } from '../../core/access/admin/keys.ts';
import { openVault } from '../../core/access/vault.ts';
import { discoverChannels } from '../../core/channels/discover.ts';
import { loadConfig } from '../../core/config.ts';
import type { Log } from '../../core/log.ts';
import { boot, type Server } from '../../core/main.ts';
import { type Simulator, startSimulator } from '../../simulator/server.ts';
import type { TestDatabase } from './database.ts';
import { freePort } from './free-port.ts';

export interface PaymuxOptions {
  readonly database: TestDatabase;
  readonly environment?: Readonly<Record<string, string>>;
  readonly latePolicy?: 'auto_refund' | 'accept' | 'hold';
  /** Where the server's lines go. Absent: nowhere. */
  readonly log?: Log;
  /** False: everything but the server, which the test starts as a process of its own. */
  readonly serves?: boolean;
  /** Whose gateways are played. Each further one costs the making of its keys. */
  readonly channels?: readonly string[];
}

/** A whole paymux: simulator, database, one merchant, and the server, in this process. */
export interface Paymux {
  readonly url: string;
  readonly key: string;
  readonly appId: string;
  readonly simulator: Simulator;
  readonly accounts: readonly DemoAccount[];
  /** For what an operator does, and for looking at rows. */
  readonly stored: TestDatabase;
  readonly admin: AdminDeps;
  readonly environment: Readonly<Record<string, string>>;
  /** The API: JSON in, JSON out. */
  call(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** The simulator's controls. */
  control(path: string, body?: unknown, method?: string): Promise<Answer>;
  addEndpoint(url: string): Promise<{ id: string; secret: string }>;
  stop(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  readonly body: any;
  readonly text: string;
}

const defaultChannels = ['wechat', 'alipay', 'stripe'];

export async function startPaymux(options: PaymuxOptions): Promise<Paymux> {
  const folder = mkdtempSync(join(tmpdir(), 'paymux-test-'));
  const simulator = await startSimulator({ port: 0, dataDir: join(folder, 'simulator'), channels: options.channels ?? defaultChannels });
  const port = await freePort();
  const environment = {
    PORT: String(port),
    PAYMUX_HOST: '127.0.0.1',
    PAYMUX_DATA_DIR: options.database.options.dataDir,
    PAYMUX_KEY_FILE: join(folder, 'paymux.key'),
    PAYMUX_LOG_LEVEL: 'silent',
    PAYMUX_JOBS_POLL_MS: '50',
    ...(options.database.options.url ? { PAYMUX_DATABASE_URL: options.database.options.url } : {}),
    ...options.environment,
  };
  const loaded = loadConfig(environment);
  if (loaded.kind === 'faults') throw new Error(JSON.stringify(loaded.faults));
  const { config } = loaded;
  const stored = options.database;
  const admin = { database: stored.database, vault: openVault({ keyFile: config.keyFile, create: true }), now: () => new Date() };
  const { appId, key, accounts } = await prepare(admin, simulator.url, config.publicUrl, options.latePolicy ?? 'auto_refund');
  const server: Server | null = options.serves === false ? null : await boot(config, options.log);
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    key,
    appId,
    simulator,
    accounts,
    stored,
    admin,
    environment,
    call: (method, path, body, headers = {}) => send(method, url + path, body, { authorization: `Bearer ${key}`, ...headers }),
    control: (path, body, method = body === undefined ? 'GET' : 'POST') => send(method, simulator.url + path, body, {}),
    addEndpoint: async (address) => must(await createEndpoint(admin, { appId, url: address, types: [] })),
    async stop() {
      await server?.stop();
      await simulator.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function prepare(admin: AdminDeps, simulatorUrl: string, publicUrl: string, latePolicy: 'auto_refund' | 'accept' | 'hold') {
  const merchant = must(await createMerchant(admin, { name: 'Shop' }));
  const app = must(await createApp(admin, { merchantId: merchant.id, name: 'Shop', livemode: false, ratePerSecond: 100_000, latePolicy }));
  const { key } = must(await createKey(admin, { appId: app.id, scopes: ['*'] }));
  const offered = await fetchOfferedAccounts(simulatorUrl);
  if (typeof offered === 'string') throw new Error(offered);
  const { plugins } = await discoverChannels('plugins/channels');
  const { accounts } = must(await putDemoAccounts({ ...admin, plugins }, offered));
  await registerCallbacks({ simulatorUrl, publicUrl, accounts });
  return { appId: app.id, key, accounts };
}

export function must<T>(changed: Changed<T>): T {
  if (changed.kind === 'faults') throw new Error(changed.faults.join('\n'));
  return changed;
}

async function send(method: string, url: string, body: unknown, headers: Readonly<Record<string, string>>): Promise<Answer> {
  const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await fetch(url, {
    method,
    headers: { ...(text === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(text === undefined ? {} : { body: text }),
    redirect: 'manual',
  });
  const raw = await answer.text();
  return { status: answer.status, headers: answer.headers, body: parse(raw), text: raw };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** What a payment's action is to the simulator's shopper. */
// biome-ignore lint/suspicious/noExplicitAny: an action has a different shape for each method.
export function targetOf(action: any): string {
  if (action.type === 'qr') return action.qr_content;
  if (action.type === 'sdk') return JSON.stringify(action.params);
  return action.url;
}

/** A number that no other test uses. */
export function orderNo(): string {
  return `order-${process.hrtime.bigint().toString(36)}-${Math.floor(Math.random() * 1e9).toString(36)}`;
}
