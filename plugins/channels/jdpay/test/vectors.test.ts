import { createPrivateKey, createPublicKey } from 'node:crypto';
import { expect } from 'chai';
import { makeKit } from '../../../../test/kit/channel-kit.ts';
import { readVector } from '../../../../test/kit/vendor-schema.ts';
import type { JdAccount } from '../account.ts';
import { openMessage } from '../message.ts';
import { isSigned, signText } from '../sign.ts';
import { ours } from './fixture.ts';

interface Vectors {
  readonly signed_by_jd: readonly {
    readonly jd_public_key_spki_der_base64: string;
    readonly des_key: string;
    readonly merchant: string;
    readonly trade_num: string;
    readonly amount: string;
    readonly body: string;
  }[];
  readonly signed_by_merchant: readonly {
    readonly merchant_private_pkcs8_der_base64: string;
    readonly text: string;
    readonly sign: string;
  }[];
}

const read = (): Vectors | null => JSON.parse(readVector('cn/others/jdpay.json') ?? 'null');
const spki = (text: string) => createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' });

function accountOf({ merchant, des_key: desKey, jd_public_key_spki_der_base64: key }: Vectors['signed_by_jd'][number]): JdAccount {
  return {
    merchant,
    desKey: Buffer.from(desKey, 'base64'),
    privateKey: createPrivateKey(ours.privatePem),
    jdPublicKey: spki(key),
    orderType: '1',
    device: '1',
    urls: { pc: '', h5: '', gateway: '' },
    kit: makeKit(),
  };
}

describe('jdpay: what JD’s demonstration programs hold', () => {
  it('a notification is decrypted, verified and read', function () {
    const vectors = read();
    if (vectors === null) return this.skip();
    for (const one of vectors.signed_by_jd) {
      const opened = openMessage(accountOf(one), Buffer.from(one.body));
      expect(opened).to.deep.include({ kind: 'signed', code: '000000', merchant: one.merchant });
      expect(opened).to.have.nested.property('fields.tradeNum', one.trade_num);
      expect(opened).to.have.nested.property('fields.amount', one.amount);
    }
  });

  it('changed in any byte of its encrypted part, of a key or of the signature it is refused', function () {
    this.timeout(20_000);
    const vectors = read();
    if (vectors === null) return this.skip();
    const [one] = vectors.signed_by_jd;
    if (one === undefined) throw new Error('the vector is missing');
    const account = accountOf(one);
    const [from, to] = [one.body.indexOf('<encrypt>') + 9, one.body.indexOf('</encrypt>')];
    for (let at = from; at < to; at += 1) {
      const changed = Buffer.from(one.body);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(openMessage(account, changed).kind, `byte ${at}`).to.equal('bad');
    }
    for (let at = 0; at < account.desKey.length; at += 1) {
      const desKey = Buffer.from(account.desKey);
      desKey[at] = (desKey[at] ?? 0) ^ 2;
      expect(openMessage({ ...account, desKey }, Buffer.from(one.body)).kind).to.equal('bad');
    }
    const other = vectors.signed_by_jd[1]?.jd_public_key_spki_der_base64 ?? '';
    expect(openMessage({ ...account, jdPublicKey: spki(other) }, Buffer.from(one.body)).kind).to.equal('bad');
  });

  it('a request is signed as JD’s program signs it, byte for byte, and no other text has that signature', function () {
    const vectors = read();
    if (vectors === null) return this.skip();
    for (const { merchant_private_pkcs8_der_base64: key, text, sign } of vectors.signed_by_merchant) {
      const privateKey = createPrivateKey({ key: Buffer.from(key, 'base64'), format: 'der', type: 'pkcs8' });
      expect(signText(text, privateKey)).to.equal(sign);
      const publicKey = createPublicKey(privateKey);
      const signature = Buffer.from(sign, 'base64');
      expect(isSigned(text, signature, publicKey)).to.equal(true);
      for (let at = 0; at < text.length; at += 1) {
        const changed = `${text.slice(0, at)}${text[at] === 'x' ? 'y' : 'x'}${text.slice(at + 1)}`;
        expect(isSigned(changed, signature, publicKey), `character ${at}`).to.equal(false);
      }
      for (let at = 0; at < signature.length; at += 1) {
        const changed = Buffer.from(signature);
        changed[at] = (changed[at] ?? 0) ^ 1;
        expect(isSigned(text, changed, publicKey), `byte ${at}`).to.equal(false);
      }
    }
  });
});
