import { tmpdir } from 'node:os';
import { expect } from 'chai';
import { checkDatabase } from '../../core/store/mysql/checks.ts';
import { openDatabase } from '../../core/store/open.ts';
import { forEachDatabase } from '../kit/database.ts';
import { startMariadb } from '../kit/mariadb.ts';

forEachDatabase((name, open) => {
  describe('the checks of a database', () => {
    it('find no fault in a sound one', async () => {
      expect(await checkDatabase((await open()).database)).to.deep.equal([]);
    });

    if (name === 'mariadb') {
      it('find every fault at once, and each is mended by the statement that it names', async function () {
        this.timeout(60_000);
        const careless = ['--sql-mode=ANSI_QUOTES', '--innodb-flush-log-at-trx-commit=2', '--autocommit=0', '--log-bin', '--sync-binlog=0'];
        const server = await startMariadb([...careless, '--binlog-format=STATEMENT']);
        try {
          const url = await server.createDatabase();
          const database = new URL(url).pathname.slice(1);
          await server.query(`ALTER DATABASE ${database} CHARACTER SET latin1`);
          const before = await openDatabase({ url, dataDir: tmpdir() });
          const faults = await checkDatabase(before.database);
          await before.close();
          const names = [
            'sql_mode',
            'innodb_flush_log_at_trx_commit',
            'sync_binlog',
            'binlog_format',
            'autocommit',
            'character_set_database',
          ];
          expect(faults.map((fault) => fault.split(' ')[0])).to.deep.equal(names);
          expect(faults[0]).to.match(/^sql_mode is ANSI_QUOTES; it must be strict/);
          for (const fault of faults) await server.query(/Set it with: (.*);$/.exec(fault)?.[1] ?? 'no statement');
          const after = await openDatabase({ url, dataDir: tmpdir() });
          expect(await checkDatabase(after.database)).to.deep.equal([]);
          await after.close();
        } finally {
          await server.stop();
        }
      });
    }
  });
});
