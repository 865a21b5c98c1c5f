import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign as signBytes,
  verify as verifyBytes,
} from 'node:crypto';
import type { Kit } from '../../contract/kit.ts';
import type { Signature } from './schema.ts';

type Fields = Readonly<Record<string, string>>;
type Config = Readonly<Record<string, unknown>>;

/** A rule with its keys, ready for one account. */
export interface Signer {
  readonly rule: Signature;
  /** Throws where the rule has no key to sign with: a checked definition never asks. */
  sign(bytes: Uint8Array): Promise<string>;
  verify(bytes: Uint8Array, signature: string): Promise<boolean>;
}

const leastDistinctCharacters = 6;

/** The bytes that a signature covers. Its own field is never among them. */
export function textToSign(rule: Signature, fields: Fields, secret: string): string {
  const left = new Set([...rule.except, rule.field]);
  const covered = rule.fields ?? Object.keys(fields);
  // By code unit, as `sort` and `ksort` of the vendors' samples do: never by the language of the machine.
  const named = rule.order === 'listed' ? covered : covered.toSorted();
  const pairs = named
    .filter((name) => !left.has(name))
    .map((name) => [name, Object.hasOwn(fields, name) ? (fields[name] ?? '') : ''] as const)
    .filter(([name, value]) => value !== '' || (rule.empty === 'kept' && Object.hasOwn(fields, name)));
  const text = pairs.map(([name, value]) => (rule.pair === 'value' ? value : `${name}=${value}`)).join(rule.separator);
  if (!isDigest(rule)) return text;
  return rule.keyAt === 'end' ? `${text}${rule.keyAs}${secret}` : `${secret}${rule.keyAs}${text}`;
}

/**
 * True where a value holds what could be read as one of `names`: whoever chooses a value (the text of an order,
 * say) could share the text of a genuine signature out anew, so that it speaks of another order.
 */
export function isAmbiguous(rule: Signature, fields: Fields, names: readonly string[]): boolean {
  if (rule.over === 'body' || rule.pair === 'value' || rule.separator === '') return false;
  return Object.values(fields).some((value) => names.some((name) => value.includes(`${rule.separator}${name}=`)));
}

/** Families that put the key into the text. */
export const isDigest = ({ family }: Signature) => family === 'md5' || family === 'sha256';
export const isShared = ({ family }: Signature) => !family.startsWith('rsa') && !family.startsWith('sm2');

/** The bytes to sign of a request or an answer, whichever the rule covers. */
export function bytesToSign(signer: Signer, fields: Fields, body: Uint8Array, secret: string): Buffer {
  if (signer.rule.over === 'fields') return Buffer.from(textToSign(signer.rule, fields, secret));
  if (!isDigest(signer.rule)) return Buffer.from(body);
  const key = [Buffer.from(signer.rule.keyAs), Buffer.from(secret)];
  return Buffer.concat(signer.rule.keyAt === 'end' ? [body, ...key] : [...key.reverse(), body]);
}

/** The shared secret of a rule; empty for a rule with key pairs. */
export const secretOf = (rule: Signature, config: Config): string => (rule.key === undefined ? '' : String(config[rule.key] ?? ''));

/** Parses the keys of one account once, and refuses those that protect nothing. */
export function openSigner(name: string, rule: Signature, config: Config, kit: Kit): Signer {
  if (isShared(rule)) return openShared(rule, secretOf(rule, config), kit);
  if (rule.family === 'sm2-sm3') return openSm2(rule, config, kit);
  const [, hash = 'sha256'] = rule.family.split('-');
  const privateKey =
    rule.privateKey === undefined ? null : readKey(rule.privateKey, String(config[rule.privateKey]), 'private', rule.rsaBits);
  const publicKey = rule.publicKey === undefined ? null : readKey(rule.publicKey, String(config[rule.publicKey]), 'public', rule.rsaBits);
  return {
    rule,
    async sign(bytes) {
      if (privateKey === null) throw new Error(`signature ${name} has no private key`);
      return signBytes(hash, bytes, privateKey).toString('base64');
    },
    async verify(bytes, signature) {
      const raw = kit.base64(signature);
      return raw !== null && publicKey !== null && verifyBytes(hash, bytes, publicKey, raw);
    },
  };
}

function openShared(rule: Signature, secret: string, kit: Kit): Signer {
  if (new Set(secret).size < leastDistinctCharacters)
    throw new Error(`${rule.key} is too simple to sign with: take the key that the vendor gave`);
  const [kind, hash] = rule.family.split('-');
  const digest = (bytes: Uint8Array) =>
    kind === 'hmac'
      ? createHmac(hash ?? '', secret)
          .update(bytes)
          .digest()
      : createHash(rule.family).update(bytes).digest();
  const write = (raw: Buffer) =>
    rule.write === 'base64' ? raw.toString('base64') : rule.write === 'HEX' ? raw.toString('hex').toUpperCase() : raw.toString('hex');
  return {
    rule,
    sign: async (bytes) => write(digest(bytes)),
    // Vendors are not true to the case of their own hex digits, and nothing hangs on it.
    verify: async (bytes, signature) => {
      const ours = write(digest(bytes));
      return rule.write === 'base64' ? kit.sameText(ours, signature) : kit.sameText(ours.toLowerCase(), signature.toLowerCase());
    },
  };
}

function openSm2(rule: Signature, config: Config, kit: Kit): Signer {
  return {
    rule,
    async sign(bytes) {
      const raw = await kit.sm2.sign(String(config[rule.privateKey ?? '']), bytes, rule.userId);
      return rule.write === 'base64' ? raw.toString('base64') : raw.toString('hex');
    },
    async verify(bytes, signature) {
      const raw =
        rule.write === 'base64' ? kit.base64(signature) : /^[0-9a-f]{128}$/i.test(signature) ? Buffer.from(signature, 'hex') : null;
      return raw !== null && kit.sm2.verify(String(config[rule.publicKey ?? '']), bytes, raw, rule.userId);
    },
  };
}

/** A key of a vendor's console, as PEM or as its bare base64. Whatever is wrong is said without its text. */
function readKey(name: string, text: string, kind: 'private' | 'public', leastBits: number): KeyObject {
  const key = tryKey(text, kind);
  if (key === null) throw new Error(`${name} is no RSA ${kind} key`);
  if ((key.asymmetricKeyDetails?.modulusLength ?? 0) < leastBits) throw new Error(`${name} is shorter than ${leastBits} bits`);
  return key;
}

function tryKey(text: string, kind: 'private' | 'public'): KeyObject | null {
  const isPem = text.includes('-----BEGIN');
  const der = Buffer.from(text.replace(/\s+/g, ''), 'base64');
  try {
    if (kind === 'public') {
      const key = isPem ? createPublicKey(text) : createPublicKey({ key: der, format: 'der', type: 'spki' });
      return key.asymmetricKeyType === 'rsa' && !text.includes('PRIVATE KEY') ? key : null;
    }
    const key = isPem ? createPrivateKey(text) : readPrivateDer(der);
    return key.asymmetricKeyType === 'rsa' ? key : null;
  } catch {
    return null;
  }
}

function readPrivateDer(der: Buffer): KeyObject {
  try {
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  } catch {
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs1' });
  }
}
