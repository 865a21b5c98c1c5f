import { createPool, type Pool, type PoolConnection } from 'mysql2/promise';
import type { Address } from '../address.ts';
import { DatabaseUnavailable } from '../database.ts';
import { explain } from './errors.ts';
import { prepareSession } from './session.ts';

/** Nobody waits longer than this for a connection: a request that came too late is refused, not queued. */
const acquireTimeoutMs = 2_000;
const maxWaiting = 1_000;
/** Servers allow 16,382 prepared statements in all (max_prepared_stmt_count); the driver alone would take 16,000 each connection. */
const maxPreparedStatements = 256;

/** Connections that are lent, and callers who wait for one. */
export interface PoolUse {
  readonly inUse: number;
  readonly waiting: number;
}

export interface ConnectionPool {
  /** Lends a connection whose session is prepared. Give it back with `release`, or with `destroy` when its state is unknown. */
  acquire(): Promise<PoolConnection>;
  use(): PoolUse;
  close(): Promise<void>;
}

export function openPool(address: Address, poolSize: number): ConnectionPool {
  const { tls, ...server } = address;
  const pool = createPool({
    ...server,
    ...(tls && { ssl: {} }),
    connectionLimit: poolSize,
    queueLimit: maxWaiting,
    connectTimeout: acquireTimeoutMs,
    enableKeepAlive: true,
    charset: 'utf8mb4_bin',
    flags: ['+FOUND_ROWS'],
    supportBigNumbers: true,
    bigNumberStrings: false,
    maxPreparedStatements,
    // A stack captured at every statement took 7 % of the CPU of a create.
    trace: false,
  });
  const lent = trackLent(pool);
  let waiting = 0;
  const prepared = new WeakSet<object>();
  const prepare = async (connection: PoolConnection) => {
    if (prepared.has(connection.connection)) return;
    await prepareSession(async (sql) => (await connection.query(sql))[0]);
    prepared.add(connection.connection);
  };
  const acquire = async () => {
    waiting += 1;
    const connection = await withinTime(pool.getConnection()).finally(() => {
      waiting -= 1;
    });
    try {
      await prepare(connection);
      return connection;
    } catch (error) {
      connection.destroy();
      throw error;
    }
  };
  return {
    acquire: () => acquire().catch((error: unknown) => Promise.reject(refuse(error))),
    use: () => ({ inUse: lent.size, waiting }),
    // A connection that the server has cut cannot say goodbye, and needs not.
    close: () => pool.end().catch(() => undefined),
  };
}

/** Which connections are lent. One that is destroyed is never given back, so its end counts too. */
function trackLent(pool: Pool): ReadonlySet<object> {
  const lent = new Set<object>();
  pool.on('acquire', (connection) => void lent.add(connection));
  pool.on('release', (connection) => void lent.delete(connection));
  pool.on('connection', (connection) => void connection.once('end', () => lent.delete(connection)));
  return lent;
}

/** A connection that comes too late goes back to the pool. */
async function withinTime(waiting: Promise<PoolConnection>): Promise<PoolConnection> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new DatabaseUnavailable('no connection to the database became free in time')), acquireTimeoutMs);
  try {
    return await Promise.race([waiting, late]);
  } catch (error) {
    waiting.then(
      (connection) => connection.release(),
      () => undefined,
    );
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Whatever keeps us from a connection: the database is not there for us now. */
function refuse(error: unknown): DatabaseUnavailable {
  const reason = explain(error);
  if (reason instanceof DatabaseUnavailable) return reason;
  return new DatabaseUnavailable(`no connection to the database: ${error instanceof Error ? error.message : ''}`, { cause: error });
}
