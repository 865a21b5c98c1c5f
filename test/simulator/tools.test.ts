import { createHmac, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { makeCertificate } from '../../simulator/certificate.ts';
import { hmac, spoiled } from '../../simulator/hmac.ts';
import { basicOf, bearerOf, findRoute, headerOf, readForm, readJson } from '../../simulator/requests.ts';
import { importPrivateKey } from '../../simulator/rsa.ts';
import type { Wire } from '../../simulator/types.ts';
import { readXml, textsOf, writeXml } from '../../simulator/xml.ts';

const wire = (given: Partial<Wire>): Wire => ({ method: 'POST', path: '/', query: '', headers: {}, body: Buffer.alloc(0), ...given });
const basic = (text: string) => wire({ headers: { authorization: `Basic ${Buffer.from(text).toString('base64')}` } });

describe('simulator: reading requests', () => {
  it('reads basic and bearer authentication, each from its own scheme only', () => {
    expect(basicOf(basic('ann:se:cret'))).to.deep.equal({ user: 'ann', password: 'se:cret' });
    expect(basicOf(basic('ann'))).to.equal(null);
    expect(basicOf(wire({ headers: { authorization: 'Bearer x' } }))).to.equal(null);
    expect(bearerOf(wire({ headers: { authorization: 'Bearer x.y-z' } }))).to.equal('x.y-z');
    expect(bearerOf(basic('a:b'))).to.equal(null);
    expect(headerOf(wire({ headers: { 'x-key': ['a', 'b'] } }), 'x-key')).to.equal(null);
  });

  it('reads JSON and forms only under their names, and no field twice', () => {
    const json = { 'content-type': 'application/json; charset=utf-8' };
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(readJson(wire({ headers: json, body: Buffer.from('{"a":1}') }))).to.deep.equal({ a: 1 });
    expect(readJson(wire({ headers: json, body: Buffer.from('{"a":') }))).to.equal(undefined);
    expect(readJson(wire({ headers: form, body: Buffer.from('{"a":1}') }))).to.equal(undefined);
    expect(readForm(wire({ headers: form, body: Buffer.from('a=1&b=%E8%8C%B6') }))).to.deep.equal({ a: '1', b: '茶' });
    expect(readForm(wire({ headers: form, body: Buffer.from('a=1&a=2') }))).to.equal(null);
    expect(readForm(wire({ headers: json, body: Buffer.from('a=1') }))).to.equal(null);
  });

  it('finds a route by method and path, and decodes its parts', () => {
    const routes = [['GET', /^\/o\/([^/]+)$/, 'query', 'read']] as const;
    expect(findRoute(routes, wire({ method: 'GET', path: '/o/a%2Fb' }))).to.deep.equal({ operation: 'query', run: 'read', parts: ['a/b'] });
    expect(findRoute(routes, wire({ method: 'POST', path: '/o/a' }))).to.equal(null);
    expect(findRoute(routes, wire({ method: 'GET', path: '/o/%zz' }))).to.equal(null);
  });
});

describe('simulator: signing', () => {
  it('makes the HMAC that others make, and spoils it without changing its length', async () => {
    const expected = createHmac('sha256', 'key').update('茶').digest('hex');
    const made = await hmac('SHA-256', 'key', '茶');
    expect(made.toString('hex')).to.equal(expected);
    expect(spoiled(made, false).equals(made)).to.equal(true);
    expect(spoiled(made, true).length).to.equal(32);
    expect(spoiled(made, true).equals(made)).to.equal(false);
    // A slice of a shared buffer must count for itself only.
    expect((await hmac('SHA-1', Buffer.from('xkeyx').subarray(1, 4), 'a')).toString('base64')).to.equal(
      createHmac('sha1', 'key').update('a').digest('base64'),
    );
  });

  it('makes a certificate under an authority', async () => {
    const make = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
    const [root, leaf] = [make(), make()];
    const spkiOf = (pair: typeof root) => pair.publicKey.export({ type: 'spki', format: 'der' });
    const signer = await importPrivateKey(root.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string);
    const life = { from: new Date('2025-01-01T00:00:00Z'), to: new Date('2045-01-01T00:00:00Z'), signer };
    const authority = { organisation: 'Root', commonName: 'Root CA' };
    const rootPem = await makeCertificate({ serial: '01', ...authority, ...life, spki: spkiOf(root) });
    const leafPem = await makeCertificate({
      serial: '02',
      organisation: 'Leaf',
      commonName: 'Signer',
      ...life,
      spki: spkiOf(leaf),
      issuer: authority,
    });
    const [ca, certificate] = [new X509Certificate(rootPem), new X509Certificate(leafPem)];
    expect(certificate.checkIssued(ca)).to.equal(true);
    expect(certificate.verify(ca.publicKey)).to.equal(true);
    expect([certificate.subject, certificate.issuer]).to.deep.equal(['O=Leaf\nCN=Signer', 'O=Root\nCN=Root CA']);
  });
});

describe('simulator: XML', () => {
  it('reads elements, attributes, entities and CDATA', () => {
    const read = readXml(
      '<?xml version="1.0"?>\n<a x="1 &amp; 2"><!-- note --><b>5 &lt; 6 &#x8336;</b><c><![CDATA[<raw>&amp;]]></c><d/></a>\n',
    )!;
    expect(read).to.include({ name: 'a' });
    expect(read.attributes).to.deep.equal({ x: '1 & 2' });
    expect(textsOf(read)).to.deep.equal({ b: '5 < 6 茶', c: '<raw>&amp;', d: '' });
  });

  for (const wrong of [
    '',
    'text',
    '<a>',
    '<a></b>',
    '<a/><b/>',
    '</a>',
    '<a><b></a></b>',
    '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
    '<a b=c/>',
  ]) {
    it(`refuses ${JSON.stringify(wrong)}`, () => {
      expect(readXml(wrong)).to.equal(null);
    });
  }

  it('reads what it has written, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const read = readXml(writeXml('a', [writeXml('b', text, { c: text })]))!;
        expect([read.children[0]!.text, read.children[0]!.attributes.c]).to.deep.equal([text, text]);
      }),
    );
  });
});
