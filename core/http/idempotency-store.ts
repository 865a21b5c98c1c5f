import { hash } from 'node:crypto';
import { placeOf, type Vault } from '../access/vault.ts';
import type { Clock } from '../clock.ts';
import { type Database, type Row, type Tx, UniqueError } from '../store/database.ts';
import type { Begun, IdempotencyStore, Lease, StoredAnswer } from './idempotency.ts';

/** Longer than any handler may take; after it the request is taken for dead and may be executed again. */
const leaseMs = 60_000;
/** A row can vanish between a failed insert and the read that follows: then the insert is tried again. */
const maxTries = 3;
const purgeBatch = 500;

type AnswerVault = Pick<Vault, 'encrypt' | 'decrypt'>;

/**
 * Keys in the table `idempotency`: the primary key is the lock. Answers are kept encrypted, because
 * some hold a secret that is told only once, such as that of a new notification endpoint.
 */
export function createIdempotencyStore(database: Database, clock: Pick<Clock, 'now'>, vault: AnswerVault): IdempotencyStore {
  const now = () => clock.now().getTime();
  return {
    async begin({ appId, key, requestHash }) {
      const id = idempotencyIdOf(appId, key);
      for (let tries = 0; tries < maxTries; tries += 1) {
        const begun = (await insert(database, id, requestHash, now())) ?? (await readExisting(database, vault, id, requestHash, now()));
        if (begun !== null) return begun;
      }
      return { kind: 'in_progress', retryAfterSec: 1 };
    },
    finish: (lease, answer) => finish(database, vault, lease, answer),
    release: (lease) => release(database, lease),
    purge: (before) => purge(database, before.getTime()),
  };
}

/** SHA-256 hex of app and key: the row's id, and the name of the request across its repeats. */
export function idempotencyIdOf(appId: string, key: string): string {
  return hash('sha256', `${appId}\n${key}`);
}

async function insert(database: Database, id: string, requestHash: string, now: number): Promise<Begun | null> {
  const leaseUntil = now + leaseMs;
  const sql = "INSERT INTO idempotency (id, request_hash, state, lease_until, created_at) VALUES (?, ?, 'in_progress', ?, ?)";
  try {
    await database.transaction(async (tx) => tx.run(sql, [id, requestHash, leaseUntil, now]), { table: 'idempotency', id });
    return { kind: 'started', lease: { id, leaseUntil } };
  } catch (error) {
    if (error instanceof UniqueError) return null;
    throw error;
  }
}

/** What a taken key means; null when it is free again. */
async function readExisting(database: Database, vault: AnswerVault, id: string, requestHash: string, now: number): Promise<Begun | null> {
  const row = await database.get('SELECT request_hash, state, lease_until, status, headers, body FROM idempotency WHERE id = ?', [id]);
  if (row === undefined) return null;
  if (row['request_hash'] !== requestHash) return { kind: 'reused' };
  if (row['state'] === 'done') return { kind: 'replay', answer: storedAnswer(vault, id, row) };
  const leaseUntil = Number(row['lease_until']);
  if (leaseUntil > now) return { kind: 'in_progress', retryAfterSec: retryAfter(leaseUntil - now) };
  return takeOver(database, { id, leaseUntil }, now);
}

/** Short: an answer is usually there in a second, long before the lease of a dead server ends. */
function retryAfter(remainingMs: number): number {
  return Math.min(2, Math.max(1, Math.ceil(remainingMs / 1000)));
}

async function takeOver(database: Database, old: Lease, now: number): Promise<Begun | null> {
  const leaseUntil = now + leaseMs;
  const sql = "UPDATE idempotency SET lease_until = ? WHERE id = ? AND state = 'in_progress' AND lease_until = ?";
  const taken = await database.transaction((tx) => tx.run(sql, [leaseUntil, old.id, old.leaseUntil]));
  return taken === 1 ? { kind: 'started', lease: { id: old.id, leaseUntil } } : null;
}

/** Guarded by the lease: whoever took it over decides. */
async function finish(database: Database, vault: AnswerVault, lease: Lease, answer: StoredAnswer): Promise<void> {
  const body = answer.body === null ? null : vault.encrypt(answer.body, placeOf('idempotency', lease.id, 'body'));
  const sql = `UPDATE idempotency SET state = 'done', status = ?, headers = ?, body = ?
    WHERE id = ? AND state = 'in_progress' AND lease_until = ?`;
  const params = [answer.status, JSON.stringify(answer.headers), body, lease.id, lease.leaseUntil];
  await database.transaction((tx) => tx.run(sql, params));
}

async function release(database: Database, lease: Lease): Promise<void> {
  const sql = "DELETE FROM idempotency WHERE id = ? AND state = 'in_progress' AND lease_until = ?";
  await database.transaction((tx) => tx.run(sql, [lease.id, lease.leaseUntil]));
}

/** In small transactions, so that creating payments never waits for it. */
async function purge(database: Database, before: number): Promise<number> {
  let purged = 0;
  let count = 0;
  do {
    count = await database.transaction((tx) => purgeSome(tx, before));
    purged += count;
  } while (count === purgeBatch);
  return purged;
}

async function purgeSome(tx: Tx, before: number): Promise<number> {
  const rows = await tx.all(`SELECT id FROM idempotency WHERE created_at < ? ORDER BY created_at LIMIT ${purgeBatch}`, [before]);
  for (const row of rows) await tx.run('DELETE FROM idempotency WHERE id = ?', [row['id'] ?? null]);
  return rows.length;
}

function storedAnswer(vault: AnswerVault, id: string, row: Row): StoredAnswer {
  const headers = JSON.parse(String(row['headers'])) as Record<string, string>;
  const body = row['body'] === null ? null : vault.decrypt(String(row['body']), placeOf('idempotency', id, 'body'));
  return { status: Number(row['status']), headers, body };
}
