import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAccount } from '../../core/access/admin/accounts.ts';
import { createApp, createMerchant } from '../../core/access/admin/apps.ts';
import type { Changed } from '../../core/access/admin/change.ts';
import { createKey } from '../../core/access/admin/keys.ts';
import { openVault } from '../../core/access/vault.ts';
import { discoverChannels } from '../../core/channels/discover.ts';
import type { Reader } from '../../core/store/database.ts';
import { migrate } from '../../core/store/migrations/migrate.ts';
import { openDatabase } from '../../core/store/open.ts';
import { type Mariadb, startMariadb } from '../../test/kit/mariadb.ts';
import { findViolations } from '../money/check.ts';
import { openTruth, readTruth } from '../money/truth.ts';
import { stubChannel } from './stub-channel.ts';

export type Engine = 'sqlite' | 'mariadb';

/** A database with one merchant, a folder of channels, and what a server needs to know of both. */
export interface Rig {
  readonly engine: Engine;
  readonly folder: string;
  /** `mysql://…`, or the SQLite file. */
  readonly database: string;
  /** The same tables, empty, for the raw loop: its rows must not be taken for the server's. */
  readonly rawDatabase: string;
  /** Processes of the database, by name. */
  readonly pids: Readonly<Record<string, number>>;
  /** What decides how durable a commit is. */
  readonly durability: string;
  readonly key: string;
  /** Ids that every payment of this rig has in common. */
  readonly fixedIds: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** The stub's accounts. */
  readonly accounts: readonly string[];
  /** Where the stub writes what truly happened. */
  readonly truthFile: string;
  /** What does not hold of the server's books, in words. `truth`: a log to compare them with. */
  checkMoney(truth?: string): Promise<readonly string[]>;
  /** Runs one reading statement. */
  read(sql: string): Promise<Readonly<Record<string, unknown>> | undefined>;
  remove(): Promise<void>;
}

/** What the stub channel offers: a code that nobody ever pays, and a payment that succeeds at once. */
export const codeMethod = 'stub_qr';
export const directMethod = 'stub_direct';

export interface RigOptions {
  readonly engine: Engine;
  readonly connections: number;
  /** How many channels the server loads; the repository's own are among them where there is room. */
  readonly channels?: number;
  /** Where the merchant is told. Absent: nowhere. */
  readonly notifyUrl?: string;
  /** What the stub's accounts are configured with; one plain account when absent. */
  readonly accounts?: readonly Readonly<Record<string, string>>[];
  /** Has the stub write down what truly happened: the books are compared with it. */
  readonly hasTruth?: boolean;
}

