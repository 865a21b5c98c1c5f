import { hash } from 'node:crypto';
import { placeOf, type Vault } from '../access/vault.ts';
import type { Clock } from '../clock.ts';
import { type Database, type Proof, type Row, type Tx, UniqueError, type Value } from '../store/database.ts';
import type { Begun, IdempotencyStore, Lease, StoredAnswer } from './idempotency.ts';

/**
 * After `leaseMs` the request is taken for dead and may be executed again. A server that lives renews the leases of what it
 * executes, so a lease need not outlast a handler: the key of a server that was killed is free again in ten seconds.
 */
const usual = { leaseMs: 10_000, renewEveryMs: 3_000 };
type Times = typeof usual;
/** A row can vanish between a failed insert and the read that follows: then the insert is tried again. */
const maxTries = 3;
const deleteBatch = 500;

type AnswerVault = Pick<Vault, 'encrypt' | 'decrypt'>;

/**
 * Keys in the table `idempotency`: the primary key is the lock. Answers are kept encrypted, because
 * some hold a secret that is told only once, such as that of a new notification endpoint.
 */
export function createIdempotencyStore(
  database: Database,
  clock: Pick<Clock, 'now'>,
  vault: AnswerVault,
  times: Times = usual,
): IdempotencyStore {
  const now = () => clock.now().getTime();
  const until = () => now() + times.leaseMs;
  const leases = holdLeases(times.renewEveryMs, (id, leaseUntil) => renew(database, { id, leaseUntil }, until()));
  return {
    async begin({ appId, key, requestHash }) {
      const id = idempotencyIdOf(appId, key);
      for (let tries = 0; tries < maxTries; tries += 1) {
        const begun =
          (await insert(database, { id, requestHash, now: now(), until: until() })) ??
          // Whatever the clock says: what is being executed here has not died.
          (await readExisting(database, vault, { id, requestHash, now: now(), until: until(), isHeld: leases.holds(id) }));
        if (begun?.kind === 'started') leases.hold(begun.lease);
        if (begun !== null) return begun;
      }
      return { kind: 'in_progress', retryAfterSec: 1 };
    },
    finish: async (lease, answer) => finish(database, vault, await leases.letGo(lease), answer),
    release: async (lease) => release(database, await leases.letGo(lease)),
  };
}

interface Held {
  readonly id: string;
  leaseUntil: number;
  /** Ends once the renewal that is under way, if any, is known. */
  renewed: Promise<void>;
}

