import { generateKeyPairSync, webcrypto } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { definitionSchema, type Signature } from '../../core/channels/declared/schema.ts';
import { bytesToSign, isAmbiguous, openSigner, textToSign } from '../../core/channels/declared/sign.ts';
import { makeKit } from '../kit/channel-kit.ts';

const kit = makeKit();
const key = 'canary-kettle-key-1';
const fields = { b: '2', a: '1', c: '', sign: 'xx' };

const ruleOf = (rule: object): Signature =>
  definitionSchema.shape.signatures.parse({ one: { key: 'key', field: 'sign', write: 'hex', ...rule } })['one'] as Signature;

async function sign(given: object, of: Readonly<Record<string, string>> = fields): Promise<string> {
  const signer = openSigner('one', ruleOf(given), { key }, kit);
  return signer.sign(bytesToSign(signer, of, Buffer.from('a=1&b=2'), key));
}

/** Made with the `openssl dgst` of another implementation. */
const known: readonly (readonly [string, object, string])[] = [
  ['md5, the key right behind', { family: 'md5' }, '90d59cb8d210012bbe4c8005f7788369'],
  ['md5 in capitals', { family: 'md5', write: 'HEX' }, '90D59CB8D210012BBE4C8005F7788369'],
  ['md5, in base64', { family: 'md5', write: 'base64' }, Buffer.from('90d59cb8d210012bbe4c8005f7788369', 'hex').toString('base64')],
  ['md5 of the values alone', { family: 'md5', pair: 'value', separator: '' }, 'ad8d33ff02550df00f5f449663e8b243'],
  ['md5 with empty fields kept', { family: 'md5', empty: 'kept' }, 'e5b55c429e8418b161e92c89959339e7'],
  ['md5 of listed fields', { family: 'md5', order: 'listed', fields: ['b', 'c', 'a'] }, '0f03bb0644606bb0cd4f1ba679636231'],
  ['md5 of some fields, sorted', { family: 'md5', fields: ['b', 'a'] }, '90d59cb8d210012bbe4c8005f7788369'],
  ['sha256, the key before', { family: 'sha256', keyAt: 'start' }, 'afbe323dfc28c6dc2309134b5e7f6eea26af97f1f8ee33ae70adf2531d6c2da7'],
  ['sha256, the key as a field', { family: 'sha256', keyAs: '&key=' }, '01c04cb406d94a0f9abf1a075aa0518d919e78bc4982cf2298c7333868549f0f'],
  [
    'sha256 over the body',
    { family: 'sha256', over: 'body', keyAs: '&key=' },
    '01c04cb406d94a0f9abf1a075aa0518d919e78bc4982cf2298c7333868549f0f',
  ],
  [
    'sha256 over the body, the key before',
    { family: 'sha256', over: 'body', keyAt: 'start' },
    'afbe323dfc28c6dc2309134b5e7f6eea26af97f1f8ee33ae70adf2531d6c2da7',
  ],
  ['hmac-sha1', { family: 'hmac-sha1' }, '67b2538d6154b372b550c5303b3212c2b831216e'],
  ['hmac-sha256', { family: 'hmac-sha256' }, '55d1b766f3100b135b2a24b104bc68dc377b00162f293f088dacff3dd7880551'],
  [
    'hmac-sha256 over the body',
    { family: 'hmac-sha256', over: 'body' },
    '55d1b766f3100b135b2a24b104bc68dc377b00162f293f088dacff3dd7880551',
  ],
  [
    'hmac-sha512',
    { family: 'hmac-sha512' },
    '7e9d4a28aac41e8b749e48249be091329a6ed2d849a89a7e9119ad3f294e238fdef90887bed1c29f56a4586d96130b1a9b954eef1073a16f42c1979c10ced034',
  ],
];

