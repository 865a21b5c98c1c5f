import { Buffer } from 'node:buffer';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { sm2 } from 'sm-crypto-v2';
import { fromDer, makeApiSign, readPublicPoint, toDer, writeSigned } from '../sign.ts';

interface Vector {
  readonly header_apisign: { readonly md5: string };
  readonly sign_string: { readonly params: Readonly<Record<string, string>>; readonly expect: string };
  readonly cmb_uat_sm2_public_key_spki_base64: string;
}

function readVector(): Vector | null {
  const folder = process.env.PAYMUX_VECTORS ?? resolve(import.meta.dirname, '../../../../../shared/vectors');
  const path = resolve(folder, 'cn/others/cmb-polypay.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Vector) : null;
}

describe('cmbecny signatures', () => {
  describe('against the vector of a public library', () => {
    const vector = readVector();
    beforeEach(function () {
      if (vector === null) this.skip();
    });

    it('writes the signed text with empty values and without the signature', () => {
      expect(writeSigned(vector!.sign_string.params)).to.equal(vector!.sign_string.expect);
    });

    it('writes apisign', () => {
      const written = makeApiSign({ appId: 'app', secret: 'sec', sign: 'sig', timestamp: '123' });
      expect(written).to.equal(vector!.header_apisign.md5);
    });

    it("reads the point of the bank's test key", () => {
      const point = readPublicPoint(Buffer.from(vector!.cmb_uat_sm2_public_key_spki_base64, 'base64'));
      // The two coordinates as the bank's document prints them.
      expect(point).to.equal(
        '04e90f9f92db2763d3853fe2e9491e5475bc5fe731c214ed0f98e2a514d4f10c81' +
          'a5f23b0f6db07ff444f6dcd57e69c4b3e05124cc3ef8b16da288d54744b88a1e',
      );
    });
  });

  it("writes the apisign of the bank's own example", () => {
    const sign =
      'ceo20AoYZegzjt4cn+kSGqFBDWIL/ykLTan5mQW8teofYaGdiMJeg5Xkp9ZZp3PlJkSf1+MLv2xbamDsiLmPP9vFLbnyttgYYtrHaCbcExZgRwbSgu9XQ6wIVrlUOyYC' +
      'WT33QfiXyxyZv5o9B0VNgUN6CEmFJfGlFJVQky7Oui2JMmPg3xtGDVh/Vr6EfT6ZGA5vJnrSIWeDMu/8AUG4XJ24Bj/Txdys34dV4WCk8zh8O1NcHEYbbcneJ9A/BTvs' +
      'wsUbJtX45oIPn9vn1Gfhp81SxinU8SfrOi3jY9auYYOnokRbA6ihR2kCjwpiVRSK9xeF8iQIEjDlY+poy3m6bg==';
    const parts = {
      appId: 'e315a8b5-45f6-4f96-b20a-0b586a2a96c6',
      secret: '6adca97f-c411-43cd-93ed-7f1aee829832',
      timestamp: '1528882455',
    };
    expect(makeApiSign({ ...parts, sign })).to.equal('5353272fd8a5b9a7d997ff9719246f49');
  });

  it('writes and reads DER as the library does', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 30 }), (message) => {
        const { privateKey, publicKey } = sm2.generateKeyPairHex();
        const der = Buffer.from(sm2.doSignature(message, privateKey, { hash: true, der: true }), 'hex');
        const plain = fromDer(der);
        expect(plain === null ? null : toDer(plain)).to.deep.equal(der);
        expect(sm2.doVerifySignature(message, plain!.toString('hex'), publicKey, { hash: true })).to.equal(true);
      }),
      { numRuns: 10 },
    );
  });

  it('gives numbers with leading zeros back as they were', () => {
    const numbers = fc.tuple(
      fc.integer({ min: 1, max: 32 }),
      fc.integer({ min: 1, max: 32 }),
      fc.uint8Array({ minLength: 64, maxLength: 64 }),
    );
    fc.assert(
      fc.property(numbers, ([rBytes, sBytes, digits]) => {
        const signature = Buffer.from(digits);
        signature.fill(0, 0, 32 - rBytes).fill(0, 32, 64 - sBytes);
        expect(fromDer(toDer(signature))).to.deep.equal(signature);
      }),
    );
  });

  it('writes a zero in front of a high bit alone, and a number of zeros as one', () => {
    const of = (digits: string) => toDer(Buffer.from(digits.padStart(64, '0').repeat(2), 'hex')).toString('hex');
    expect(of('')).to.equal('3006020100020100');
    expect(of('7f')).to.equal('300602017f02017f');
    expect(of('80')).to.equal('300802020080' + '02020080');
  });

  it('refuses numbers of more than 32 bytes, whichever of the two it is', () => {
    const number = (length: number) => Buffer.concat([Buffer.from([0x02, length]), Buffer.alloc(length, 1)]);
    for (const [r, s] of [
      [34, 32],
      [32, 34],
      [34, 34],
      [120, 1],
    ] as const) {
      const body = Buffer.concat([number(r), number(s)]);
      expect(fromDer(Buffer.concat([Buffer.from([0x30, body.length]), body])), `${r}, ${s}`).to.equal(null);
    }
  });

  it('refuses every other writing of the same numbers, and bytes that are none', () => {
    const signature = Buffer.alloc(64, 1);
    const der = toDer(signature);
    expect(fromDer(Buffer.concat([der, Buffer.from([0])]))).to.equal(null);
    expect(fromDer(der.subarray(0, -1))).to.equal(null);
    expect(fromDer(signature)).to.equal(null);
    const padded = Buffer.concat([Buffer.from([0x30, 0x45, 0x02, 0x21, 0x00]), signature.subarray(0, 32), der.subarray(36)]);
    expect(fromDer(padded), 'a zero too many').to.equal(null);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => fromDer(bytes) === null || toDer(fromDer(bytes)!).equals(bytes)));
  });

  it('reads no other key than an uncompressed one of SM2', () => {
    const spki = Buffer.concat([Buffer.from('3059301306072a8648ce3d020106082a811ccf5501822d03420004', 'hex'), Buffer.alloc(64, 7)]);
    expect(readPublicPoint(spki)).to.equal(`04${'07'.repeat(64)}`);
    for (const at of Array.from({ length: 27 }, (_, index) => index)) {
      const changed = Buffer.from(spki);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(readPublicPoint(changed), `byte ${at}`).to.equal(null);
    }
    expect(readPublicPoint(spki.subarray(0, -1))).to.equal(null);
  });
});
