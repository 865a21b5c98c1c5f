import { createPublicKey } from 'node:crypto';
import { makeId } from '../../ids.ts';
import { type Tx, UniqueError } from '../../store/database.ts';
import { fitsMode, hashKey, hintOf, isKey, makeKey, scopes } from '../keys.ts';
import type { Scope, SigningKey } from '../records.ts';
import { placeOf } from '../vault.ts';
import { type AdminDeps, type Changed, changeConfig, done, exists, faulty } from './change.ts';

export interface KeyInput {
  readonly appId: string;
  readonly scopes: readonly string[];
  /** A key that was agreed on beforehand; only the demo has one. Absent: a random one is made. */
  readonly key?: string;
}

/** Makes a secret key. It is answered here and never again: only its hash is kept. */
export async function createKey(deps: AdminDeps, input: KeyInput): Promise<Changed<{ id: string; key: string }>> {
  const faults = scopeFaults(input.scopes);
  if (faults.length > 0) return faulty(...faults);
  const now = deps.now();
  const id = makeId('key_', now);
  return changeConfig(deps.database, async (tx) => {
    const app = await tx.get('SELECT livemode FROM apps WHERE id = ?', [input.appId]);
    if (app === undefined) return faulty(`there is no app ${input.appId}`);
    const livemode = app['livemode'] === 1;
    const key = input.key ?? makeKey(livemode);
    if (!isKey(key) || !fitsMode(key, livemode)) return faulty(`the key must begin with ${livemode ? 'sk_live_' : 'sk_test_'}`);
    const values = [id, input.appId, hashKey(key), hintOf(key), JSON.stringify(input.scopes), now.getTime()];
    return (await insertKey(tx, values)) ? done({ id, key }) : faulty('this key exists already');
  });
}

async function insertKey(tx: Tx, values: readonly (string | number)[]): Promise<boolean> {
  try {
    await tx.run("INSERT INTO api_keys (id, app_id, hash, hint, scopes, status, created_at) VALUES (?, ?, ?, ?, ?, 'active', ?)", values);
    return true;
  } catch (error) {
    if (error instanceof UniqueError) return false;
    throw error;
  }
}

/** Ends a key, or a key that signs requests, for ever. Repeating it changes nothing. */
export function revokeKey(deps: AdminDeps, input: { readonly id: string }): Promise<Changed<{ id: string }>> {
  const now = deps.now().getTime();
  return changeConfig(deps.database, async (tx) => {
    const revoked = await tx.run("UPDATE api_keys SET status = 'revoked', revoked_at = COALESCE(revoked_at, ?) WHERE id = ?", [
      now,
      input.id,
    ]);
    const ended = await tx.run("UPDATE signing_keys SET status = 'revoked' WHERE id = ?", [input.id]);
    return revoked + ended > 0 ? done({ id: input.id }) : faulty(`there is no key ${input.id}`);
  });
}

export interface SigningKeyInput {
  readonly appId: string;
  readonly algorithm: SigningKey['algorithm'];
  /** An Ed25519 public key (PEM, or base64 of its SPKI), or the base64 of a shared secret of at least 32 bytes. */
  readonly material: string;
}

/** Adds a key for signed requests. Its id is the `keyid` that requests name. */
export async function addSigningKey(deps: AdminDeps, input: SigningKeyInput): Promise<Changed<{ id: string }>> {
  const now = deps.now();
  const id = makeId('key_', now);
  const plain = input.algorithm === 'ed25519' ? readPublicKey(input.material) : readSecret(input.material);
  if (plain === null) return faulty(materialFault(input.algorithm));
  const material = input.algorithm === 'ed25519' ? plain : deps.vault.encrypt(plain, placeOf('signing_keys', id, 'material'));
  return changeConfig(deps.database, async (tx) => {
    if (!(await exists(tx, 'apps', input.appId))) return faulty(`there is no app ${input.appId}`);
    await tx.run("INSERT INTO signing_keys (id, app_id, algorithm, material, status, created_at) VALUES (?, ?, ?, ?, 'active', ?)", [
      id,
      input.appId,
      input.algorithm,
      material,
      now.getTime(),
    ]);
    return done({ id });
  });
}

function scopeFaults(given: readonly string[]): string[] {
  if (given.length === 0) return [`scopes must name at least one of ${scopes.join(', ')}`];
  return given
    .filter((scope) => !scopes.includes(scope as Scope))
    .map((scope) => `${JSON.stringify(scope)} is not a scope; they are ${scopes.join(', ')}`);
}

function materialFault(algorithm: SigningKey['algorithm']): string {
  if (algorithm === 'ed25519') return 'the key must be an Ed25519 public key, as PEM or as base64 of its SPKI';
  return 'the key must be base64 of at least 32 bytes';
}

/** A private key is refused rather than reduced to its public half: it has no business here. */
function readPublicKey(text: string): string | null {
  if (text.includes('PRIVATE KEY')) return null;
  try {
    const pem = text.includes('-----BEGIN');
    const key = createPublicKey(pem ? text : { key: Buffer.from(text.trim(), 'base64'), format: 'der', type: 'spki' });
    return key.asymmetricKeyType === 'ed25519' ? key.export({ format: 'der', type: 'spki' }).toString('base64') : null;
  } catch {
    return null;
  }
}

function readSecret(text: string): string | null {
  const trimmed = text.trim();
  const bytes = Buffer.from(trimmed, 'base64');
  return bytes.length >= 32 && bytes.toString('base64') === trimmed ? trimmed : null;
}
