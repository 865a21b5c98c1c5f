import { webcrypto } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { addKey } from '../../core/access/key-file.ts';
import { isEncrypted, openVault, placeOf, VaultError } from '../../core/access/vault.ts';

const place = placeOf('apps', 'app_1', 'secret');

describe('the vault for secrets at rest', () => {
  let folder: string;
  let keyFile: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'paymux-vault-'));
    keyFile = join(folder, 'new', 'keys');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('makes a key file that only its owner can read, and keeps it', () => {
    const text = openVault({ keyFile, create: true }).encrypt('secret', place);
    expect(statSync(keyFile).mode & 0o777).to.equal(0o600);
    expect(openVault({ keyFile, create: true }).decrypt(text, place)).to.equal('secret');
  });

  it('gives back any text, and never the same encrypted text twice', () => {
    const vault = openVault({ keyFile, create: true });
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (plain) => {
        const text = vault.encrypt(plain, place);
        expect(vault.decrypt(text, place)).to.equal(plain);
        expect(vault.encrypt(plain, place)).not.to.equal(text);
      }),
    );
  });

  it('refuses a text that was copied to another row, column or table', () => {
    const vault = openVault({ keyFile, create: true });
    const text = vault.encrypt('secret', place);
    for (const other of [placeOf('apps', 'app_2', 'secret'), placeOf('apps', 'app_1', 'old_secret'), placeOf('keys', 'app_1', 'secret')]) {
      expect(() => vault.decrypt(text, other)).to.throw('not kept where it was written');
    }
  });

  it('refuses a text of which any one byte was changed', () => {
    const vault = openVault({ keyFile, create: true });
    const [version, id, body = ''] = vault.encrypt('secret', place).split('.');
    const bytes = Buffer.from(body, 'base64url');
    for (let index = 0; index < bytes.length; index += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(index) ^ 1, index);
      expect(() => vault.decrypt(`${version}.${id}.${changed.toString('base64url')}`, place), `byte ${index}`).to.throw();
    }
  });

  it('refuses a text that was cut anywhere, a tag of four bytes included', () => {
    const vault = openVault({ keyFile, create: true });
    const text = vault.encrypt('', place);
    for (let length = 0; length < text.length; length += 1)
      expect(() => vault.decrypt(text.slice(0, length), place), `${length}`).to.throw(VaultError, 'not a text of this vault');
    for (const wrong of [`${text}A`, `${text}=`, ` ${text}`, text.replace('v1', 'v2')])
      expect(() => vault.decrypt(wrong, place)).to.throw(VaultError);
  });

  it('knows its own texts from plain ones', () => {
    const text = openVault({ keyFile, create: true }).encrypt('secret', place);
    expect([text, 'secret', '', text.replace('v1', 'v2'), `${text}=`].map(isEncrypted)).to.deep.equal([true, false, false, false, false]);
  });

  it('reads what AES-256-GCM of another implementation wrote, so that no version may change the layout', async () => {
    const [key, dataKey, nonce] = [Buffer.alloc(32, 7), Buffer.alloc(32, 8), Buffer.alloc(12, 9)];
    const seal = async (bytes: Uint8Array<ArrayBuffer>, by: Uint8Array<ArrayBuffer>, additional: string) => {
      const imported = await webcrypto.subtle.importKey('raw', by, 'AES-GCM', false, ['encrypt']);
      const algorithm = { name: 'AES-GCM', iv: nonce, additionalData: Buffer.from(additional), tagLength: 128 };
      return [nonce, Buffer.from(await webcrypto.subtle.encrypt(algorithm, imported, bytes))];
    };
    const wrapped = await seal(dataKey, key, 'key|apps|app_1|secret');
    const text = Buffer.concat([...wrapped, ...(await seal(Buffer.from('秘密'), dataKey, 'apps|app_1|secret'))]).toString('base64url');
    const file = join(folder, 'keys');
    writeFileSync(file, `k1:${key.toString('base64')}\n`, { mode: 0o600 });
    expect(openVault({ keyFile: file, create: false }).decrypt(`v1.k1.${text}`, place)).to.equal('秘密');
  });

  it('goes on with the keys that it holds when their file is away', () => {
    const vault = openVault({ keyFile, create: true });
    const text = vault.encrypt('secret', place);
    rmSync(keyFile);
    expect(vault.decrypt(text, place)).to.equal('secret');
  });

  it('has one text for one secret: bits that base64 leaves over must be zero', () => {
    const vault = openVault({ keyFile, create: true });
    const text = vault.encrypt('', place);
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const stray = text.slice(0, -1) + alphabet.charAt(alphabet.indexOf(text.slice(-1)) + 1);
    expect(Buffer.from(stray.split('.')[2] ?? '', 'base64url')).to.deep.equal(Buffer.from(text.split('.')[2] ?? '', 'base64url'));
    expect(() => vault.decrypt(stray, place)).to.throw('not a text of this vault');
  });

  it('encrypts with the first key and decrypts with all, so keys rotate without a stop', () => {
    const running = openVault({ keyFile, create: true });
    const before = running.encrypt('secret', place);
    addKey(keyFile);
    const rotated = openVault({ keyFile, create: false });
    const after = rotated.encrypt('secret', place);
    expect(rotated.decrypt(before, place)).to.equal('secret');
    expect([rotated.isOld(before), rotated.isOld(after)]).to.deep.equal([true, false]);
    expect(running.decrypt(after, place), 'a vault opened before the rotation').to.equal('secret');
    expect(statSync(keyFile).mode & 0o777).to.equal(0o600);
  });

  it('says so when a key is gone from the file', () => {
    const text = openVault({ keyFile, create: true }).encrypt('secret', place);
    rmSync(keyFile);
    expect(() => openVault({ keyFile, create: true }).decrypt(text, place)).to.throw('the key file holds no key');
  });
});

