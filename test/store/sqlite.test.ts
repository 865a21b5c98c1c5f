import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect } from 'chai';
import { QueryTypes, type Transaction } from 'sequelize';
import { DatabaseUnavailable, type Tx } from '../../core/store/database.ts';
import { migrate } from '../../core/store/migrations/migrate.ts';
import { type OpenDatabase, openDatabase } from '../../core/store/open.ts';
import { failure } from './failure.ts';

describe('the embedded database', () => {
  let dataDir: string;
  let opened: OpenDatabase;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'paymux-sqlite-'));
    opened = await openDatabase({ dataDir });
    await migrate(opened);
  });

  afterEach(async () => {
    await opened.close();
    await rm(dataDir, { recursive: true });
  });

  const put = (id: string) => async (tx: Tx) => {
    await tx.run('INSERT INTO versions (id, value) VALUES (?, 1)', [id]);
    return id;
  };
  const stored = async () => (await opened.database.all('SELECT id FROM versions ORDER BY id')).map((row) => String(row['id']));
  const asText = (error: unknown) => (error instanceof Error ? error.name : error);
  const settle = async (works: readonly ((tx: Tx) => Promise<unknown>)[]) =>
    (await Promise.allSettled(works.map((work) => opened.database.transaction(work)))).map((each) =>
      each.status === 'fulfilled' ? each.value : asText(each.reason),
    );

  it('can be read by its owner alone', async () => {
    expect((await stat(join(dataDir, 'paymux.db'))).mode & 0o777).to.equal(0o600);
  });

  it('is on disk before a COMMIT returns, and readers do not wait for writers', async () => {
    const mode = (sql: string) => opened.database.transaction((tx) => tx.get(sql));
    expect(Object.values((await mode('PRAGMA journal_mode')) ?? {})).to.deep.equal(['wal']);
    expect(Object.values((await mode('PRAGMA synchronous')) ?? {})).to.deep.equal([2]);
    expect(Object.values((await mode('PRAGMA foreign_keys')) ?? {})).to.deep.equal([1]);
  });

  it('cannot be written by reads outside of a transaction', async () => {
    expect(await failure(opened.database.all("INSERT INTO versions (id, value) VALUES ('a', 1) RETURNING id"))).to.be.instanceOf(Error);
    expect(await stored()).to.deep.equal([]);
  });

  describe('with transactions that wait together', () => {
    it('commits all, more than fit in one group', async () => {
      const ids = Array.from({ length: 200 }, (_, index) => String(1000 + index));
      expect(await settle(ids.map(put))).to.deep.equal(ids);
      expect(await stored()).to.deep.equal(ids);
    });

    it('shares one COMMIT among them', async () => {
      const observer = new DatabaseSync(join(dataDir, 'paymux.db'), { readOnly: true });
      const version = () => observer.prepare('PRAGMA data_version').get()?.['data_version'];
      const versions = new Set<unknown>([version()]);
      const works = Array.from({ length: 50 }, (_, index) => async (tx: Tx) => {
        await put(String(index))(tx);
        versions.add(version());
      });
      await settle(works);
      versions.add(version());
      observer.close();
      expect(versions.size).to.equal(2);
    });

    it('lets a failing one harm none of its neighbours', async () => {
      const fail = async (tx: Tx) => {
        await put('half')(tx);
        throw new TypeError('no');
      };
      const duplicate = async (tx: Tx) => {
        await put('half of another')(tx);
        await put('a')(tx);
      };
      expect(await settle([put('a'), fail, put('b'), duplicate, put('c')])).to.deep.equal(['a', 'TypeError', 'b', 'UniqueError', 'c']);
      expect(await stored()).to.deep.equal(['a', 'b', 'c']);
    });

    it('refuses all of them when the COMMIT fails, and goes on afterwards', async () => {
      const orphan = async (tx: Tx) => {
        await tx.run('CREATE TABLE child (parent TEXT REFERENCES versions (id) DEFERRABLE INITIALLY DEFERRED)');
        await tx.run("INSERT INTO child (parent) VALUES ('nobody')");
      };
      expect(await settle([put('a'), orphan, put('b')])).to.deep.equal(['Error', 'Error', 'Error']);
      expect(await stored()).to.deep.equal([]);
      expect(await settle([put('c')])).to.deep.equal(['c']);
    });

    it('ends them all with a statement that rolls everything back, and lets nothing be written outside of a transaction', async () => {
      await opened.database.transaction(put('taken'));
      const careless = async (tx: Tx) => {
        await tx.run("INSERT OR ROLLBACK INTO versions (id, value) VALUES ('taken', 1)").catch(() => 0);
        await tx.run("INSERT INTO versions (id, value) VALUES ('stray', 1)").catch(() => 0);
      };
      expect(await settle([put('a'), careless])).to.deep.equal(['Error', 'Error']);
      expect(await stored()).to.deep.equal(['taken']);
      expect(await settle([put('b')])).to.deep.equal(['b']);
    });

    it('acknowledges nothing on a full disk, even when a work swallows the error', async () => {
      const fill = async (tx: Tx) => {
        const [pages] = Object.values((await tx.get('PRAGMA page_count')) ?? {});
        await tx.get(`PRAGMA max_page_count = ${Number(pages) + 1}`);
        const row = ['big', 'x'.repeat(500_000), 1];
        await tx.run("INSERT INTO merchants (id, name, status, created_at) SELECT ?, 'name', ?, ?", row).catch(() => 0);
        const error = await failure(tx.run("INSERT INTO signing_keys VALUES ('k', 'a', 'x', ?, 's', 1)", ['x'.repeat(500_000)]));
        expect(error).to.be.instanceOf(Error);
        throw error;
      };
      const [first, second] = await settle([put('a'), fill]);
      expect(second).to.equal('DatabaseUnavailable');
      expect(await stored()).to.deep.equal(first === 'a' ? ['a'] : []);
      await opened.database.transaction((tx) => tx.get('PRAGMA max_page_count = 1000000'));
      expect(await settle([put('c')])).to.deep.equal(['c']);
    });
  });

  describe('with sequelize on the same file', () => {
    const insert = async (id: string, transaction?: Transaction) =>
      (await opened.openSequelize()).query('INSERT INTO versions (id, value) VALUES ($1, 1)', {
        bind: [id],
        ...(transaction && { transaction }),
      });

    it('takes writes of both at once', async () => {
      const ids = Array.from({ length: 60 }, (_, index) => String(100 + index));
      await Promise.all(
        ids.map(async (id, index) => {
          if (index % 3 === 0) return insert(id);
          if (index % 3 === 1) return (await opened.openSequelize()).transaction((transaction) => insert(id, transaction));
          return opened.database.transaction(put(id));
        }),
      );
      expect(await stored()).to.deep.equal(ids);
    });

    it('waits while sequelize holds a transaction, and neither sees what is not committed', async () => {
      const transaction = await (await opened.openSequelize()).transaction();
      await insert('s', transaction);
      const waiting = opened.database.transaction(put('e'));
      const outside = await (await opened.openSequelize()).query('SELECT id FROM versions', { type: QueryTypes.SELECT });
      expect([outside, await stored()]).to.deep.equal([[], []]);
      await transaction.commit();
      await waiting;
      expect(await stored()).to.deep.equal(['e', 's']);
    });

    it('lets both write in the order of asking', async () => {
      const transaction = await (await opened.openSequelize()).transaction();
      await insert('first', transaction);
      const asked: Promise<unknown>[] = [opened.database.transaction(put('engine'))];
      for (const id of ['b', 'a', 'd', 'c', 'f', 'e']) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        asked.push(insert(id));
      }
      await transaction.commit();
      await Promise.all(asked);
      const order = await opened.database.all('SELECT id FROM versions ORDER BY rowid');
      expect(order.map((row) => row['id'])).to.deep.equal(['first', 'engine', 'b', 'a', 'd', 'c', 'f', 'e']);
    });

    it('goes on after sequelize rolled back', async () => {
      const error = await failure(
        (await opened.openSequelize()).transaction(async (transaction) => {
          await insert('s', transaction);
          await insert('s', transaction);
        }),
      );
      expect(error).to.have.property('name', 'SequelizeUniqueConstraintError');
      expect(await settle([put('e')])).to.deep.equal(['e']);
      expect(await stored()).to.deep.equal(['e']);
    });

    it('stores what sequelize binds as the engine would', async () => {
      const sql = 'SELECT typeof($1) AS number, $2 AS flag, $3 AS empty, $4 AS date, typeof($5) AS text';
      const bind = [5, true, null, new Date(0), 'x'];
      const [row] = await (await opened.openSequelize()).query(sql, { bind, type: QueryTypes.SELECT });
      expect(row).to.deep.equal({ number: 'integer', flag: 1, empty: null, date: '1970-01-01T00:00:00.000Z', text: 'text' });
    });

    it('rounds no integer', async () => {
      const query = async (sql: string, bind: readonly unknown[]) =>
        (await opened.openSequelize()).query(sql, { bind: [...bind], type: QueryTypes.SELECT });
      expect(await failure(query('SELECT 9007199254740993 AS big', []))).to.be.instanceOf(Error);
      expect(await failure(query('SELECT $1 AS big', [2 ** 53]))).to.be.instanceOf(Error);
      expect(await query('SELECT $1 AS big', [2 ** 53 - 1])).to.deep.equal([{ big: 2 ** 53 - 1 }]);
    });
  });

  it('waits for a writer of another process without blocking, and then writes', async () => {
    const other = new DatabaseSync(join(dataDir, 'paymux.db'));
    other.exec("BEGIN IMMEDIATE; INSERT INTO versions (id, value) VALUES ('other', 1)");
    const engine = opened.database.transaction(put('engine'));
    const sequelize = (await opened.openSequelize()).query("INSERT INTO versions (id, value) VALUES ('sequelize', 1)");
    // While both wait, reads and timers run.
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await stored()).to.deep.equal([]);
    other.exec('COMMIT');
    other.close();
    await Promise.all([engine, sequelize]);
    expect(await stored()).to.deep.equal(['engine', 'other', 'sequelize']);
  });

  it('says that it cannot be used when its folder is a file', async () => {
    const error = await failure(openDatabase({ dataDir: join(dataDir, 'paymux.db') }));
    expect(error).to.be.instanceOf(Error).and.not.instanceOf(DatabaseUnavailable);
  });
});
