import { createCipheriv, createSign, generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import { makeKit } from '../../../../test/kit/channel-kit.ts';
import { judge, openResource, signMessage } from '../sign.ts';
import { nowSec, platform, platformSerial, vendorHeaders } from './fixture.ts';

const { base64 } = makeKit();
const body = Buffer.from('{"a":"茶"}');
const now = new Date(nowSec * 1000);
const judged = (headers: Readonly<Record<string, string>>, serial = platformSerial) =>
  judge({ headers, body, platformKeys: new Map([[serial, platform.publicKey]]), base64, now });

describe('The signature of Douyin Pay', () => {
  it('is missed when it is not there, and believed when it is the vendor’s', () => {
    const { 'douyinpay-signature': _, ...unsigned } = vendorHeaders(body);
    expect(judged(unsigned)).to.equal('unsigned');
    expect(judged(vendorHeaders(body))).to.equal('genuine');
  });

  it('is of nobody without its time, its nonce and its key’s number, whatever was signed in their place', () => {
    const lines = (timestamp: string, nonce: string) =>
      createSign('RSA-SHA256').update(`${timestamp}\n${nonce}\n`).update(body).update('\n').sign(platform.privateKey, 'base64');
    const known = vendorHeaders(body);
    for (const name of ['douyinpay-timestamp', 'douyinpay-nonce', 'douyinpay-serial']) {
      const { [name]: _, ...without } = known as Record<string, string>;
      expect(judged(without), name).to.equal('bad_signature');
    }
    const noTime = { 'douyinpay-nonce': 'n', 'douyinpay-serial': platformSerial, 'douyinpay-signature': lines('', 'n') };
    expect(judged(noTime)).to.equal('bad_signature');
    const noNonce = { ...known, 'douyinpay-signature': lines(String(nowSec), '') };
    expect(judged({ ...noNonce, 'douyinpay-nonce': '' }), 'an empty nonce that was signed is what the vendor signed').to.equal('genuine');
    const { 'douyinpay-nonce': _, ...absent } = noNonce as Record<string, string>;
    expect(judged(absent)).to.equal('genuine');
    const { 'douyinpay-serial': __, ...nameless } = known as Record<string, string>;
    expect(judged(nameless, ''), 'a key without a number is found by none').to.equal('genuine');
  });

  it('is refused over another message, or under a time that is none', () => {
    expect(judged(vendorHeaders('{"a":"tea"}'))).to.equal('bad_signature');
    for (const timestamp of [`0${nowSec}`, `${nowSec}0`, `+${nowSec}`, `${nowSec}.0`, ''])
      expect(judged(vendorHeaders(body, { timestamp } as object)), timestamp).to.equal('bad_signature');
  });

  it('is not waited for when a key cannot sign', async () => {
    const { privateKey } = generateKeyPairSync('x25519');
    expect(
      await signMessage(privateKey, 'm').then(
        () => null,
        (error: unknown) => error,
      ),
    ).to.be.an('error');
  });

  it('of a sealed resource: opens nothing, and what is sealed over nothing; refuses other keys, nonces and lengths', () => {
    const key = Buffer.alloc(32, 7);
    const seal = (text: string, nonce = 'abcdefghijkl') => {
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from('关于'));
      return Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    };
    const open = (ciphertext: Uint8Array, nonce = 'abcdefghijkl', by: Uint8Array = key) =>
      openResource(by, { ciphertext, nonce, associatedData: '关于' })?.toString() ?? null;
    expect([open(seal('茶')), open(seal(''))]).to.deep.equal(['茶', '']);
    expect(open(seal('茶'), 'abcdefghijkm')).to.equal(null);
    expect(open(seal('茶'), 'abcdefghijkl', Buffer.alloc(32, 8))).to.equal(null);
    for (const nonce of ['', 'abcdefghijk', 'abcdefghijklm']) expect(open(seal('茶'), nonce), nonce).to.equal(null);
    for (const length of [0, 4, 15]) expect(open(seal('茶').subarray(0, length)), String(length)).to.equal(null);
  });
});
