import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createDialect } from '../../core/store/sqlite/dialect.ts';
import { createWriterLock, type WriterLock } from '../../core/store/sqlite/writer.ts';

interface Answer {
  readonly error: (Error & { code?: string }) | null;
  readonly rows: unknown;
  readonly statement: { readonly lastID: number; readonly changes: number };
}

describe('the sqlite3-shaped adapter', () => {
  let folder: string;
  let lock: WriterLock;
  let ask: (sql: string, ...parameters: unknown[]) => Promise<Answer>;
  let close: () => void;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'paymux-dialect-'));
    lock = createWriterLock();
    const dialect = createDialect(lock);
    const opened = Promise.withResolvers<void>();
    const connection = new dialect.Database(join(folder, 'x.db'), dialect.OPEN_READWRITE | dialect.OPEN_CREATE, () => opened.resolve());
    await opened.promise;
    ask = (sql, ...parameters) =>
      new Promise((resolve) => {
        connection.all(sql, ...parameters, function (this: Answer['statement'], error: Answer['error'], rows: unknown) {
          resolve({ error, rows, statement: this });
        });
      });
    close = () => connection.close();
    await ask('CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT UNIQUE, b TEXT)');
  });

  afterEach(async () => {
    close();
    await rm(folder, { recursive: true });
  });

  const isFree = async () => {
    const taken = lock.take().then((release) => release());
    return Promise.race([taken.then(() => true), new Promise((resolve) => setImmediate(() => setImmediate(() => resolve(false))))]);
  };

  it('tells what a write did, in a callback whose `this` is a Statement', async () => {
    const { statement } = await ask('INSERT INTO t (id, a) VALUES (?, ?)', [7, 'x']);
    expect(statement).to.deep.include({ lastID: 7, changes: 1 });
    expect(statement.constructor.name).to.equal('Statement');
  });

  it('shifts no value when a Date comes first, and stores what is undefined as null', async () => {
    await ask('INSERT INTO t (a, b) VALUES (?, ?)', [new Date(0), undefined]);
    const { rows } = await ask('SELECT a, b FROM t');
    expect(rows).to.have.length(1);
    expect({ ...(rows as object[])[0] }).to.deep.equal({ a: '1970-01-01T00:00:00.000Z', b: null });
  });

  it('takes named parameters with their sign', async () => {
    const { rows } = await ask('SELECT $1 AS a, $2 AS b', { $1: 'x', $2: false });
    expect({ ...(rows as object[])[0] }).to.deep.equal({ a: 'x', b: 0 });
  });

  it('names errors as the sqlite3 package does', async () => {
    await ask("INSERT INTO t (a) VALUES ('x')");
    const taken = await ask("INSERT INTO t (a) VALUES ('x')");
    expect(taken.error).to.have.property('code', 'SQLITE_CONSTRAINT');
    expect(taken.error?.message).to.equal('SQLITE_CONSTRAINT: UNIQUE constraint failed: t.a');
    expect((await ask('SELECT * FROM nothing')).error).to.have.property('code', 'SQLITE_ERROR');
    expect((await ask('SELECT ?', [{}])).error?.message).to.match(/not a value that can be stored/);
  });

  for (const end of ['COMMIT', 'ROLLBACK']) {
    it(`keeps the right to write from BEGIN to ${end}`, async () => {
      await ask('BEGIN DEFERRED TRANSACTION;');
      await ask("INSERT INTO t (a) VALUES ('x')");
      expect(await isFree()).to.equal(false);
      await ask(`${end};`);
      expect(await isFree()).to.equal(true);
    });
  }

  it('gives the right to write back when it is closed inside a transaction', async () => {
    await ask('BEGIN');
    close();
    expect(await isFree()).to.equal(true);
  });

  it('gives the right to write back after a single write and after a failed one', async () => {
    await ask("INSERT INTO t (a) VALUES ('x')");
    await ask("INSERT INTO t (a) VALUES ('x')");
    expect(await isFree()).to.equal(true);
  });
});
