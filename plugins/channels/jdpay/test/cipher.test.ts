import { createCipheriv } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { decrypt, encrypt } from '../cipher.ts';
import { config, hide } from './fixture.ts';

const key = Buffer.from(config.des_key, 'base64');

function encryptFrame(frame: Buffer): string {
  const cipher = createCipheriv('des-ede3-ecb', key, null).setAutoPadding(false);
  return Buffer.concat([cipher.update(frame), cipher.final()]).toString('hex');
}

describe('jdpay: hidden texts', () => {
  it('are framed as JD frames them, and come back as they were', () => {
    const isKept = (text: string) => encrypt(text, key) === hide(text) && decrypt(encrypt(text, key), key) === text;
    fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), isKept));
  });

  it('that are no frames are none', () => {
    const frames = {
      'a length beyond the end': [0, 0, 0, 5, 1, 2, 3, 4],
      'a length of gigabytes': [255, 255, 255, 255, 1, 2, 3, 4],
      'a whole block of padding': [0, 0, 0, 4, 65, 65, 65, 65, 0, 0, 0, 0, 0, 0, 0, 0],
      'padding that is not zero': [0, 0, 0, 3, 65, 65, 65, 1],
      'bytes that are no text': [0, 0, 0, 4, 255, 255, 255, 255],
    };
    for (const [name, bytes] of Object.entries(frames)) expect(decrypt(encryptFrame(Buffer.from(bytes)), key), name).to.equal(null);
    expect(decrypt(encryptFrame(Buffer.from([0, 0, 0, 3, 65, 65, 65, 0])), key)).to.equal('AAA');
    for (const hex of ['', '00', 'x'.repeat(16), `${hide('AAA')}0`, ` ${hide('AAA')}`]) expect(decrypt(hex, key), hex).to.equal(null);
  });
});
