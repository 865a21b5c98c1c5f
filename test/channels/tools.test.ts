import { expect } from 'chai';
import fc from 'fast-check';
import { makeKit } from '../../core/channels/kit.ts';
import { createSm2 } from '../../core/channels/sm2.ts';
import { makeKit as makeOther } from '../kit/channel-kit.ts';

/** The kernel's own kit. Tests of channels run with another one, written apart from it. */
const kit = makeKit(createSm2().kit, { JPY: 2 });
const other = makeOther({ JPY: 2 });
const text = fc.string({ unit: 'binary', maxLength: 20 });

describe('The tools that channels check signatures with', () => {
  it('find two texts the same only where every character is', () => {
    fc.assert(fc.property(text, (one) => kit.sameText(one, one)));
    fc.assert(fc.property(text, text, (one, two) => kit.sameText(one, two) === (Buffer.compare(Buffer.from(one), Buffer.from(two)) === 0)));
    for (const wrong of ['', 'signaturf', 'Signature', 'signatur', 'signature ', 'sïgnatur'])
      expect(kit.sameText('signature', wrong), wrong).to.equal(false);
  });

  it('read base64 as it was written, and nothing that only a forgiving decoder takes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => {
        expect(kit.base64(Buffer.from(bytes).toString('base64'))).to.deep.equal(Buffer.from(bytes));
      }),
    );
    for (const wrong of ['', 'YQ', 'YQ=', 'YR==', ' YQ==', 'YQ==\n', 'Y Q==', 'YQ==YQ==', '_-8=', '%', undefined, null, 1, ['YQ==']])
      expect(kit.base64(wrong), String(wrong)).to.equal(null);
  });

  it('read JSON as the other kit does, from bytes and from text', () => {
    fc.assert(
      fc.property(fc.json(), fc.boolean(), (written, numbersAsText) => {
        fc.pre(!/"(__proto__|constructor|prototype)"/.test(written));
        const expected = other.json(written, { numbersAsText });
        expect(kit.json(written, { numbersAsText })).to.deep.equal(expected);
        expect(kit.json(Buffer.from(written), { numbersAsText })).to.deep.equal(expected);
      }),
    );
    for (const none of ['', '{', '[]', 'null', '1', '"a"', 'true']) expect(kit.json(none), none).to.equal(null);
  });

  it('keep a number as the vendor wrote it where it is asked for', () => {
    const written = '{"a":0.10,"b":[1e2,{"c":12345678901234567890}],"d":"0.10","e":null,"f":true}';
    const asText = { a: '0.10', b: ['1e2', { c: '12345678901234567890' }], d: '0.10', e: null, f: true };
    expect(kit.json(written, { numbersAsText: true })).to.deep.equal(asText);
    expect(kit.json(written)).to.deep.include({ a: 0.1, d: '0.10' });
  });

  it('let no key of JSON reach the prototype of an object', () => {
    const read = kit.json('{"__proto__":{"a":1},"constructor":1,"prototype":2,"inner":{"__proto__":{"a":1},"b":3}}');
    expect(Object.getOwnPropertyNames(read)).to.deep.equal(['inner']);
    expect(Object.getOwnPropertyNames(read?.['inner'])).to.deep.equal(['b']);
  });

  it('write a decimal as a number of JSON, its digits kept, and nothing that is none', () => {
    for (const decimal of ['0', '0.10', '19.99', '100', '12345678901234567890.5'])
      expect(JSON.stringify({ a: kit.jsonNumber(decimal) })).to.equal(`{"a":${decimal}}`);
    for (const wrong of ['', '01', '.5', '1.', '-1', '+1', '1e3', '1,2', ' 1', '1 ', '1\n', 'NaN', '{}', 'a1', '1a', '1.5.5'])
      expect(() => kit.jsonNumber(wrong), wrong).to.throw('is not a decimal number');
  });
});

describe('The XML of channels', () => {
  it('comes back as it was built, every value a text', () => {
    const name = fc.stringMatching(/^[a-z][a-z_]{0,8}$/).filter((one) => !['constructor', 'prototype'].includes(one));
    const value = fc.stringMatching(/^[0-9A-Za-z.茶&<>"';#-]{1,12}$/);
    fc.assert(
      fc.property(fc.dictionary(name, value, { minKeys: 1, maxKeys: 5 }), (fields) => {
        const written = kit.xml.build('xml', fields);
        expect(kit.xml.parse(written)).to.deep.equal({ xml: { ...fields } });
        expect(other.xml.parse(written)).to.deep.equal({ xml: { ...fields } });
      }),
    );
  });

  it('is built with every value escaped, and an empty one as an open and a closed tag', () => {
    const written = kit.xml.build('xml', { a: '</a><b>1</b>&amp;', c: '' });
    expect(written).to.equal('<xml><a>&lt;/a&gt;&lt;b&gt;1&lt;/b&gt;&amp;amp;</a><c></c></xml>');
    expect(other.xml.parse(written)).to.deep.equal({ xml: { a: '</a><b>1</b>&amp;', c: '' } });
    expect(kit.xml.parse(written)).to.deep.equal({ xml: { a: '</a><b>1</b>&amp;', c: '' } });
  });

  it('keeps numbers and marked sections as texts, reads each entity once, and leaves out declarations and attributes', () => {
    const written =
      '<?xml version="1.0"?><?more x="1"?><xml a="1"><n>007</n><d>1.10</d><t><![CDATA[<b>]]></t><e>&#49;&#x32;&lt;&amp;amp;&amp;#49;</e><f><![CDATA[&amp;]]></f></xml>';
    expect(kit.xml.parse(written)).to.deep.equal({ xml: { n: '007', d: '1.10', t: '<b>', e: '12<&amp;&#49;', f: '&amp;' } });
  });

  it('is refused with a DOCTYPE, however it is written, and where it is not well-formed', () => {
    const entity = '[<!ENTITY a "1">]';
    for (const written of [
      `<!DOCTYPE xml ${entity}><xml><a>&a;</a></xml>`,
      '<!doctype xml><xml/>',
      '<?xml version="1.0"?>\n<!DocType x><x/>',
    ])
      expect(kit.xml.parse(written), written).to.equal(null);
    for (const written of [
      '',
      ' ',
      'busy',
      '<!-- x -->',
      '<?xml version="1.0"?>',
      '<xml>',
      '<xml></a>',
      '<xml><a></xml>',
      '<xml/><xml',
      '<xml>&</xml',
      '<a b></a>',
    ])
      expect(kit.xml.parse(written), written).to.equal(null);
  });
});

describe('The money of channels', () => {
  it('is written and read with the decimals of the channel, exactly', () => {
    const currency = fc.constantFrom('CNY', 'JPY', 'KWD', 'USD');
    fc.assert(
      fc.property(fc.nat({ max: 10 ** 9 }), currency, (amount, unit) => {
        const money = { amount, currency: unit };
        expect(kit.money.toMajor(money)).to.equal(other.money.toMajor(money));
        expect(kit.money.fromMajor(kit.money.toMajor(money), unit)).to.deep.equal(money);
        expect(kit.money.fromMinor(String(amount), unit)).to.deep.equal(money);
      }),
    );
    expect(kit.money.toMajor({ amount: 500, currency: 'JPY' })).to.equal('500.00');
    expect(kit.money.fromMajor('500.01', 'JPY')).to.equal(null);
    expect(makeKit(createSm2().kit).money.toMajor({ amount: 500, currency: 'JPY' })).to.equal('500');
  });
});
