import { createPublicKey, generateKeyPair, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { importPrivateKey, importPublicKey, type Key } from './rsa.ts';

const generate = promisify(generateKeyPair);

/** An RSA key pair of one party, ready to sign and to verify with SHA-256. */
export interface Pair {
  readonly privatePem: string;
  readonly publicPem: string;
  readonly sign: Key;
  readonly verify: Key;
}

/** What one vendor holds. Everything is made at the first start, then read from the data directory. */
export interface KeyVault {
  /** RSA with 2048 bits. Ask for several at once: they are made side by side. */
  pair(name: string): Promise<Pair>;
  /** As many hex digits. */
  secret(name: string, length: number): string;
  /** Any other text, such as a certificate or a key of another kind, made once. `file` is a file name with its ending. */
  text(file: string, make: () => string | Promise<string>): Promise<string>;
}

/** Written beside and renamed, so that a kill cannot leave half a key. */
function keep(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** New RSA key pairs in PKCS #8, by number. */
export type KeyStock = (at: number) => Promise<string>;

/**
 * A key takes a tenth of a second, and the vendors together have thirty. The vendors of one start draw from one stock: no two keys
 * of a vendor are alike, and the first key of one vendor may be the first of another, who never meet.
 */
export function makeKeyStock(): KeyStock {
  const made: Promise<string>[] = [];
  return (at) => {
    made[at] ??= generate('rsa', { modulusLength: 2048 }).then(
      ({ privateKey }) => privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    );
    return made[at];
  };
}

/** Opens the keys of one owner. Its name begins the name of every file. */
export function openVault(dataDir: string, owner: string, stock: KeyStock): KeyVault {
  let taken = 0;
  const dir = join(dataDir, 'keys');
  mkdirSync(dir, { recursive: true, mode: 0o700 });

  async function text(file: string, make: () => string | Promise<string>): Promise<string> {
    const path = join(dir, owner === '' ? file : `${owner}-${file}`);
    if (!existsSync(path)) keep(path, await make());
    return readFileSync(path, 'utf8');
  }

  return {
    text,
    async pair(name) {
      const privatePem = await text(`${name}.pem`, () => {
        taken += 1;
        return stock(taken - 1);
      });
      const publicPem = createPublicKey(privatePem).export({ type: 'spki', format: 'pem' }) as string;
      return { privatePem, publicPem, sign: await importPrivateKey(privatePem), verify: await importPublicKey(publicPem) };
    },
    secret(name, length) {
      const path = join(dir, `${owner}-${name}.txt`);
      if (!existsSync(path)) keep(path, randomBytes(length).toString('hex').slice(0, length));
      return readFileSync(path, 'utf8');
    },
  };
}
