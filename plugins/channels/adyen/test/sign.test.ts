import { expect } from 'chai';
import { makeKit } from '../../../../test/kit/channel-kit.ts';
import { isGenuine, isUnambiguous, readHmacKey, type SignedFields, signItem } from '../sign.ts';
import { readVectors } from './fixture.ts';

interface Vector {
  readonly id: string;
  readonly secret_hex: string;
  readonly signed_string: string;
  readonly expected: string;
}

const names = [
  'pspReference',
  'originalReference',
  'merchantAccountCode',
  'merchantReference',
  'value',
  'currency',
  'eventCode',
  'success',
];
const { sameText } = makeKit();

describe("adyen: an item's signature", () => {
  let vector: Vector;
  let fields: SignedFields;
  const keyOf = (hex: string) => readHmacKey(hex) as Buffer;

  before(function () {
    const read = readVectors('global/webhook-signatures.json') as { readonly vectors: readonly Vector[] } | null;
    if (read === null) this.skip();
    vector = read.vectors.find(({ id }) => id.startsWith('adyen-')) as Vector;
    const values = vector.signed_string.split(':');
    fields = Object.fromEntries(names.map((name, index) => [name, values[index]])) as unknown as SignedFields;
  });

  it("is that of the vendor's own library", () => {
    expect(signItem(fields, keyOf(vector.secret_hex))).to.equal(vector.expected);
    expect(isGenuine(fields, vector.expected, [keyOf(vector.secret_hex)], sameText)).to.equal(true);
  });

  it('is refused after the change of any one character of what is signed', () => {
    const key = keyOf(vector.secret_hex);
    for (const [name, value] of Object.entries(fields) as [string, string][]) {
      for (let at = 0; at < value.length; at += 1) {
        const changed = { ...fields, [name]: `${value.slice(0, at)}${value[at] === 'x' ? 'y' : 'x'}${value.slice(at + 1)}` };
        expect(isGenuine(changed, vector.expected, [key], sameText), `${name} ${at}`).to.equal(false);
      }
    }
  });

  it('is refused after the change of any one byte of the signature or of the key', () => {
    const key = keyOf(vector.secret_hex);
    for (let at = 0; at < 32; at += 1) {
      const signature = Buffer.from(vector.expected, 'base64');
      signature[at] = (signature[at] ?? 0) ^ 1;
      expect(isGenuine(fields, signature.toString('base64'), [key], sameText), `byte ${at}`).to.equal(false);
      const other = Buffer.from(key);
      other[at] = (other[at] ?? 0) ^ 1;
      expect(isGenuine(fields, vector.expected, [other], sameText), `key ${at}`).to.equal(false);
    }
    for (const text of ['', vector.expected.slice(0, -1), `${vector.expected}=`, 'ü'.repeat(44)]) {
      expect(isGenuine(fields, text, [key], sameText), text).to.equal(false);
    }
  });

  it('fits while either of two keys made it', () => {
    const [old, next] = [keyOf(vector.secret_hex), keyOf('0123456789ABCDEF'.repeat(4))];
    expect(isGenuine(fields, vector.expected, [next, old], sameText)).to.equal(true);
    expect(isGenuine(fields, vector.expected, [next], sameText)).to.equal(false);
  });

  it('does not let a value slip from one field into the next', () => {
    const key = keyOf(vector.secret_hex);
    const one = { ...fields, merchantAccountCode: 'a:b', merchantReference: 'c' };
    const other = { ...fields, merchantAccountCode: 'a', merchantReference: 'b:c' };
    expect(signItem(one, key, 'escaped')).not.to.equal(signItem(other, key, 'escaped'));
    const slashes = { ...fields, merchantAccountCode: 'a\\', merchantReference: 'c' };
    expect(signItem(slashes, key, 'escaped')).not.to.equal(signItem({ ...slashes, merchantAccountCode: 'a\\\\' }, key, 'escaped'));
    expect([fields, one, other, slashes].map(isUnambiguous)).to.deep.equal([true, false, false, false]);
  });

  it('is the same in both forms where no value holds a colon or a backslash, and taken in either where one does', () => {
    const key = keyOf(vector.secret_hex);
    expect(signItem(fields, key, 'escaped')).to.equal(signItem(fields, key, 'plain'));
    const report = { ...fields, merchantReference: '14-08-2020-09:53:00' };
    for (const form of ['plain', 'escaped'] as const)
      expect(isGenuine(report, signItem(report, key, form), [key], sameText)).to.equal(true);
  });

  it('has a key of 64 hex digits', () => {
    for (const text of ['', 'ab', 'g'.repeat(64), 'a'.repeat(63), 'a'.repeat(65)]) expect(readHmacKey(text), text).to.equal(null);
  });
});
