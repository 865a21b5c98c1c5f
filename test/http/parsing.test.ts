import { expect } from 'chai';
import fc from 'fast-check';
import { z } from 'zod';
import { canonicalJson, hashRequest } from '../../core/http/canonical.ts';
import { parseJson } from '../../core/http/json.ts';
import { chooseFormat, chooseLocale, formatOfType } from '../../core/http/negotiate.ts';
import { parseQuery } from '../../core/http/query.ts';
import { shapeOf } from '../../core/http/shape.ts';
import { parseXml } from '../../core/http/xml.ts';
import { writeXml } from '../../core/http/xml-write.ts';

const schema = z.strictObject({
  amount: z.int(),
  subject: z.string().optional(),
  urgent: z.boolean().default(false),
  lines: z.array(z.strictObject({ no: z.string().nullable(), amount: z.int().positive() })).optional(),
  metadata: z.record(z.string(), z.string()).optional(),
});
const shape = shapeOf(schema);

/** Text as XML can carry it: line ends are normalised by every parser, and controls do not exist there. */
const text = fc.string({ unit: 'grapheme' }).filter((value) => !/\p{Cc}|\p{Surrogate}|[\ufffe\uffff]/u.test(value));
const name = fc.stringMatching(/^[a-z_][a-z0-9_]{0,8}$/).filter((value) => !['constructor', 'prototype', '__proto__'].includes(value));
const request = fc.record(
  {
    amount: fc.maxSafeInteger(),
    subject: text,
    urgent: fc.boolean(),
    lines: fc.array(fc.record({ no: text, amount: fc.maxSafeNat() }), { maxLength: 3 }),
    metadata: fc.dictionary(name, text, { maxKeys: 4, noNullPrototype: true }),
  },
  { requiredKeys: ['amount'], noNullPrototype: true },
);