describe('The families of signatures', () => {
  for (const [name, rule, answer] of known) {
    it(`sign as others do: ${name}`, async () => {
      expect(await sign({ except: name.includes('body') ? [] : ['sign'], ...rule })).to.equal(answer);
    });
  }

  it('sign as WeChat Pay’s published sample says', async () => {
    const sample = { appid: 'wxd930ea5d5a258f4f', mch_id: '10000100', device_info: '1000', body: 'test', nonce_str: 'ibuaiVcKdpRxkhJA' };
    const published = '192006250b4c09247ec02edce69f6a2d';
    const signer = openSigner('one', ruleOf({ family: 'md5', keyAs: '&key=', write: 'HEX' }), { key: published }, kit);
    const signature = await signer.sign(bytesToSign(signer, sample, Buffer.alloc(0), published));
    expect(signature).to.equal('9A0A8659F005D6984697E2CA0A9CF3B7');
  });

  for (const [family, hash] of [
    ['rsa-sha1', 'SHA-1'],
    ['rsa-sha256', 'SHA-256'],
  ] as const) {
    it(`agree with WebCrypto both ways: ${family}`, async () => {
      const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const spki = pair.publicKey.export({ type: 'spki', format: 'der' });
      const pkcs8 = pair.privateKey.export({ type: 'pkcs8', format: 'der' });
      const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash };
      const rule = ruleOf({ family, key: undefined, privateKey: 'ours', publicKey: 'theirs', write: undefined });
      // Bare base64, as consoles of vendors show keys.
      const signer = openSigner('one', rule, { ours: pkcs8.toString('base64'), theirs: spki.toString('base64') }, kit);
      const text = Buffer.from(textToSign(rule, fields, ''));
      expect(text.toString()).to.equal('a=1&b=2');
      const ours = Buffer.from(await signer.sign(text), 'base64');
      const verifying = await webcrypto.subtle.importKey('spki', spki, algorithm, false, ['verify']);
      expect(await webcrypto.subtle.verify(algorithm.name, verifying, ours, text)).to.equal(true);
      const signing = await webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']);
      const theirs = Buffer.from(await webcrypto.subtle.sign(algorithm.name, signing, text)).toString('base64');
      expect(await signer.verify(text, theirs)).to.equal(true);
      expect(await signer.verify(Buffer.from('a=1&b=3'), theirs)).to.equal(false);
      expect(await signer.verify(text, ` ${theirs}`), 'base64 with more in it').to.equal(false);
    });
  }

  it('sign and verify with SM2, in hex and in base64', async () => {
    const { sm2 } = await import('sm-crypto-v2');
    const pair = sm2.generateKeyPairHex();
    for (const write of ['hex', 'base64'] as const) {
      const rule = ruleOf({ family: 'sm2-sm3', key: undefined, privateKey: 'ours', publicKey: 'theirs', write });
      const signer = openSigner('one', rule, { ours: pair.privateKey, theirs: pair.publicKey }, kit);
      const signature = await signer.sign(Buffer.from('a=1'));
      const raw = Buffer.from(signature, write).toString('hex');
      expect(sm2.doVerifySignature('a=1', raw, pair.publicKey, { hash: true, userId: '1234567812345678' })).to.equal(true);
      expect(await signer.verify(Buffer.from('a=1'), signature)).to.equal(true);
      expect(await signer.verify(Buffer.from('a=2'), signature)).to.equal(false);
      for (const wrong of ['', 'nonsense', `00${signature}`, `${signature}00`, `${signature}zz`, `zz${signature}`])
        expect(await signer.verify(Buffer.from('a=1'), wrong), wrong).to.equal(false);
    }
  });

  it('refuse keys that protect nothing, without showing them', () => {
    const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    const rsa = ruleOf({ family: 'rsa-sha1', key: undefined, privateKey: 'ours', write: undefined });
    const open = (rule: Signature, config: object) => () => openSigner('one', rule, config as Record<string, string>, kit);
    expect(open(ruleOf({ family: 'md5' }), { key: '0'.repeat(32) })).to.throw(/^key is too simple to sign with/);
    expect(open(rsa, { ours: short })).to.throw('ours is shorter than 2048 bits');
    expect(open(rsa, { ours: 'canary-no-key' })).to.throw(/^ours is no RSA private key$/);
    const publicKey = ruleOf({ family: 'rsa-sha1', key: undefined, publicKey: 'theirs', write: undefined });
    expect(open(publicKey, { theirs: short }), 'a private key in the place of the public one').to.throw('theirs is no RSA public key');
  });

  it('verify hex in either case, and nothing else', async () => {
    const signer = openSigner('one', ruleOf({ family: 'md5' }), { key }, kit);
    const bytes = bytesToSign(signer, { a: '1', b: '2' }, Buffer.alloc(0), key);
    expect(await signer.verify(bytes, '90D59CB8D210012BBE4C8005F7788369')).to.equal(true);
    await fc.assert(fc.asyncProperty(fc.string({ maxLength: 40 }), async (text) => !(await signer.verify(bytes, text))));
  });

  it('find a value that could be shared out as other fields', () => {
    const rule = ruleOf({ family: 'md5' });
    const names = ['number', 'total'];
    expect(isAmbiguous(rule, { name: 'tea&number=7', total: '1' }, names)).to.equal(true);
    expect(isAmbiguous(rule, { name: 'tea&more=7 & number', total: '1' }, names)).to.equal(false);
    expect(
      isAmbiguous(ruleOf({ family: 'md5', over: 'body', field: undefined, header: 'x-sign' }), { name: 'tea&number=7' }, names),
    ).to.equal(false);
  });
});