describe('a key file', () => {
  let folder: string;
  let keyFile: string;
  const key = Buffer.alloc(32, 7).toString('base64');

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'paymux-keys-'));
    keyFile = join(folder, 'keys');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is not made where the operator must bring it', () => {
    expect(() => openVault({ keyFile, create: false })).to.throw(`${keyFile} does not exist`);
    expect(existsSync(keyFile)).to.equal(false);
  });

  it('is refused while others can read it, with the command that ends this', () => {
    writeFileSync(keyFile, `a:${key}\n`, { mode: 0o600 });
    for (const mode of [0o640, 0o604, 0o620]) {
      chmodSync(keyFile, mode);
      expect(() => openVault({ keyFile, create: false })).to.throw(`chmod 600 ${keyFile}`);
    }
  });

  it('may hold comments and several keys', () => {
    writeFileSync(keyFile, `# made in May\n\nnew:${key}\nold:${Buffer.alloc(32, 8).toString('base64')}\n`, { mode: 0o600 });
    expect(openVault({ keyFile, create: false }).keyId()).to.equal('new');
  });

  it('is refused for a key that is short, not exact base64, repeated or absent, naming the line but not the key', () => {
    const short = Buffer.alloc(31, 7).toString('base64');
    const stray = `${key.slice(0, -2)}d=`;
    for (const text of [`a:${short}`, `a:${stray}`, `a:${key} x`, `A:${key}`, 'a:', key, `a:${key}\na:${key}`, '', '# nothing\n']) {
      writeFileSync(keyFile, text, { mode: 0o600 });
      let message = '';
      try {
        openVault({ keyFile, create: false });
      } catch (error) {
        message = String(error);
      }
      expect(message, text).to.match(/line [12]|holds no key/);
      expect(message).not.to.include(short.slice(0, 8));
    }
    expect(readFileSync(keyFile, 'utf8')).to.equal('# nothing\n');
  });
});
