import { expect } from 'chai';
import { type Connection, createConnection } from 'mysql2/promise';
import { sharedMariadb } from '../kit/mariadb.ts';
import { eventually } from '../kit/merchant.ts';
import { type Fault, type MysqlProxy, startMysqlProxy } from '../kit/mysql-proxy.ts';
import { failure } from './failure.ts';

describe('The proxy before a MySQL server', () => {
  let url: URL;
  let proxy: MysqlProxy;
  let client: Connection;
  let direct: Connection;

  before('MariaDB is installed', async function () {
    this.timeout(60_000);
    const server = await sharedMariadb();
    if (server === null) return this.skip();
    url = new URL(await server.createDatabase());
    direct = await createConnection(url.href);
    await direct.query('CREATE TABLE t (id INT PRIMARY KEY)');
  });
  after(() => direct?.end());

  beforeEach(async () => {
    await direct.query('DELETE FROM t');
    proxy = await startMysqlProxy(Number(url.port));
    client = await createConnection({ host: '127.0.0.1', port: proxy.port, user: 'root', database: url.pathname.slice(1) });
    client.on('error', () => undefined);
  });
  afterEach(async () => {
    client.destroy();
    await proxy.close();
  });

  const count = async () => Number(((await direct.query('SELECT COUNT(*) AS n FROM t'))[0] as { n: number }[])[0]?.n);
  const insert = (id: number) => client.execute('INSERT INTO t (id) VALUES (?)', [id]);
  const at = (sql: string, fault: Fault) => proxy.set((statement) => (statement.sql.startsWith(sql) ? fault : null));
  const code = async (promise: Promise<unknown>) => {
    const { errno, code: name } = (await failure(promise)) as { errno?: number; code?: string };
    return name === 'PROTOCOL_CONNECTION_LOST' || name === 'ECONNRESET' ? 'lost' : errno;
  };

  it('knows queries by their text, and prepared statements by the text that they were prepared from', async () => {
    await client.query('SELECT 1');
    await insert(1);
    await client.execute('SELECT id FROM t WHERE id = ?', [1]);
    await insert(2);
    expect(proxy.seen).to.deep.equal([
      { sql: 'SELECT 1', prepared: false },
      { sql: 'INSERT INTO t (id) VALUES (?)', prepared: true },
      { sql: 'SELECT id FROM t WHERE id = ?', prepared: true },
      { sql: 'INSERT INTO t (id) VALUES (?)', prepared: true },
    ]);
    expect(await count()).to.equal(2);
  });

  for (const [what, fault, left] of [
    ['before a COMMIT arrived: nothing is kept', { do: 'cutBefore' }, 0],
    ['after a COMMIT arrived: it is kept, and the client hears the same', { do: 'cutAfter' }, 1],
  ] as const) {
    it(`cuts ${what}`, async () => {
      await client.query('START TRANSACTION');
      await insert(1);
      at('COMMIT', fault);
      expect(await code(client.query('COMMIT'))).to.equal('lost');
      expect(await count()).to.equal(left);
    });
  }

  it('gives the COMMIT to the server after the client has lost it', async () => {
    await client.query('START TRANSACTION');
    await insert(1);
    at('COMMIT', { do: 'cutThenDeliver', delayMs: 50 });
    expect(await code(client.query('COMMIT'))).to.equal('lost');
    await eventually(async () => (await count()) === 1);
  });

  for (const errno of [1213, 1205, 1020, 1047, 1290]) {
    it(`answers ${errno} in place of the server, for a query and for a prepared statement, and goes on`, async () => {
      await client.query('START TRANSACTION');
      await insert(1);
      at('INSERT', { do: 'answer', errno });
      expect(await code(insert(2))).to.equal(errno);
      at('COMMIT', { do: 'answer', errno });
      expect(await code(client.query('COMMIT'))).to.equal(errno);
      proxy.set(() => null);
      await client.query('COMMIT');
      expect(await count()).to.equal(1);
    });
  }

  it('holds a statement back until it is let go, or its connection is cut', async () => {
    await insert(1);
    at('INSERT', { do: 'stall' });
    const held = insert(2);
    await eventually(() => proxy.stalled() === 1);
    expect(await count()).to.equal(1);
    proxy.release();
    await held;
    expect(await count()).to.equal(2);
    const lost = code(insert(3));
    await eventually(() => proxy.stalled() === 1);
    proxy.cut();
    expect(await lost).to.equal('lost');
    expect([proxy.stalled(), await count()]).to.deep.equal([0, 2]);
  });

  it('delays a statement, and gives it to the server then', async () => {
    at('INSERT', { do: 'delay', delayMs: 30 });
    await insert(1);
    expect(await count()).to.equal(1);
  });
});
