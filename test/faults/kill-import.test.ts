import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { checkMoney } from '../kit/check-money.ts';
import { forEachDatabase } from '../kit/database.ts';
import { eventually } from '../kit/merchant.ts';
import { day, lineOf, openStatementShop } from '../kit/statement-shop.ts';

describe('A server that is killed while it imports a statement', () =>
  forEachDatabase((_name, open) => {
    it('leaves nothing that counts: the same day is imported and compared as if nothing had been', async function () {
      this.timeout(60_000);
      const { database, options } = await open();
      const shop = openStatementShop(database);
      const count = async (sql: string) => Number((await database.get(`SELECT COUNT(*) AS n FROM ${sql}`))?.['n']);
      const program = spawn(process.execPath, ['test/kit/import-without-end.ts', JSON.stringify(options)], {
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      const ended = once(program, 'exit');
      await eventually(
        async () => (await count('statement_pieces')) === 3,
        () => 'no three pieces',
        30_000,
      );
      program.kill('SIGKILL');
      expect((await ended)[1]).to.equal('SIGKILL');
      expect(await count("statement_files WHERE state = 'receiving'")).to.equal(1);

      const lines = [lineOf(await shop.paid()), { number: 'NOTOURS' }];
      expect(await shop.given(day, lines)).to.equal('kept');
      expect(await shop.reconcile(day)).to.include({ kind: 'done' });
      expect(await shop.given(day, lines)).to.equal('known');
      expect(await shop.reconcile(day)).to.include({ written: 0 });
      for (const table of ['reconciliations', 'statement_files', 'statement_pieces', 'discrepancies'])
        expect(await count(table), table).to.equal(1);
      expect(await checkMoney(database)).to.deep.equal([]);
    });
  }));
