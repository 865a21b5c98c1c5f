import { expect } from 'chai';
import { type Database, DatabaseUnavailable, type Tx } from '../../core/store/database.ts';
import { openDatabase } from '../../core/store/open.ts';
import { forEachDatabase } from '../kit/database.ts';
import { type Decide, type Fault, type MysqlProxy, type Statement, startMysqlProxy } from '../kit/mysql-proxy.ts';
import { failure } from './failure.ts';

forEachDatabase((name, open) => {
  if (name !== 'mariadb') return;
  describe('a transaction whose database fails', () => {
    let direct: Database;
    let database: Database;
    let proxy: MysqlProxy;
    let close: () => Promise<void>;
    let works = 0;
    let told: number[] = [];

    before(async () => {
      direct = (await open()).database;
    });

    beforeEach(async () => {
      const url = await addressOf(direct);
      proxy = await startMysqlProxy(Number(url.port));
      url.port = String(proxy.port);
      const opened = await openDatabase({ url: url.href, dataDir: '.' });
      ({ database, close } = opened);
      await database.transaction(async (tx) => void (await tx.run('DELETE FROM versions')));
      proxy.seen.length = 0;
      works = 0;
      told = [];
    });

    afterEach(async () => {
      await close();
      await proxy.close();
    });

    const insert = async (tx: Tx) => {
      works += 1;
      const which = works;
      tx.onCommit(() => told.push(which));
      await tx.run('INSERT INTO versions (id, value) VALUES (?, ?)', ['a', 1]);
      return works;
    };
    const proof = { table: 'versions', id: 'a' };
    const rows = async () => Number((await direct.get('SELECT COUNT(*) AS count FROM versions'))?.['count']);

    describe('during COMMIT', () => {
      it('is answered from its proof when the COMMIT had arrived, and not run again', async () => {
        proxy.set(once('COMMIT', { do: 'cutAfter' }));
        expect(await database.transaction(insert, proof)).to.equal(1);
        expect([works, await rows(), told]).to.deep.equal([1, 1, [1]]);
      });

      it('is run again when the COMMIT had not arrived', async () => {
        proxy.set(once('COMMIT', { do: 'cutBefore' }));
        expect(await database.transaction(insert, proof)).to.equal(2);
        expect([works, await rows(), told]).to.deep.equal([2, 1, [2]]);
      });

      it('is waited for while the server has still to get the COMMIT', async () => {
        proxy.set(once('COMMIT', { do: 'cutThenDeliver', delayMs: 300 }));
        expect(await database.transaction(insert, proof)).to.equal(1);
        expect([works, await rows()]).to.deep.equal([1, 1]);
      });

      for (const [what, cut, left] of [
        ['kept', 'cutAfter', 1],
        ['lost', 'cutBefore', 0],
      ] as const) {
        it(`without a proof is an error, and never run again (${what})`, async () => {
          proxy.set(once('COMMIT', { do: cut }));
          expect(await failure(database.transaction(insert))).to.be.instanceOf(DatabaseUnavailable);
          expect([works, await rows(), told]).to.deep.equal([1, left, []]);
        });
      }

      it('is an error when its proof cannot be looked up either', async function () {
        this.timeout(20_000);
        proxy.set(({ sql }) => {
          if (sql === 'COMMIT') proxy.refuse();
          return null;
        });
        expect(await failure(database.transaction(insert, proof))).to.be.instanceOf(DatabaseUnavailable);
        expect(works).to.equal(1);
      });
    });

    describe('before COMMIT', () => {
      for (const cut of ['cutBefore', 'cutAfter'] as const) {
        it(`is run again after a lost connection (${cut})`, async () => {
          proxy.set(once('execute', { do: cut }));
          expect(await database.transaction(insert)).to.equal(2);
          expect(await rows()).to.equal(1);
        });
      }

      it('is run again on another connection when the one in the pool is dead', async () => {
        proxy.set(once('START TRANSACTION', { do: 'cutBefore' }));
        expect(await database.transaction(insert)).to.equal(1);
        expect(await rows()).to.equal(1);
      });
    });

    for (const errno of [1213, 1205, 1020, 1047, 1180]) {
      for (const statement of ['START TRANSACTION', 'execute', 'COMMIT']) {
        it(`is rolled back and run again as a whole after error ${errno} at ${statement}`, async () => {
          proxy.set(once(statement, { do: 'answer', errno }));
          const expected = statement === 'START TRANSACTION' ? 1 : 2;
          expect(await database.transaction(insert, proof)).to.equal(expected);
          expect([await rows(), told]).to.deep.equal([1, [expected]]);
          const commands = proxy.seen.filter(({ prepared }) => !prepared).map(({ sql }) => sql);
          const first = statement === 'COMMIT' ? ['START TRANSACTION', 'COMMIT', 'ROLLBACK'] : ['START TRANSACTION', 'ROLLBACK'];
          expect(commands).to.deep.equal([...first, 'START TRANSACTION', 'COMMIT']);
        });
      }
    }

    it('never commits a half, even when its work swallows a lock timeout', async () => {
      let fail = true;
      proxy.set(({ prepared }) => {
        if (!prepared || works !== 1 || proxy.seen.filter((each) => each.prepared).length !== 2 || !fail) return null;
        fail = false;
        return { do: 'answer', errno: 1205 };
      });
      await database.transaction(async (tx) => {
        await insert(tx);
        await tx.run('INSERT INTO versions (id, value) VALUES (?, ?)', ['b', 1]).catch(() => 0);
      });
      expect([works, await rows()]).to.deep.equal([2, 2]);
    });

    it('gives up after ten tries', async function () {
      this.timeout(20_000);
      proxy.set(({ prepared }) => (prepared ? { do: 'answer', errno: 1213 } : null));
      expect(await failure(database.transaction(insert))).to.be.instanceOf(DatabaseUnavailable);
      expect([works, await rows()]).to.deep.equal([10, 0]);
    });

    for (const errno of [1290, 1836, 1792]) {
      for (const statement of ['execute', 'COMMIT']) {
        it(`is unavailable at once on a read-only server (${errno} at ${statement})`, async () => {
          proxy.set(once(statement, { do: 'answer', errno }));
          expect(await failure(database.transaction(insert, proof))).to.be.instanceOf(DatabaseUnavailable);
          expect([works, await rows()]).to.deep.equal([1, 0]);
        });
      }
    }

    it('hides no password in what it says', async () => {
      proxy.refuse();
      const other = await openDatabase({ url: `mysql://root:hunter2@127.0.0.1:${proxy.port}/x`, dataDir: '.' });
      const error = await failure(other.database.ping());
      expect(error).to.be.instanceOf(DatabaseUnavailable);
      expect(`${error} ${JSON.stringify(error)} ${String((error as Error).cause)}`).not.to.include('hunter2');
      await other.close();
    });

    it('reads again when the connection is lost', async () => {
      await database.transaction(insert);
      proxy.set(once('execute', { do: 'cutAfter' }));
      expect((await database.get('SELECT value FROM versions'))?.['value']).to.equal(1);
    });
  });

  describe('transactions that collide', () => {
    it('all succeed after a real deadlock', async () => {
      const { database } = await open();
      for (const id of ['a', 'b']) await database.transaction((tx) => tx.run('INSERT INTO versions (id, value) VALUES (?, 0)', [id]));
      const bothHoldOne = Promise.withResolvers<void>();
      let holding = 0;
      let works = 0;
      const increment = (first: string, second: string) =>
        database.transaction(async (tx) => {
          works += 1;
          await tx.run('UPDATE versions SET value = value + 1 WHERE id = ?', [first]);
          holding += 1;
          if (holding === 2) bothHoldOne.resolve();
          await bothHoldOne.promise;
          await tx.run('UPDATE versions SET value = value + 1 WHERE id = ?', [second]);
        });
      await Promise.all([increment('a', 'b'), increment('b', 'a')]);
      expect((await database.all('SELECT value FROM versions')).map((row) => row['value'])).to.deep.equal([2, 2]);
      expect(works).to.be.greaterThan(2);
    });

    it('are refused when no connection becomes free, instead of waiting for ever', async () => {
      const { options } = await open();
      const small = await openDatabase({ ...options, poolSize: 1 });
      const end = Promise.withResolvers<void>();
      const holding = small.database.transaction(() => end.promise);
      const error = await failure(small.database.transaction(async () => 1));
      expect(error).to.be.instanceOf(DatabaseUnavailable);
      end.resolve();
      await holding;
      expect(await small.database.transaction(async () => 2)).to.equal(2);
      await small.close();
    });
  });

  describe('a session', () => {
    it('has the settings that the store relies on, whatever the server’s are', async () => {
      const { database } = await open();
      const rows = await database.all('SHOW SESSION VARIABLES');
      const settings = Object.fromEntries(rows.map((row) => [row['Variable_name'], row['Value']]));
      expect(settings['tx_isolation'] ?? settings['transaction_isolation']).to.equal('READ-COMMITTED');
      expect(settings['sql_mode']).to.include('STRICT_ALL_TABLES');
      expect(settings['autocommit']).to.equal('ON');
      expect(settings['innodb_lock_wait_timeout']).to.equal('5');
      expect(settings['character_set_connection']).to.equal('utf8mb4');
    });
  });
});

/** Applies a fault to the first statement of that text, or to the first `execute`d one. */
function once(text: string, fault: Fault): Decide {
  let pending = true;
  const fits = ({ sql, prepared }: Statement) => (prepared ? 'execute' : sql) === text;
  return (statement) => {
    if (!pending || !fits(statement)) return null;
    pending = false;
    return fault;
  };
}

async function addressOf(database: Database): Promise<URL> {
  const row = await database.get('SELECT DATABASE() AS name, @@port AS port');
  return new URL(`mysql://root@127.0.0.1:${row?.['port']}/${row?.['name']}`);
}
