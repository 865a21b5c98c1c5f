import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Connection, createConnection } from 'mysql2/promise';
import { freePort } from './free-port.ts';

const run = promisify(execFile);
/** A node of a cluster copies everything from another one first. */
const startTimeoutMs = 60_000;
const folders = ['/usr/sbin', '/usr/bin', '/usr/local/bin', '/opt/homebrew/bin'];

/** A private MariaDB on loopback whose data live in the temporary folder. */
export interface Mariadb {
  readonly port: number;
  /** Makes an empty database and answers its address. */
  createDatabase(): Promise<string>;
  /** Runs statements as root, outside of any database. */
  query(sql: string): Promise<unknown>;
  /** Kills the server at once, as kill -9 does. The data stay, and so does the port. */
  kill(): Promise<void>;
  /** Starts the server again after {@link kill}. */
  start(): Promise<void>;
  /** Kills the server and removes its data. */
  stop(): Promise<void>;
}

/** The server that all test files of a run share; null where MariaDB is not installed. It ends with the run. */
export const sharedMariadb: () => Promise<Mariadb | null> = memoize(async () => (findProgram('mariadbd') === null ? null : startMariadb()));

export function hasMariadb(): boolean {
  return findProgram('mariadbd') !== null;
}

export interface StartOptions {
  /** Options of its first start alone. */
  readonly onlyFirst?: readonly string[];
  /** Whom it becomes where the tests run as root. Nodes of a cluster copy with rsync, which as root reads nothing of root's. */
  readonly user?: string;
}

/** Starts a server of one's own, for tests that change or kill it. */
export async function startMariadb(
  options: readonly string[] = [],
  { onlyFirst = [], user = 'root' }: StartOptions = {},
): Promise<Mariadb> {
  const folder = await mkdtemp(join(tmpdir(), 'paymux-mariadb-'));
  const asRoot = process.getuid?.() === 0 ? [`--user=${user}`] : [];
  if (asRoot.length > 0) await run('chown', [user, folder]);
  // A folder of its own: two installations at once take each other's temporary tables in the common one away.
  const small = ['--innodb-log-file-size=8M', `--tmpdir=${folder}`];
  const install = ['--no-defaults', `--datadir=${folder}/data`, '--auth-root-authentication-method=normal', '--skip-test-db', ...small];
  await run(programPath('mariadb-install-db'), [...install, ...asRoot]);
  const port = await freePort();
  const charset = ['--character-set-server=utf8mb4', '--collation-server=utf8mb4_bin'];
  const places = [`--datadir=${folder}/data`, `--socket=${folder}/s.sock`, `--pid-file=${folder}/pid`];
  const network = ['--bind-address=127.0.0.1', `--port=${port}`];
  const args = ['--no-defaults', ...places, ...network, ...charset, ...small, ...asRoot, ...options];
  let server = launch(folder, [...args, ...onlyFirst]);
  await waitUntilReady(port, folder);
  const query = (sql: string) => queryAsRoot(port, sql);
  let databases = 0;
  return {
    port,
    query,
    async createDatabase() {
      databases += 1;
      await query(`CREATE DATABASE paymux_${databases}`);
      return `mysql://root@127.0.0.1:${port}/paymux_${databases}`;
    },
    async kill() {
      const exit = once(server, 'exit');
      process.kill(Number(await readFile(join(folder, 'pid'), 'utf8')), 'SIGKILL');
      await exit;
      server.stdin.destroy();
    },
    async start() {
      server = launch(folder, args);
      await waitUntilReady(port, folder);
    },
    async stop() {
      const exit = once(server, 'exit');
      if (server.exitCode === null) {
        server.ref();
        server.stdin.end();
        await exit;
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Ends the server and removes its data when its input closes, which happens however the tests end, kill -9 included. */
const keeper = `
exec 3<&0
"$@" >"$FOLDER/log" 2>&1 </dev/null & server=$!
(cat >/dev/null; : >"$FOLDER/closing"; kill -9 $server) <&3 & watcher=$!
wait $server
kill $watcher
if [ -e "$FOLDER/closing" ]; then rm -rf "$FOLDER"; fi`;

function launch(folder: string, args: readonly string[]) {
  const child = spawn('sh', ['-c', keeper, 'sh', programPath('mariadbd'), ...args], {
    env: { ...process.env, FOLDER: folder },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.unref();
  // A pipe is a socket, which the types do not tell.
  (child.stdin as unknown as { unref(): void }).unref();
  return child;
}

async function waitUntilReady(port: number, folder: string): Promise<void> {
  const deadline = Date.now() + startTimeoutMs;
  for (;;) {
    try {
      await queryAsRoot(port, 'SELECT 1');
      return;
    } catch {
      if (Date.now() > deadline) throw new Error(`MariaDB did not start: ${await readFile(join(folder, 'log'), 'utf8')}`);
    }
    await wait(50);
  }
}

async function queryAsRoot(port: number, sql: string): Promise<unknown> {
  const connection: Connection = await createConnection({ host: '127.0.0.1', port, user: 'root', multipleStatements: true });
  try {
    return (await connection.query(sql))[0];
  } finally {
    await connection.end();
  }
}

function programPath(name: string): string {
  const path = findProgram(name);
  if (path === null) throw new Error(`${name} is not installed`);
  return path;
}

function findProgram(name: string): string | null {
  const searched = [...(process.env['PATH'] ?? '').split(':'), ...folders];
  return searched.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

function memoize<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => {
    made ??= make();
    return made;
  };
}