export async function makeRig(options: RigOptions): Promise<Rig> {
  const folder = mkdtempSync(join(tmpdir(), 'paymux-bench-'));
  const channels = join(folder, 'channels');
  writeChannels(channels, options.channels ?? 1);
  const mariadb = options.engine === 'mariadb' ? await startMariadb(['--innodb-buffer-pool-size=512M']) : null;
  const url = mariadb === null ? null : await mariadb.createDatabase();
  const keyFile = join(folder, 'paymux.key');
  const opened = { url, dataDir: folder };
  const truthFile = join(folder, 'truth');
  const { key, fixedIds, accounts } = await fill(opened, keyFile, channels, options, truthFile);
  const raw = { url: mariadb === null ? null : await mariadb.createDatabase(), dataDir: join(folder, 'raw') };
  await fill(raw, join(folder, 'raw.key'), channels, options, join(folder, 'raw-truth'));
  return {
    engine: options.engine,
    folder,
    database: url ?? join(folder, 'paymux.db'),
    rawDatabase: raw.url ?? join(raw.dataDir, 'paymux.db'),
    ...(mariadb === null ? { pids: {}, durability: describeSqlite() } : await describeMariadb(mariadb)),
    key,
    fixedIds,
    accounts,
    truthFile,
    async checkMoney(truth) {
      const stored = await openDatabase(opened);
      try {
        return await findFaults(stored.database, truth);
      } finally {
        await stored.close();
      }
    },
    environment: {
      PAYMUX_HOST: '127.0.0.1',
      PAYMUX_DATA_DIR: folder,
      PAYMUX_KEY_FILE: keyFile,
      PAYMUX_CHANNELS_FOLDER: channels,
      PAYMUX_LOG_LEVEL: 'warn',
      ...(url === null ? {} : { PAYMUX_DATABASE_URL: url, PAYMUX_DATABASE_POOL_SIZE: String(options.connections) }),
    },
    async read(sql) {
      const stored = await openDatabase(opened);
      try {
        return await stored.database.get(sql);
      } finally {
        await stored.close();
      }
    },
    async remove() {
      await mariadb?.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** One stub that is paid with; beyond it the channels of the repository, then more stubs. */
function writeChannels(folder: string, count: number): void {
  writeStub(folder, 'stub');
  if (count > 1) cpSync('plugins/channels', folder, { recursive: true });
  const own = count > 1 ? readdirSync('plugins/channels').length : 0;
  for (let index = 1 + own; index < count; index += 1) writeStub(folder, `stub${index}`);
}

function writeStub(folder: string, id: string): void {
  mkdirSync(join(folder, id), { recursive: true });
  writeFileSync(join(folder, id, 'index.ts'), stubChannel(id));
}

async function findFaults(reader: Reader, truthPlace: string | undefined): Promise<readonly string[]> {
  const truth = truthPlace === undefined ? null : await openTruth(readTruth(truthPlace));
  const said: string[] = [];
  for await (const { says } of findViolations({ reader, truth })) said.push(says);
  truth?.close();
  return said;
}

interface Place {
  readonly url: string | null;
  readonly dataDir: string;
}

async function fill(where: Place, keyFile: string, channels: string, options: RigOptions, truthFile: string) {
  const stored = await openDatabase(where);
  try {
    await migrate(stored);
    const { plugins } = await discoverChannels(channels);
    const deps = { database: stored.database, vault: openVault({ keyFile, create: true }), now: () => new Date(), plugins };
    const merchant = must(await createMerchant(deps, { name: 'Shop' }));
    const app = must(
      await createApp(deps, {
        merchantId: merchant.id,
        name: 'Shop',
        livemode: false,
        ratePerSecond: 100_000,
        notifyUrl: options.notifyUrl ?? null,
      }),
    );
    const { key } = must(await createKey(deps, { appId: app.id, scopes: ['*'] }));
    const truth = options.hasTruth === true ? { truth: truthFile } : {};
    const accounts: string[] = [];
    for (const config of options.accounts ?? [{}]) {
      accounts.push(must(await createAccount(deps, { channel: 'stub', livemode: false, config: { ...truth, ...config } })).id);
    }
    return { key, accounts, fixedIds: [merchant.id, app.id, ...accounts] };
  } finally {
    await stored.close();
  }
}

async function describeMariadb(mariadb: Mariadb) {
  const names = ['version', 'innodb_flush_log_at_trx_commit', 'sync_binlog', 'log_bin', 'innodb_buffer_pool_size', 'pid_file'];
  const [row] = (await mariadb.query(`SELECT ${names.map((name) => `@@${name} AS ${name}`).join(', ')}`)) as Record<string, unknown>[];
  const { pid_file: pidFile, version, ...settings } = row ?? {};
  const database = Number(readFileSync(String(pidFile), 'utf8'));
  const listed = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  return { pids: { database }, durability: `MariaDB ${version}, ${listed.join(', ')}` };
}

function describeSqlite(): string {
  return `SQLite ${process.versions['sqlite']}, journal_mode=WAL, synchronous=FULL`;
}

function must<T>(changed: Changed<T>): T {
  if (changed.kind === 'faults') throw new Error(changed.faults.join('\n'));
  return changed;
}
