import { generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import { definitionSchema, type Signature } from '../../core/channels/declared/schema.ts';
import { bytesToSign, isAmbiguous, openSigner, secretOf } from '../../core/channels/declared/sign.ts';
import { makeKit } from '../kit/channel-kit.ts';

const kit = makeKit();
const ruleOf = (rule: object): Signature => definitionSchema.shape.signatures.parse({ one: rule })['one'] as Signature;
const rsa = ruleOf({ family: 'rsa-sha256', field: 'sign', privateKey: 'ours', publicKey: 'theirs' });
const message = Buffer.from('茶');

describe('Keys of a declared channel', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const der = (type: 'pkcs1' | 'pkcs8') => privateKey.export({ type, format: 'der' }).toString('base64');
  const spki = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  const broken = (text: string) => text.replace(/(.{64})/g, '$1\r\n  ');

  const privateForms: Readonly<Record<string, string>> = {
    'PEM of PKCS#8': privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    'PEM of PKCS#1': privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    'bare PKCS#8': der('pkcs8'),
    'bare PKCS#1': der('pkcs1'),
    'PKCS#8 broken into lines': broken(der('pkcs8')),
  };
  const publicForms = { PEM: publicKey.export({ type: 'spki', format: 'pem' }).toString(), bare: spki, 'broken into lines': broken(spki) };
  for (const [ours, privateText] of Object.entries(privateForms)) {
    for (const [theirs, publicText] of Object.entries(publicForms)) {
      it(`may be written as ${ours}, and ${theirs}`, async () => {
        const signer = openSigner('one', rsa, { ours: privateText, theirs: publicText }, kit);
        const signature = await signer.sign(message);
        expect(await signer.verify(message, signature)).to.equal(true);
        expect(await signer.verify(Buffer.from('tea'), signature)).to.equal(false);
        expect(await signer.verify(message, 'no base64!')).to.equal(false);
      });
    }
  }

  const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const short = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const pemOf = (key: typeof publicKey, type: 'spki' | 'pkcs8') => key.export({ type, format: 'pem' }).toString();
  const privateText = privateForms['PEM of PKCS#8'] ?? '';
  const refused: readonly (readonly [string, object, string])[] = [
    ['another kind of private key', { ours: pemOf(curve.privateKey, 'pkcs8'), theirs: spki }, 'ours is no RSA private key'],
    ['another kind of public key', { ours: privateText, theirs: pemOf(curve.publicKey, 'spki') }, 'theirs is no RSA public key'],
    ['a private key for a public one', { ours: privateText, theirs: privateText }, 'theirs is no RSA public key'],
    ['a public key for a private one', { ours: publicForms.PEM, theirs: spki }, 'ours is no RSA private key'],
    ['no key at all', { ours: 'x', theirs: spki }, 'ours is no RSA private key'],
    ['a private key that is short', { ours: pemOf(short.privateKey, 'pkcs8'), theirs: spki }, 'ours is shorter than 2048 bits'],
    ['a public key that is short', { ours: privateText, theirs: pemOf(short.publicKey, 'spki') }, 'theirs is shorter than 2048 bits'],
  ];
  for (const [what, keys, fault] of refused)
    it(`are refused: ${what}, without its text`, () => expect(() => openSigner('one', rsa, { ...keys }, kit)).to.throw(fault));

  it('that are not there neither sign nor verify', async () => {
    const only = (rule: object) => ruleOf({ family: 'rsa-sha256', field: 'sign', ...rule });
    const verifier = openSigner('one', only({ publicKey: 'theirs' }), { theirs: spki }, kit);
    const failed = await verifier.sign(message).catch((error: Error) => error.message);
    expect(failed).to.equal('signature one has no private key');
    const signer = openSigner('one', only({ privateKey: 'ours' }), { ours: privateText }, kit);
    expect(await signer.verify(message, await signer.sign(message))).to.equal(false);
  });

  it('that are shared have six different characters at least', () => {
    const rule = ruleOf({ family: 'hmac-sha256', key: 'key', field: 'sign', write: 'hex' });
    expect(() => openSigner('one', rule, { key: 'aabbccddee' }, kit)).to.throw('key is too simple to sign with');
    expect(() => openSigner('one', rule, { key: 'abcdef' }, kit)).to.not.throw();
    expect([secretOf(rule, { key: 'abcdef' }), secretOf(rule, {}), secretOf(rsa, { undefined: 'x' })]).to.deep.equal(['abcdef', '', '']);
  });
});

describe('A shared signature of a declared channel', () => {
  const config = { key: 'canary-kettle-key-1' };
  const signerOf = (write: string) => openSigner('one', ruleOf({ family: 'hmac-sha256', key: 'key', field: 'sign', write }), config, kit);

  it('in hex may be in small or capital letters; base64 may not', async () => {
    for (const write of ['hex', 'HEX']) {
      const signature = await signerOf(write).sign(message);
      for (const one of [signature.toLowerCase(), signature.toUpperCase()])
        expect(await signerOf(write).verify(message, one)).to.equal(true);
      expect(await signerOf(write).verify(message, signature.slice(1))).to.equal(false);
    }
    const written = await signerOf('base64').sign(message);
    expect(await signerOf('base64').verify(message, written)).to.equal(true);
    expect(await signerOf('base64').verify(message, written.toLowerCase())).to.equal(false);
  });

  it('over the body puts the key where the rule says, its mark beside it', () => {
    const rule = (keyAt: string) => ruleOf({ family: 'md5', key: 'key', field: 'sign', write: 'hex', over: 'body', keyAs: '&key=', keyAt });
    const text = (keyAt: string) => bytesToSign(openSigner('one', rule(keyAt), config, kit), {}, Buffer.from('body'), 'secret').toString();
    expect([text('end'), text('start')]).to.deep.equal(['body&key=secret', 'secret&key=body']);
  });
});

describe('A value that could be read as a field', () => {
  const rule = (more: object = {}) => ruleOf({ family: 'md5', key: 'key', field: 'sign', write: 'hex', ...more });
  const sly = { subject: 'tea&amount=1' };

  it('makes a signature over pairs ambiguous', () => {
    expect(isAmbiguous(rule(), sly, ['amount'])).to.equal(true);
    expect(isAmbiguous(rule(), sly, ['state'])).to.equal(false);
    expect(isAmbiguous(rule({ separator: '|' }), sly, ['amount'])).to.equal(false);
    expect(isAmbiguous(rule({ separator: '|' }), { subject: 'tea|amount=1' }, ['amount'])).to.equal(true);
  });

  it('says nothing where there are no pairs: over the body, of values alone, or with nothing between them', () => {
    const tight = { subject: 'teaamount=1' };
    expect(isAmbiguous(rule({ over: 'body' }), sly, ['amount'])).to.equal(false);
    expect(isAmbiguous(rule({ pair: 'value' }), sly, ['amount'])).to.equal(false);
    expect(isAmbiguous(rule({ separator: '' }), tight, ['amount'])).to.equal(false);
  });
});
