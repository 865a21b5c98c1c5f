import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { DataFolderError } from '../../core/store/data-folder.ts';
import { openDatabase, openForServer } from '../../core/store/open.ts';

describe('The folder of the embedded database', () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'paymux-lock-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  const failureOf = (work: Promise<unknown>) =>
    work.then(
      () => null,
      (error: unknown) => error,
    );

  it('serves one server at a time, and the next once that one has closed it', async () => {
    const first = await openForServer({ dataDir });
    const failure = await failureOf(openForServer({ dataDir }));
    expect(failure).to.be.instanceOf(DataFolderError);
    expect(String(failure)).to.include(`another server is using the data folder ${dataDir}`).and.include('PAYMUX_DATABASE_URL');
    await first.close();
    await (await openForServer({ dataDir })).close();
  });

  it('lets the admin command and migrations in beside a server', async () => {
    const server = await openForServer({ dataDir });
    const beside = await openDatabase({ dataDir });
    await beside.database.ping();
    await beside.close();
    await server.close();
  });

  it('is free again as soon as a server was killed', async function () {
    this.timeout(20_000);
    const script = `import { openForServer } from './core/store/open.ts';
      await openForServer({ dataDir: ${JSON.stringify(dataDir)} });
      console.log('locked');
      setInterval(() => undefined, 1000);`;
    const server = spawn(process.execPath, ['--input-type=module-typescript', '--eval', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(server.stdout, 'data');
    expect(await failureOf(openForServer({ dataDir }))).to.be.instanceOf(DataFolderError);
    server.kill('SIGKILL');
    await once(server, 'exit');
    await (await openForServer({ dataDir })).close();
  });

  it('that cannot be one is refused with the setting that names it', async () => {
    writeFileSync(join(dataDir, 'file'), '');
    const failure = await failureOf(openForServer({ dataDir: join(dataDir, 'file') }));
    expect(String(failure)).to.match(/data folder .*file cannot be used \(PAYMUX_DATA_DIR\): EEXIST/);
    expect(await failureOf(openDatabase({ dataDir: join(dataDir, 'file', 'deep') }))).to.be.instanceOf(DataFolderError);
    // Where nothing can be made, a recursive mkdir would try for ever.
    expect(await failureOf(openDatabase({ dataDir: '/proc/paymux/data' }))).to.be.instanceOf(DataFolderError);
    writeFileSync(join(dataDir, 'paymux.db'), 'no database at all, but long enough to be looked at as one'.repeat(100));
    expect(String(await failureOf(openDatabase({ dataDir })))).to.match(/cannot be used \(PAYMUX_DATA_DIR\): file is not a database/);
  });
});