describe('parsing', () => {
  it('XML and JSON of the same request read as the same value', () => {
    fc.assert(
      fc.property(request, (value) => {
        const xml = writeXml(value).replaceAll('response>', 'request>').replace('<response/>', '<request/>');
        expect(parseXml(Buffer.from(xml), shape)).to.deep.equal({ ok: true, value, faults: [] });
        expect(parseJson(Buffer.from(JSON.stringify(value)))).to.deep.equal({ ok: true, value, faults: [] });
      }),
    );
  });

  it('a body that is no JSON is told the place, where the engine names one, and never quoted', () => {
    const detailOf = (body: string) => {
      const parsed = parseJson(Buffer.from(body));
      return parsed.ok ? null : parsed.detail.en;
    };
    expect(detailOf('{"a": 1,\n  "b": 2,}')).to.equal('The body cannot be read as JSON: It is not well-formed at line 2, column 10.');
    for (const body of ['', '{"card":canary}', '{"card":"canary'])
      expect(detailOf(body))
        .to.match(/not well-formed/)
        .and.not.include('canary');
  });

  it('whatever key an answer writes, a request may send back', () => {
    const key = fc
      .oneof(text, name, fc.constantFrom('entry', 'a b', 'a\tb\n"<&>', '颜色', 'xml', '1', 'a:b', '-'))
      .filter((one) => one !== '__proto__');
    fc.assert(
      fc.property(fc.dictionary(key, text, { maxKeys: 4, noNullPrototype: true }), (metadata) => {
        const kept = Object.fromEntries(Object.entries(metadata).filter(([one]) => !['constructor', 'prototype'].includes(one)));
        const xml = writeXml({ metadata: kept }).replaceAll('response>', 'request>');
        expect(parseXml(Buffer.from(xml), shape), xml).to.deep.equal({ ok: true, value: { metadata: kept }, faults: [] });
      }),
    );
    expect(writeXml({ 颜色: 'a', entry: 'b', xmlish: 'c' })).to.contain('<颜色>a</颜色><entry>b</entry><entry name="xmlish">c</entry>');
  });

  it('an answer leaves out what XML cannot carry rather than break', () => {
    expect(writeXml({ note: 'x\u0000\u0007\ud800y' })).to.contain('<response><note>xy</note></response>');
  });

  it('never throws, whatever the bytes', () => {
    const bytes = fc.oneof(
      fc.uint8Array(),
      fc.string({ unit: 'binary' }).map((value) => Buffer.from(value)),
      fc.json().map((value) => Buffer.from(value)),
    );
    const tags = fc
      .array(
        fc.constantFrom(
          '<request>',
          '</request>',
          '<amount>',
          '</amount>',
          '<a',
          '/>',
          '&amp;',
          '&',
          '<![CDATA[',
          ']]>',
          '<!--',
          '-->',
          '<?',
          '1',
          ' ',
        ),
      )
      .map((parts) => Buffer.from(parts.join('')));
    fc.assert(
      fc.property(fc.oneof(bytes, tags), (input) => {
        expect(parseJson(input).ok).to.be.a('boolean');
        expect(parseXml(input, shape).ok).to.be.a('boolean');
      }),
      { numRuns: 500 },
    );
  });

  it('reads every JSON document of integers as JSON.parse does, without faults', () => {
    const json = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.maxSafeInteger().map((n) => (n === 0 ? 0 : n)),
        fc.string(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(name, tie('value'), { maxKeys: 4, noNullPrototype: true }),
      ),
    })).value;
    fc.assert(
      fc.property(json, (value) => {
        expect(parseJson(Buffer.from(JSON.stringify(value, null, 1)))).to.deep.equal({ ok: true, value, faults: [] });
      }),
    );
  });

  it('names the place of a fault as a path', () => {
    const parsed = parseJson(Buffer.from('{"a":[[1,{"b c":[0,1.5]}]],"s":"1.5, {\\"x\\":1.5}"}'));
    expect(parsed.ok && parsed.faults.map(({ param }) => param)).to.deep.equal(['a[0][1].b c[1]']);
  });

  it('a query keeps no prototype names', () => {
    expect(parseQuery('__proto__=1&constructor=2', shape)).to.deep.include({ value: {} });
    expect(parseQuery('__proto__=1', shape).faults.map(({ code }) => code)).to.deep.equal(['unknown_field']);
  });

  it('equal requests have equal hashes, different ones do not', () => {
    const shuffled = { b: [{ y: 1, x: 2 }], a: { d: null, c: 't' } };
    expect(canonicalJson(shuffled)).to.equal('{"a":{"c":"t","d":null},"b":[{"x":2,"y":1}]}');
    expect(hashRequest('POST', '/a', { x: 1 }))
      .to.equal(hashRequest('POST', '/a', { x: 1 }))
      .and.to.match(/^[0-9a-f]{64}$/);
    for (const other of [hashRequest('POST', '/b', { x: 1 }), hashRequest('PUT', '/a', { x: 1 }), hashRequest('POST', '/a', { x: '1' })]) {
      expect(other).not.to.equal(hashRequest('POST', '/a', { x: 1 }));
    }
  });
});

describe('negotiation', () => {
  it('the best accepted format wins; the own one when they are equal', () => {
    const cases = [
      ['', 'xml', 'xml'],
      ['*/*', 'xml', 'xml'],
      ['text/*', 'json', 'xml'],
      ['application/problem+json', 'xml', 'json'],
      ['application/json;q=0.9, application/xml;q=0.9', 'xml', 'xml'],
      ['application/xml;q=0.2, */*;q=0.1', 'json', 'xml'],
      ['application/json; charset=utf-8', 'xml', 'json'],
      ['text/html', 'json', null],
      ['*/*;q=0', 'json', null],
      ['application/json;q=nonsense', 'json', null],
    ] as const;
    for (const [accept, own, chosen] of cases) expect(chooseFormat(accept, own), `${accept} ${own}`).to.equal(chosen);
  });

  it('knows the types of bodies', () => {
    expect(
      ['application/json', 'TEXT/XML; charset=UTF-8', undefined, 'application/json; charset=latin1', 'a/b'].map(formatOfType),
    ).to.deep.equal(['json', 'xml', null, 'other', 'other']);
  });

  it('speaks Chinese or English', () => {
    const cases = {
      'zh-CN,zh;q=0.9,en;q=0.8': 'zh',
      'zh-Hans-CN': 'zh',
      'en-US,zh;q=0.9': 'en',
      '': 'en',
      'zh;q=0': 'en',
      de: 'en',
      '*': 'en',
    };
    for (const [header, locale] of Object.entries(cases)) expect(chooseLocale(header), header).to.equal(locale);
  });
});
