import { expect } from 'chai';
import { parseAddress } from '../../core/store/address.ts';
import { type ConnectionPool, openPool } from '../../core/store/mysql/pool.ts';
import { hasMariadb, sharedMariadb } from '../kit/mariadb.ts';
import { eventually } from '../kit/merchant.ts';

describe('The use of the pool of connections', function () {
  this.timeout(60_000);
  let pool: ConnectionPool;

  before('MariaDB is installed', async function () {
    if (!hasMariadb()) this.skip();
    const server = await sharedMariadb();
    if (server === null) throw new Error('MariaDB does not start');
    pool = openPool(parseAddress(await server.createDatabase()), 2);
  });
  after(() => pool?.close());

  it('counts what is lent and who waits, also over a connection that is handed on or destroyed', async () => {
    expect(pool.use()).to.deep.equal({ inUse: 0, waiting: 0 });
    const [first, second] = [await pool.acquire(), await pool.acquire()];
    const third = pool.acquire();
    expect(pool.use()).to.deep.equal({ inUse: 2, waiting: 1 });
    first.release();
    const handed = await third;
    expect(pool.use()).to.deep.equal({ inUse: 2, waiting: 0 });
    handed.destroy();
    await eventually(() => pool.use().inUse === 1);
    second.release();
    expect(pool.use()).to.deep.equal({ inUse: 0, waiting: 0 });
    (await pool.acquire()).release();
    expect(pool.use()).to.deep.equal({ inUse: 0, waiting: 0 });
  });

  it('forgets a caller who waited in vain', async () => {
    const lent = [await pool.acquire(), await pool.acquire()];
    const error = await pool.acquire().catch((reason: unknown) => reason);
    expect(error).to.be.an('error');
    for (const connection of lent) connection.release();
    await eventually(() => pool.use().inUse === 0);
    expect(pool.use().waiting).to.equal(0);
  });
});
