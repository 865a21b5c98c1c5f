import type { Database } from '../store/database.ts';
import type { Directory } from './directory.ts';
import { fitsMode, hashKey, isKey } from './keys.ts';
import { spendNonce, windowSec } from './nonces.ts';
import type { ApiKey, App } from './records.ts';
import { type ClaimedSignature, hasOurSignature, isSigned, readSignature, type SignableRequest, verifySignature } from './signature.ts';

/** Why a request is not let in. */
export type AccessCode =
  | 'unauthorized'
  | 'key_revoked'
  | 'forbidden'
  | 'signature_required'
  | 'signature_invalid'
  | 'signature_expired'
  | 'nonce_reused';

export interface AccessRefusal {
  readonly kind: 'refused';
  readonly code: AccessCode;
}

/** Who sent a request, proven. */
export interface Authenticated {
  readonly kind: 'authenticated';
  readonly app: App;
  readonly key: ApiKey;
}

export interface AuthenticateDeps {
  readonly directory: Pick<Directory, 'app' | 'keyByHash' | 'signingKey'>;
  readonly database: Database;
  readonly now: () => Date;
}

/**
 * Finds out who sent a request. The key says who; where the app asks for it, the signature proves it. One that is sent
 * without being asked for has to be right as well: whoever signs wrongly should not learn it on the day it is demanded.
 */
export async function authenticate(deps: AuthenticateDeps, request: SignableRequest): Promise<Authenticated | AccessRefusal> {
  const identified = identify(deps, request.headers['authorization']);
  if (identified.kind === 'refused') return identified;
  if (!identified.app.requireSignature && !hasOurSignature(request)) return identified;
  if (!isSigned(request)) return refuse('signature_required');
  const refusal = await proveSignature(deps, identified.app, request);
  return refusal ?? identified;
}

function identify(deps: AuthenticateDeps, header: unknown): Authenticated | AccessRefusal {
  const text = typeof header === 'string' ? (/^Bearer +(\S+)$/i.exec(header.trim())?.[1] ?? '') : '';
  const key = isKey(text) ? deps.directory.keyByHash(hashKey(text)) : undefined;
  const app = key && deps.directory.app(key.appId);
  if (key === undefined || app === undefined || !fitsMode(text, app.livemode)) return refuse('unauthorized');
  if (key.status === 'revoked') return refuse('key_revoked');
  if (!app.active) return refuse('forbidden');
  return { kind: 'authenticated', app, key };
}

/** The nonce is spent last: a stranger who guesses nonces cannot make a merchant's own request look repeated. */
async function proveSignature(deps: AuthenticateDeps, app: App, request: SignableRequest): Promise<AccessRefusal | null> {
  const claimed = readSignature(request);
  const key = claimed && deps.directory.signingKey(claimed.keyId);
  if (!claimed || !key || key.appId !== app.id || key.status === 'revoked') return refuse('signature_invalid');
  if (!verifySignature(claimed, key)) return refuse('signature_invalid');
  const now = deps.now();
  if (!isWithinWindow(claimed, now)) return refuse('signature_expired');
  const isFresh = await spendNonce(deps.database, { keyId: key.id, nonce: claimed.nonce, now });
  return isFresh ? null : refuse('nonce_reused');
}

function isWithinWindow(claimed: ClaimedSignature, now: Date): boolean {
  return Math.abs(now.getTime() - claimed.createdSec * 1000) <= windowSec * 1000;
}

function refuse(code: AccessCode): AccessRefusal {
  return { kind: 'refused', code };
}
