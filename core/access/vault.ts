import type { KeyObject } from 'node:crypto';
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';
import type { Keys } from './key-file.ts';
import { createKeyFile, isMissing, readKeyFile } from './key-file.ts';

/** Encrypts secrets at rest. `aad` names the place where the text is kept: elsewhere it does not decrypt. */
export interface Vault {
  /** `v1.<id of the key>.<base64url>`. */
  encrypt(plain: string, aad: string): string;
  /** The plain text. Throws when the text was changed, moved, cut, or needs a key that the file does not hold. */
  decrypt(text: string, aad: string): string;
  /** The key that encrypts now. */
  keyId(): string;
  /** True when the text was encrypted with a key other than that one. */
  isOld(text: string): boolean;
}

/** A text that does not decrypt. The message holds neither the text nor its place's content. */
export class VaultError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'VaultError';
  }
}

const algorithm = 'aes-256-gcm';
const nonceBytes = 12;
/** Given explicitly everywhere: without it Node accepts a tag of four bytes, which can be guessed. */
const tagBytes = 16;
const keyBytes = 32;
const wrappedBytes = nonceBytes + keyBytes + tagBytes;
const textPattern = /^v1\.([a-z0-9][a-z0-9-]{0,31})\.([A-Za-z0-9_-]+)$/;

/** Where a secret is kept. */
export function placeOf(table: string, id: string, column: string): string {
  return `${table}|${id}|${column}`;
}

/** True when a stored text is one of the vault's. */
export function isEncrypted(text: string): boolean {
  return textPattern.test(text);
}

/**
 * Opens the vault of a key file. With `create` a missing file is made; without it a missing file is
 * an error, because a fresh key on one machine of several would read nothing that the others wrote.
 */
export function openVault(options: { readonly keyFile: string; readonly create: boolean }): Vault {
  const { keyFile, create } = options;
  if (create && isMissing(keyFile)) createKeyFile(keyFile);
  let keys = readKeyFile(keyFile);
  /** Reads the file again for a key that it did not hold before, so that a rotation needs no restart. */
  const find = (id: string): KeyObject => {
    if (!keys.has(id)) keys = readKeyFile(keyFile);
    const key = keys.get(id);
    if (key === undefined) throw new VaultError(`the key file holds no key ${id}`);
    return key;
  };
  return {
    encrypt(plain, aad) {
      const [id, key] = firstOf(keys);
      return `v1.${id}.${sealEnvelope(key, plain, aad).toString('base64url')}`;
    },
    decrypt(text, aad) {
      const { id, bytes } = readText(text);
      return openEnvelope(find(id), bytes, aad);
    },
    keyId: () => firstOf(keys)[0],
    isOld: (text) => readText(text).id !== firstOf(keys)[0],
  };
}

function firstOf(keys: Keys): [string, KeyObject] {
  for (const entry of keys) return entry;
  throw new VaultError('the vault holds no key');
}

function readText(text: string): { id: string; bytes: Buffer } {
  const [, id = '', encoded = ''] = textPattern.exec(text) ?? [];
  const bytes = Buffer.from(encoded, 'base64url');
  if (bytes.length < wrappedBytes + nonceBytes + tagBytes || bytes.toString('base64url') !== encoded) {
    throw new VaultError('not a text of this vault');
  }
  return { id, bytes };
}

/** A data key of its own for every text: the key of the file encrypts only such keys. */
function sealEnvelope(key: KeyObject, plain: string, aad: string): Buffer {
  const dataKey = randomBytes(keyBytes);
  const wrapped = seal(key, dataKey, `key|${aad}`);
  return Buffer.concat([wrapped, seal(createSecretKey(dataKey), Buffer.from(plain), aad)]);
}

function openEnvelope(key: KeyObject, bytes: Buffer, aad: string): string {
  const dataKey = open(key, bytes.subarray(0, wrappedBytes), `key|${aad}`);
  return open(createSecretKey(dataKey), bytes.subarray(wrappedBytes), aad).toString();
}

function seal(key: KeyObject, plain: Buffer, aad: string): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes }).setAAD(Buffer.from(aad));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function open(key: KeyObject, sealed: Buffer, aad: string): Buffer {
  const tagAt = sealed.length - tagBytes;
  const decipher = createDecipheriv(algorithm, key, sealed.subarray(0, nonceBytes), { authTagLength: tagBytes });
  decipher.setAAD(Buffer.from(aad)).setAuthTag(sealed.subarray(tagAt));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(nonceBytes, tagAt)), decipher.final()]);
  } catch {
    throw new VaultError('the text was changed, or is not kept where it was written');
  }
}
