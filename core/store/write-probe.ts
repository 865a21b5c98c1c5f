import { randomUUID } from 'node:crypto';
import type { Database } from './database.ts';

/**
 * Whether the database takes writes: a full disk and a read-only server still answer reads. Asked at most once in `everyMs`, however
 * often readiness is; no answer within `withinMs` counts as none. Housekeeping takes the row away like any whose time is over.
 */
export function createWriteProbe(
  database: Database,
  { everyMs, withinMs }: { readonly everyMs: number; readonly withinMs: number },
): () => Promise<boolean> {
  // A row of its own: servers that probed the same one at the same moment failed each other.
  const rowId = `paymux-write-probe-${randomUUID()}`;
  let asked: Promise<boolean> | null = null;
  let askedAt = 0;
  return () => {
    const now = performance.now();
    if (asked === null || now - askedAt >= everyMs) [asked, askedAt] = [inTime(canWrite(database, rowId), withinMs), now];
    return asked;
  };
}

async function canWrite(database: Database, rowId: string): Promise<boolean> {
  try {
    await database.transaction(async (tx) => {
      await tx.run('DELETE FROM nonces WHERE id = ?', [rowId]);
      await tx.run('INSERT INTO nonces (id, expires_at) VALUES (?, 0)', [rowId]);
    });
    return true;
  } catch {
    return false;
  }
}

async function inTime(answer: Promise<boolean>, withinMs: number): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), withinMs);
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
