import { randomUUID } from 'node:crypto';
import { type Database, type Tx, UniqueError } from '../store/database.ts';

/** The right to do some work alone among all servers of a database. */
export interface Lease {
  /** Grows with every holder. */
  readonly fence: number;
  /** Aborted once somebody else may hold it. */
  readonly lost: AbortSignal;
  /** The database for all that is written under the lease: no transaction commits after somebody else took it. */
  readonly database: Database;
}

export interface LeaseRule {
  /** The table's row: one for each kind of work. */
  readonly name: string;
  /** How long a holder that died keeps the others waiting. One that lives renews three times in that time. */
  readonly ttlMs: number;
  /** How long it stays taken after the work was done, for work that is to be done once in a time. Default: not at all. */
  readonly keepMs?: number;
}

/** What a write under a lease that somebody else has taken throws. Nothing was written. */
export class LeaseLost extends Error {
  constructor(name: string) {
    super(`the lease ${name} was taken by another server`);
    this.name = 'LeaseLost';
  }
}

export type Leased<T> = { readonly kind: 'done'; readonly result: T } | { readonly kind: 'held' };

/**
 * Runs `work` if nobody else holds the lease. Times are the database's, so that clocks of servers need not agree. The lease
 * alone cannot keep a server from writing that was paused while another took over: that its number (the fence) is compared
 * in each transaction does. Not GET_LOCK: on two Galera nodes both callers get it.
 */
export async function runLeased<T>(database: Database, rule: LeaseRule, work: (lease: Lease) => Promise<T>): Promise<Leased<T>> {
  const holder = randomUUID();
  const fence = await take(database, rule, holder);
  if (fence === null) return { kind: 'held' };
  const lost = new AbortController();
  const renewing = setInterval(() => void renew(database, rule, fence, lost), rule.ttlMs / 3);
  let keepMs = 0;
  try {
    const result = await work({ fence, lost: lost.signal, database: fenced(database, rule, fence) });
    keepMs = rule.keepMs ?? 0;
    return { kind: 'done', result };
  } finally {
    clearInterval(renewing);
    await end(database, rule, fence, keepMs);
  }
}

/** The holder's number; null when somebody else holds the lease. To be acted on once it is committed, and not before. */
async function take(database: Database, { name, ttlMs }: LeaseRule, holder: string): Promise<number | null> {
  const now = nowOf(database);
  try {
    return await database.transaction(async (tx) => {
      const sql = `UPDATE leases SET holder = ?, fence = fence + 1, expires_at = ${now} + ? WHERE id = ? AND expires_at <= ${now}`;
      const isTaken = (await tx.run(sql, [holder, ttlMs, name])) === 1;
      const row = await tx.get('SELECT fence FROM leases WHERE id = ?', [name]);
      if (row !== undefined) return isTaken ? Number(row['fence']) : null;
      await tx.run(`INSERT INTO leases (id, holder, fence, expires_at) VALUES (?, ?, 1, ${now} + ?)`, [name, holder, ttlMs]);
      return 1;
    });
  } catch (error) {
    if (error instanceof UniqueError) return null;
    throw error;
  }
}

/** A database that is away for a moment is no loss: as long as nobody could take the lease, nobody did. */
async function renew(database: Database, rule: LeaseRule, fence: number, lost: AbortController): Promise<void> {
  try {
    await database.transaction((tx) => hold(tx, database, rule, fence));
  } catch (error) {
    if (error instanceof LeaseLost) lost.abort(error);
  }
}

/** The same database, whose every transaction first proves that the lease is still ours, and keeps it until it ends. */
function fenced(database: Database, rule: LeaseRule, fence: number): Database {
  return {
    engine: database.engine,
    get: (sql, params) => database.get(sql, params),
    all: (sql, params) => database.all(sql, params),
    transaction: (work, proof) =>
      database.transaction(async (tx) => {
        await hold(tx, database, rule, fence);
        return work(tx);
      }, proof),
    ping: () => database.ping(),
    close: () => database.close(),
  };
}

/**
 * Locks the row and moves its end. It always changes something: a cluster that certifies at COMMIT sees no write in an UPDATE
 * that leaves the row as it is, and would let a new holder and the old one commit side by side.
 */
async function hold(tx: Tx, database: Database, { name, ttlMs }: LeaseRule, fence: number): Promise<void> {
  const later = database.engine === 'sqlite' ? 'MAX' : 'GREATEST';
  const sql = `UPDATE leases SET expires_at = ${later}(expires_at + 1, ${nowOf(database)} + ?) WHERE id = ? AND fence = ?`;
  if ((await tx.run(sql, [ttlMs, name, fence])) !== 1) throw new LeaseLost(name);
}

async function end(database: Database, { name }: LeaseRule, fence: number, keepMs: number): Promise<void> {
  const sql = `UPDATE leases SET expires_at = ${nowOf(database)} + ? WHERE id = ? AND fence = ?`;
  await database.transaction((tx) => tx.run(sql, [keepMs, name, fence]));
}

/** The database's time in milliseconds since 1970. */
const nowOf = ({ engine }: Database) =>
  engine === 'sqlite' ? "CAST(unixepoch('subsec') * 1000 AS INTEGER)" : 'CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)';
