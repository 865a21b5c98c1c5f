import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { Database } from '../../core/store/database.ts';
import type { OpenOptions } from '../../core/store/open.ts';
import { tables } from '../../core/store/schema.ts';
import { forEachDatabase } from '../kit/database.ts';
import { listMigrations } from '../kit/migrations.ts';
import { readSchema } from './read-schema.ts';

const all = listMigrations();
const program = fileURLToPath(new URL('../../scripts/migrate.ts', import.meta.url));

forEachDatabase((name, open) => {
  describe('npm run migrate', function () {
    this.timeout(60_000);

    it('lists what is pending, runs it, and has nothing to do a second time', async () => {
      const { options, database } = await open({ migrated: false });
      expect(await run(options, ['plan'])).to.equal(`${all.map((one) => `pending ${one}\n`).join('')}0`);
      expect(await readSchema(database)).to.deep.equal({});
      expect(await run(options, [])).to.equal(`${all.map((one) => `done ${one}\n`).join('')}0`);
      expect(await run(options, [])).to.equal('nothing was pending\n0');
      expect(await run(options, ['plan'])).to.equal('nothing is pending\n0');
    });

    it('refuses what it does not know, and changes nothing', async () => {
      const { options, database } = await open({ migrated: false });
      expect(await run(options, ['paln'])).to.match(/^usage: .*\n2$/);
      expect(await readSchema(database)).to.deep.equal({});
    });

    it('does its work once when two run at the same time', async () => {
      const { options, database } = await open({ migrated: false });
      const said = await Promise.all([run(options, []), run(options, [])]);
      expect(said.filter((text) => text.startsWith('done'))).to.have.length(1);
      expect(
        said.every((text) => text.endsWith('\n0')),
        said.join(),
      ).to.equal(true);
      expect(await readSchema(database)).to.include.all.keys(Object.keys(tables));
    });

    it('completes what a run that was killed had begun', async () => {
      const { options, database } = await open({ migrated: false });
      const child = start(options, []);
      await waitForTable(database, name === 'sqlite' ? 'migration_lease' : 'versions');
      child.kill('SIGKILL');
      await once(child, 'exit');
      expect(await run(options, [])).to.match(/\n0$/);
      expect(await run(options, ['plan'])).to.equal('nothing is pending\n0');
      expect(await readSchema(database)).to.include.all.keys(Object.keys(tables));
    });
  });
});

function start(options: OpenOptions, args: readonly string[]): ChildProcess {
  const { PAYMUX_DATABASE_URL: _ignored, ...environment } = process.env;
  const url = typeof options.url === 'string' ? { PAYMUX_DATABASE_URL: options.url } : {};
  return spawn(process.execPath, [program, ...args], {
    env: { ...environment, PAYMUX_DATA_DIR: options.dataDir, ...url },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** What the command said, then its exit code. */
async function run(options: OpenOptions, args: readonly string[]): Promise<string> {
  const child = start(options, args);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => (said += data));
  const [code] = await once(child, 'close');
  return `${said}${code}`;
}

async function waitForTable(database: Database, table: string): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(table in (await readSchema(database)))) {
    if (Date.now() > deadline) throw new Error(`the table ${table} did not appear`);
    await wait(1);
  }
}