/** The leases of the requests that are being executed here. The timer that looks at them runs only while there are some. */
function holdLeases(renewEveryMs: number, renewOne: (id: string, leaseUntil: number) => Promise<number | null>) {
  const held = new Map<string, Held>();
  let timer: NodeJS.Timeout | null = null;
  const renewAll = () => {
    for (const one of held.values()) {
      one.renewed = one.renewed.then(async () => {
        // One that another server took over is not taken back; a database that is away now may be there the next time.
        one.leaseUntil = (await renewOne(one.id, one.leaseUntil).catch(() => null)) ?? one.leaseUntil;
      });
    }
    if (held.size > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  };
  return {
    hold({ id, leaseUntil }: Lease): void {
      held.set(nameOf({ id, leaseUntil }), { id, leaseUntil, renewed: Promise.resolve() });
      timer ??= setInterval(renewAll, renewEveryMs).unref();
    },
    holds: (id: string) => held.values().some((one) => one.id === id),
    /** The lease as it stands now. One that is not held here was never given, or was let go before. */
    async letGo(lease: Lease): Promise<Lease> {
      const one = held.get(nameOf(lease));
      held.delete(nameOf(lease));
      await one?.renewed;
      return one === undefined ? lease : { id: lease.id, leaseUntil: one.leaseUntil };
    },
  };
}

/** As it was given: a key that was lost and taken over here has two. */
const nameOf = ({ id, leaseUntil }: Lease) => `${id} ${leaseUntil}`;

/** Whoever repeats the request writes a row of the same id, so that the row alone would not prove that it is ours. */
const written = (id: string, column: string, value: Value): Proof => ({ table: 'idempotency', id, holds: [column, value] });

/** Null when the lease was another one by then. */
async function renew(database: Database, { id, leaseUntil }: Lease, until: number): Promise<number | null> {
  const sql = "UPDATE idempotency SET lease_until = ? WHERE id = ? AND state = 'in_progress' AND lease_until = ?";
  const isMine = async (tx: Tx) => (await tx.run(sql, [until, id, leaseUntil])) === 1;
  return (await database.transaction(isMine, written(id, 'lease_until', until))) ? until : null;
}

/** SHA-256 hex of app and key: the row's id, and the name of the request across its repeats. */
export function idempotencyIdOf(appId: string, key: string): string {
  return hash('sha256', `${appId}\n${key}`);
}

interface Claim {
  readonly id: string;
  readonly requestHash: string;
  readonly now: number;
  /** The end of the lease that it gets. */
  readonly until: number;
}

async function insert(database: Database, { id, requestHash, now, until }: Claim): Promise<Begun | null> {
  const sql = "INSERT INTO idempotency (id, request_hash, state, lease_until, created_at) VALUES (?, ?, 'in_progress', ?, ?)";
  try {
    await database.transaction(async (tx) => tx.run(sql, [id, requestHash, until, now]), written(id, 'lease_until', until));
    return { kind: 'started', lease: { id, leaseUntil: until } };
  } catch (error) {
    if (error instanceof UniqueError) return null;
    throw error;
  }
}

/** What a taken key means; null when it is free again. */
async function readExisting(
  database: Database,
  vault: AnswerVault,
  { id, requestHash, now, until, isHeld }: Claim & { readonly isHeld: boolean },
): Promise<Begun | null> {
  const row = await database.get('SELECT request_hash, state, lease_until, status, headers, body FROM idempotency WHERE id = ?', [id]);
  if (row === undefined) return null;
  if (row['request_hash'] !== requestHash) return { kind: 'reused' };
  if (row['state'] === 'done') return { kind: 'replay', answer: storedAnswer(vault, id, row) };
  const leaseUntil = Number(row['lease_until']);
  // None is given for longer: one that ends later was given before the clock was put back.
  const isRunning = isHeld || (leaseUntil > now && leaseUntil <= until);
  if (isRunning) return { kind: 'in_progress', retryAfterSec: retryAfter(leaseUntil - now) };
  return takeOver(database, { id, leaseUntil }, until);
}

/** An answer is usually there in a second; that of a server that died can be had once its lease is over, ten seconds at most. */
function retryAfter(remainingMs: number): number {
  return Math.min(2, Math.max(1, Math.ceil(remainingMs / 1000)));
}

async function takeOver(database: Database, old: Lease, until: number): Promise<Begun | null> {
  return (await renew(database, old, until)) !== null ? { kind: 'started', lease: { id: old.id, leaseUntil: until } } : null;
}

/** Guarded by the lease: whoever took it over decides. */
async function finish(database: Database, vault: AnswerVault, lease: Lease, answer: StoredAnswer): Promise<void> {
  const body = answer.body === null ? null : vault.encrypt(answer.body, placeOf('idempotency', lease.id, 'body'));
  const sql = `UPDATE idempotency SET state = 'done', status = ?, headers = ?, body = ?
    WHERE id = ? AND state = 'in_progress' AND lease_until = ?`;
  const params = [answer.status, JSON.stringify(answer.headers), body, lease.id, lease.leaseUntil];
  await database.transaction((tx) => tx.run(sql, params), written(lease.id, 'state', 'done'));
}

async function release(database: Database, lease: Lease): Promise<void> {
  const sql = "DELETE FROM idempotency WHERE id = ? AND state = 'in_progress' AND lease_until = ?";
  await database.transaction((tx) => tx.run(sql, [lease.id, lease.leaseUntil]));
}

/** Deletes what was begun before this time; answers how many. In small transactions, so that creating payments never waits for it. */
export async function deleteOldKeys(database: Database, before: Date): Promise<number> {
  let deleted = 0;
  let count = 0;
  do {
    count = await database.transaction((tx) => deleteSome(tx, before.getTime()));
    deleted += count;
  } while (count === deleteBatch);
  return deleted;
}

async function deleteSome(tx: Tx, before: number): Promise<number> {
  const rows = await tx.all(`SELECT id FROM idempotency WHERE created_at < ? ORDER BY created_at LIMIT ${deleteBatch}`, [before]);
  for (const row of rows) await tx.run('DELETE FROM idempotency WHERE id = ?', [row['id'] ?? null]);
  return rows.length;
}

function storedAnswer(vault: AnswerVault, id: string, row: Row): StoredAnswer {
  const headers = JSON.parse(String(row['headers'])) as Record<string, string>;
  const body = row['body'] === null ? null : vault.decrypt(String(row['body']), placeOf('idempotency', id, 'body'));
  return { status: Number(row['status']), headers, body };
}
