import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { catchUp } from '../../core/ledger/catch-up.ts';
import { pendingMigrations } from '../../core/store/migrations/migrate.ts';
import { beginBacklog } from '../../core/store/tables/ledger.ts';
import { startBalancer } from '../kit/balancer.ts';
import { checkMoney } from '../kit/check-money.ts';
import { forEachDatabase, type TestDatabase } from '../kit/database.ts';
import { freePort } from '../kit/free-port.ts';
import { eventually } from '../kit/merchant.ts';
import { listMigrations } from '../kit/migrations.ts';
import { targetOf } from '../kit/paymux.ts';
import { type ServerProcess, serverProcess } from '../kit/process.ts';

/** Run in the folder of the old version: makes its books, its merchant and its vendors, and goes on playing the vendors. */
const founder = `
import { migrate } from './core/store/migrations/migrate.ts';
import { openDatabase } from './core/store/open.ts';
import { startPaymux } from './test/kit/paymux.ts';
const options = { url: process.env.BOOKS, dataDir: process.env.PLACE };
const opened = await openDatabase(options);
await migrate(opened);
const environment = { PAYMUX_PUBLIC_URL: process.env.PUBLIC, PAYMUX_CHANNELS_TIMEOUT_MS: '2000' };
const { key, simulator, environment: made } = await startPaymux({ database: { ...opened, options }, serves: false, environment });
process.stdout.write(JSON.stringify({ key, simulator: simulator.url, environment: made }));
process.stdout.write('\\n');
`;

interface Founded {
  readonly key: string;
  readonly simulator: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** The last version before the newest migration; null where the history is not there, as in an archive or a shallow clone. */
function findOldVersion(): string | null {
  const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const added = git('log', '--diff-filter=A', '--format=%H', '-1', '--', `core/store/migrations/${listMigrations().at(-1)}.ts`);
    return added === '' ? null : git('rev-parse', '--verify', `${added}^`);
  } catch {
    return null;
  }
}

describe('An upgrade from the version before, server by server under load', function () {
  this.timeout(240_000);
  const old = findOldVersion();
  forEachDatabase((engine, open) => {
    let stored: TestDatabase;
    let founding: ChildProcess;
    let founded: Founded;
    const running: ServerProcess[] = [];
    const folders: string[] = [];
    let folder: string;
    let balancer: Server;

    before('the history of the repository is there', async function () {
      // The embedded database has one server, which is stopped and started.
      if (engine === 'sqlite' || old === null) this.skip();
      folder = mkdtempSync(join(tmpdir(), 'paymux-upgrade-'));
      const place = mkdtempSync(join(tmpdir(), 'paymux-upgrade-place-'));
      folders.push(folder, place);
      execFileSync('sh', ['-c', `git archive ${old} | tar -x -C ${folder}`]);
      symlinkSync(realpathSync('node_modules'), join(folder, 'node_modules'));
      writeFileSync(join(folder, 'founder.ts'), founder);
      stored = await open({ migrated: false });
      const front = await freePort();
      balancer = await startBalancer(front, () => running.map(({ url }) => url));
      const told = { BOOKS: stored.options.url ?? '', PLACE: place, PUBLIC: `http://127.0.0.1:${front}` };
      founding = spawn(process.execPath, ['founder.ts'], {
        cwd: folder,
        env: { ...process.env, ...told },
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      const [line] = (await once(founding.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
      founded = JSON.parse(line.toString());
    });
    after(async () => {
      await Promise.all(running.map((server) => server.kill()));
      founding?.kill('SIGKILL');
      balancer?.closeAllConnections();
      balancer?.close();
      for (const one of folders) rmSync(one, { recursive: true, force: true });
    });

    const start = async (where: string): Promise<ServerProcess> => {
      const server = serverProcess({ ...founded.environment, PORT: String(await freePort()) }, 'core/main.ts', where);
      await server.start();
      running.push(server);
      return server;
    };
    const stop = async (server: ServerProcess) => {
      running.splice(running.indexOf(server), 1);
      expect(await server.stop()).to.equal(0);
    };
    const control = async (path: string, body?: object) => {
      const answer = await fetch(founded.simulator + path, body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) });
      // biome-ignore lint/suspicious/noExplicitAny: answers have every shape.
      return (await answer.json()) as any;
    };
    const answers = new Map<number, number>();
    /** As a balancer does: a server that is going away refuses the connection, and another one is asked. */
    const call = (path: string, body?: object) =>
      eventually(
        async () => {
          const server = running[Math.floor(Math.random() * running.length)];
          const headers = { authorization: `Bearer ${founded.key}`, 'content-type': 'application/json' };
          const post = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
          const answer = await fetch(`${server?.url}${path}`, { headers, ...post }).catch(() => null);
          if (answer === null) return null;
          answers.set(answer.status, (answers.get(answer.status) ?? 0) + 1);
          // biome-ignore lint/suspicious/noExplicitAny: answers have every shape.
          return answer.status >= 500 ? null : ((await answer.json()) as any);
        },
        () => `no answer to ${path}`,
        60_000,
      );

    it('fails no request, and the books come out right', async () => {
      const [first, second] = [await start(folder), await start(folder)];
      const load = { isOver: false, made: 0 };
      const work = async (worker: number) => {
        while (!load.isOver) {
          load.made += 1;
          const number = `up-${worker}-${load.made}`;
          const order = { merchant_order_no: number, amount: 1000, currency: 'CNY', subject: 'Tea', method: 'wechat_native' };
          const { id, action } = await call('/v1/payments', order);
          if (action === null || action === undefined) continue;
          await control('/_pay', { target: targetOf(action) });
          await eventually(
            async () => (await call(`/v1/payments/${id}`)).state === 'success',
            () => `${id} is not paid`,
            60_000,
          );
          if (load.made % 2 === 0) await call(`/v1/payments/${id}/refunds`, { merchant_refund_no: number, amount: 300 });
        }
      };
      const working = Promise.all([1, 2, 3].map(work));
      const more = async (count: number) => {
        const until = load.made + count;
        await eventually(
          () => load.made >= until,
          () => `${load.made} payments`,
          60_000,
        );
      };
      await more(15);
      expect(await pendingMigrations(stored)).to.not.deep.equal([]);
      const migrating = spawn(process.execPath, ['scripts/migrate.ts'], {
        // What says how many faults are tried is no setting of a server, and would be refused as a misspelt one.
        env: { PATH: process.env['PATH'], ...founded.environment },
        stdio: 'ignore',
      });
      expect((await once(migrating, 'exit'))[0]).to.equal(0);
      expect(await pendingMigrations(stored)).to.deep.equal([]);
      await more(15);
      await start('.');
      await more(15);
      await stop(first);
      await start('.');
      await more(15);
      await stop(second);
      await more(15);
      load.isOver = true;
      await working;
      expect([...answers.keys()].filter((status) => status >= 500)).to.deep.equal([]);
      const { database } = stored;
      await eventually(
        async () =>
          Number((await database.get("SELECT COUNT(*) AS n FROM refunds WHERE state NOT IN ('succeeded', 'failed')"))?.['n']) === 0,
        () => 'refunds that have not ended',
        60_000,
      );
      // What the documentation asks for after servers of an old version ran on the new books.
      await database.transaction(beginBacklog);
      while (await catchUp(database));
      expect(await checkMoney(database, (await control('/_truth?since=0')).entries)).to.deep.equal([]);
      expect(Number((await database.get('SELECT COUNT(*) AS n FROM payments'))?.['n'])).to.equal(load.made);
    });
  });
});
