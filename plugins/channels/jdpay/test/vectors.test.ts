import { createPrivateKey, createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { makeKit } from '../../../../test/kit/channel-kit.ts';
import type { JdAccount } from '../account.ts';
import { openMessage } from '../message.ts';
import { ours } from './fixture.ts';

interface Published {
  readonly jd_public_key_spki_der_base64: string;
  readonly des_key: string;
  readonly merchant: string;
  readonly trade_num: string;
  readonly amount: string;
  readonly body: string;
}

const one: Published = JSON.parse(readFileSync(new URL('published.json', import.meta.url), 'utf8'));
const spki = (text: string) => createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' });

function accountOf({ merchant, des_key: desKey, jd_public_key_spki_der_base64: key }: Published): JdAccount {
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

describe('jdpay: what JD’s demonstration program holds', () => {
  it('a notification is decrypted, verified and read', () => {
    const opened = openMessage(accountOf(one), Buffer.from(one.body));
    expect(opened).to.deep.include({ kind: 'signed', code: '000000', merchant: one.merchant });
    expect(opened).to.have.nested.property('fields.tradeNum', one.trade_num);
    expect(opened).to.have.nested.property('fields.amount', one.amount);
  });

  it('changed in any byte of its encrypted part or of a key it is refused', function () {
    this.timeout(20_000);
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
  });

  it('under another key than JD’s it is refused', () => {
    const jdPublicKey = createPublicKey(ours.privatePem);
    expect(openMessage({ ...accountOf(one), jdPublicKey }, Buffer.from(one.body)).kind).to.equal('bad');
  });
});
