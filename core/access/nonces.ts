import { hash } from 'node:crypto';
import { type Database, UniqueError } from '../store/database.ts';

/** How far a signature's time may lie from ours, either way. */
export const windowSec = 300;

/** Remembers a nonce; false when the key has used it before. The unique row decides, so it holds for all servers of one database. */
export async function spendNonce(database: Database, input: { keyId: string; nonce: string; now: Date }): Promise<boolean> {
  const id = `${input.keyId}:${hash('sha256', input.nonce)}`;
  // A signature dated five minutes ahead stays valid for ten: only then may its nonce be forgotten.
  const expiresAt = input.now.getTime() + 2 * windowSec * 1000;
  try {
    await database.transaction(async (tx) => {
      await tx.run('INSERT INTO nonces (id, expires_at) VALUES (?, ?)', [id, expiresAt]);
    });
    return true;
  } catch (error) {
    if (error instanceof UniqueError) return false;
    throw error;
  }
}

/** Forgets the nonces of signatures that have become too old by themselves. Answers how many. */
export function deleteExpiredNonces(database: Database, now: Date): Promise<number> {
  return database.transaction((tx) => tx.run('DELETE FROM nonces WHERE expires_at < ?', [now.getTime()]));
}
