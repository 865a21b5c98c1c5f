import { webcrypto } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { newDataKey, openSeal } from '../../core/reconciliation/seal.ts';

const place = 'statement_files|stf_1|content';

/** AES-256-GCM of another implementation: twelve bytes of nonce in front, sixteen of tag behind. */
async function openElsewhere(dataKey: string, sealed: string): Promise<Buffer> {
  const bytes = Buffer.from(sealed, 'base64');
  const key = await webcrypto.subtle.importKey('raw', Buffer.from(dataKey, 'base64'), 'AES-GCM', false, ['decrypt']);
  const algorithm = { name: 'AES-GCM', iv: bytes.subarray(0, 12), additionalData: Buffer.from(place), tagLength: 128 };
  return Buffer.from(await webcrypto.subtle.decrypt(algorithm, key, bytes.subarray(12)));
}

describe('A sealed document', () => {
  const dataKey = newDataKey();
  const { seal, open } = openSeal(dataKey);

  it('opens to its very bytes, and is never sealed twice alike', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (plain) => {
        expect(open(seal(plain, place), place)).to.deep.equal(Buffer.from(plain));
        expect(seal(plain, place)).not.to.equal(seal(plain, place));
      }),
    );
  });

  it('is what another AES-256-GCM opens', async () => {
    expect((await openElsewhere(dataKey, seal(Buffer.from('账单'), place))).toString()).to.equal('账单');
  });

  it('stays shut in another place and under another key', () => {
    const sealed = seal(Buffer.from('bill'), place);
    expect(() => open(sealed, 'statement_files|stf_2|content')).to.throw();
    expect(() => openSeal(newDataKey()).open(sealed, place)).to.throw();
  });

  it('stays shut with any byte changed or cut off', () => {
    const bytes = Buffer.from(seal(Buffer.from('bill'), place), 'base64');
    for (const at of bytes.keys()) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      expect(() => open(changed.toString('base64'), place), `byte ${at}`).to.throw();
      expect(() => open(bytes.subarray(0, at).toString('base64'), place), `${at} bytes`).to.throw();
    }
  });

  it('has a key of 256 bits, a new one each time', () => {
    const keys = Array.from({ length: 20 }, newDataKey);
    expect(keys.map((one) => Buffer.from(one, 'base64').length)).to.deep.equal(keys.map(() => 32));
    expect(new Set(keys).size).to.equal(keys.length);
  });
});
