import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { Database } from '../../core/store/database.ts';
import { migrate } from '../../core/store/migrations/migrate.ts';
import { type OpenOptions, openDatabase } from '../../core/store/open.ts';
import { forEachDatabase } from '../kit/database.ts';
import { startMariadb } from '../kit/mariadb.ts';

const program = fileURLToPath(new URL('load.ts', import.meta.url));
const enoughRows = 300;

forEachDatabase((name, open) => {
  describe('kill -9', function () {
    this.timeout(60_000);

    it('of a server under load loses no row that was acknowledged, and leaves no half of a transaction', async () => {
      const { options, database } = await open();
      const load = startLoad(options, 'a', 16, 100_000);
      const acknowledged = await readLines(load, enoughRows);
      load.kill('SIGKILL');
      await once(load, 'exit');
      await expectAll(database, acknowledged);
    });

    it('of one of two servers leaves the other working', async () => {
      const { options, database } = await open();
      const [killed, other] = [startLoad(options, 'a', 4, 100_000), startLoad(options, 'b', 4, 50)];
      const [first, second] = await Promise.all([
        readLines(killed, 20).then((lines) => [killed.kill('SIGKILL'), ...lines]),
        readLines(other, 200),
      ]);
      await expectAll(database, [...first.slice(1).map(String), ...second]);
    });

    if (name === 'mariadb') {
      it('of the database under load loses no row that was acknowledged', async () => {
        const server = await startMariadb();
        try {
          const options = { url: await server.createDatabase(), dataDir: tmpdir() };
          const opened = await openDatabase(options);
          await migrate(opened);
          const load = startLoad(options, 'a', 16, 100_000);
          const acknowledged = await readLines(load, enoughRows);
          await server.kill();
          load.kill('SIGKILL');
          await server.start();
          await expectAll(opened.database, acknowledged);
          await opened.close();
        } finally {
          await server.stop();
        }
      });
    }
  });
});

function startLoad(options: OpenOptions, prefix: string, writers: number, rows: number): ChildProcess {
  const args = [program, JSON.stringify(options), prefix, String(writers), String(rows)];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
}

/** All ids told so far, once there are enough. */
async function readLines(child: ChildProcess, count: number): Promise<string[]> {
  const lines: string[] = [];
  if (child.stdout === null) throw new Error('the output of the child is not read');
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (lines.length >= count) break;
  }
  if (lines.length < count) throw new Error(`the child ended after ${lines.length} of ${count} rows`);
  return lines;
}

async function expectAll(database: Database, ids: readonly string[]): Promise<void> {
  const stored = async (table: string) => (await database.all(`SELECT id FROM ${table} ORDER BY id`)).map((row) => String(row['id']));
  const versions = await stored('versions');
  expect(new Set(versions)).to.include.keys(...ids);
  expect(await stored('channels')).to.deep.equal(versions);
}
