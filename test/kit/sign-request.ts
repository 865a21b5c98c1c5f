import { createHash, createHmac, type KeyObject, randomUUID, sign } from 'node:crypto';

/** What is signed, with how to sign it. Members left out take the values of a good request made now. */
export interface RequestToSign {
  readonly method: string;
  readonly path: string;
  readonly query?: string;
  readonly body?: string | Uint8Array;
  readonly keyId: string;
  readonly algorithm: 'ed25519' | 'hmac-sha256';
  /** A private Ed25519 key, or the shared secret. */
  readonly key: KeyObject | Uint8Array;
  readonly createdSec?: number;
  readonly nonce?: string;
  /** The parameters and their order. */
  readonly parameters?: readonly ('created' | 'nonce' | 'keyid' | 'alg')[];
  /** Only to leave the profile: what the message says that it covers, and text after its parameters. Both are signed. */
  readonly covered?: string;
  readonly suffix?: string;
}

const profile = '"@method" "@path" "@query" "content-digest"';

/** The three headers of a signed request, written independently of the code that reads them. */
export function signRequest(request: RequestToSign): Record<'content-digest' | 'signature-input' | 'signature', string> {
  const digest = createHash('sha256')
    .update(request.body ?? '')
    .digest('base64');
  const values = {
    created: `created=${request.createdSec ?? Math.floor(Date.now() / 1000)}`,
    nonce: `nonce="${request.nonce ?? randomUUID()}"`,
    keyid: `keyid="${request.keyId}"`,
    alg: `alg="${request.algorithm}"`,
  };
  const chosen = (request.parameters ?? ['created', 'nonce', 'keyid']).map((name) => values[name]);
  const params = `(${request.covered ?? profile});${chosen.join(';')}${request.suffix ?? ''}`;
  const base = [
    `"@method": ${request.method}`,
    `"@path": ${request.path}`,
    `"@query": ?${request.query ?? ''}`,
    `"content-digest": sha-256=:${digest}:`,
    `"@signature-params": ${params}`,
  ].join('\n');
  const signature =
    request.algorithm === 'ed25519'
      ? sign(null, Buffer.from(base), request.key as KeyObject)
      : createHmac('sha256', request.key).update(base).digest();
  return {
    'content-digest': `sha-256=:${digest}:`,
    'signature-input': `paymux=${params}`,
    signature: `paymux=:${signature.toString('base64')}:`,
  };
}
