import { expect } from 'chai';
import { type Got, type Harness, openHarness, post, postXml } from './kit.ts';

/** `param code` of every fault. */
function faults(got: Got): readonly string[] {
  const errors = (got.json['errors'] ?? []) as readonly { param: string; code: string }[];
  return errors.map(({ param, code }) => `${param} ${code}`).sort();
}

describe('bodies and queries', () => {
  let harness: Harness;
  before(async () => {
    harness = await openHarness();
  });
  after(() => harness.close());

  describe('in JSON', () => {
    it('every fault is listed at once, each in words', async () => {
      const body = {
        name: '',
        amount: 0,
        color: 'green',
        lines: [{ no: 1, amount: 1, x: 2 }],
        metadata: { k: 1 },
        extra: true,
        urgent: 'yes',
      };
      const got = await harness.send('/v1/things', post(body));
      expect([got.status, got.json['code']]).to.deep.equal([400, 'invalid_request']);
      expect(faults(got)).to.deep.equal([
        'amount out_of_range',
        'color invalid_choice',
        'extra unknown_field',
        'lines[0].no wrong_type',
        'lines[0].x unknown_field',
        'metadata.k wrong_type',
        'name too_short',
        'urgent wrong_type',
      ]);
      const details = (got.json['errors'] as readonly { detail: string }[]).map(({ detail }) => detail);
      expect(details).to.include('color must be one of: red, blue.').and.to.include('amount must be an integer of at least 1.');
      expect(details.join()).not.to.match(/[{}]/);
    });

    it('missing fields are required, also in an empty body', async () => {
      expect(faults(await harness.send('/v1/things', post({})))).to.deep.equal(['amount required', 'name required']);
      expect(faults(await harness.send('/v1/things', { method: 'POST' }))).to.deep.equal(['amount required', 'name required']);
    });

    it('numbers must be plain safe integers as written', async () => {
      const cases = {
        '1.5': 'not_integer',
        '1.0': 'not_integer',
        '1e2': 'not_integer',
        '1e400': 'not_integer',
        '-0': 'not_integer',
        '9007199254740993': 'out_of_range',
        '-5': 'out_of_range',
        '"1"': 'wrong_type',
        null: 'wrong_type',
      };
      for (const [literal, code] of Object.entries(cases)) {
        const got = await harness.send('/v1/things', post(`{"name":"a","amount":${literal}}`));
        expect(faults(got), literal).to.deep.equal([`amount ${code}`]);
      }
    });

    it('duplicate keys are refused, however they are spelled and however deep', async () => {
      const got = await harness.send(
        '/v1/things',
        post('{"name":"a","amount":1,"amo\\u0075nt":2,"lines":[{"no":"1","amount":1},{"no":"2","no":"3","amount":1}]}'),
      );
      expect(faults(got)).to.deep.equal(['amount duplicate_key', 'lines[1].no duplicate_key']);
    });

    it('names of the prototype chain are fields of nothing', async () => {
      const got = await harness.send(
        '/v1/things',
        post('{"name":"a","amount":1,"__proto__":{"admin":true},"metadata":{"constructor":"x","__proto__":"y"}}'),
      );
      expect(faults(got)).to.deep.equal([
        '__proto__ unknown_field',
        'metadata.__proto__ unknown_field',
        'metadata.constructor unknown_field',
      ]);
    });

    it('text that is not JSON, not UTF-8, too deep or too wide is unreadable, and not quoted back', async () => {
      const wide = `{${Array.from({ length: 1001 }, (_, n) => `"k${n}":1`).join()}}`;
      const bodies = [
        '{"name":"canary',
        'canary',
        '{"a":1}x',
        "{'a':1}",
        '{"a":01}',
        '{"a":NaN}',
        `${'['.repeat(33)}${']'.repeat(33)}`,
        wide,
      ];
      for (const body of bodies) {
        const got = await harness.send('/v1/things', post(body));
        expect([got.status, got.json['code']], body.slice(0, 20)).to.deep.equal([400, 'invalid_json']);
        expect(got.text).not.to.contain('canary');
      }
      const got = await harness.send('/v1/things', { ...post(''), body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]) });
      expect(got.json['code']).to.equal('invalid_json');
    });

    it('text that could not be given back as it came is refused, in values and in keys, never changed', async () => {
      for (const character of ['\\u0000', '\\u0007', '\\u000b', '\\u001f', '\\ufffe', '\\uffff', '\\ud800', '\\udc00', '\\ude00\\ud83d']) {
        const bad = `"a${character}b"`;
        const body = `{"name":${bad},"amount":1,"lines":[{"no":${bad},"amount":1}],"metadata":{"k":${bad},${bad}:"v"}}`;
        const got = await harness.send('/v1/things', post(body));
        expect(faults(got), character).to.deep.equal([
          'lines[0].no invalid_format',
          'metadata invalid_format',
          'metadata.k invalid_format',
          'name invalid_format',
        ]);
      }
      const text = '\t\r\n\u0085\ufffd😀';
      const good = await harness.send('/v1/things', post({ name: 'a', amount: 1, note: text, metadata: { [text]: text } }));
      expect([good.status, good.json['note'], good.json['metadata']]).to.deep.equal([201, text, { [text]: text }]);
    });

    it('a value that is no object has the wrong type', async () => {
      for (const body of ['[]', '1', '"x"', 'null'])
        expect(faults(await harness.send('/v1/things', post(body))), body).to.deep.equal(['body wrong_type']);
    });
  });

  describe('in XML', () => {
    it('say the same as in JSON, and are answered in XML', async () => {
      const body = `<?xml version="1.0" encoding="UTF-8"?>
        <request><name>a &amp; b</name><amount>12</amount><urgent>true</urgent>
          <lines><item><no>1</no><amount>5</amount></item><item><no><![CDATA[<2>]]></no><amount>7</amount></item></lines>
          <metadata><k>&#x4e2d;</k></metadata></request>`;
      const got = await harness.send('/v1/things', postXml(body));
      expect([got.status, got.headers['content-type']]).to.deep.equal([201, 'application/xml']);
      expect(got.text).to.contain('<name>a &amp; b</name><amount>12</amount>').and.to.contain('<urgent>true</urgent>');
      expect(got.text).to.contain(
        '<lines><item><no>1</no><amount>5</amount></item><item><no>&lt;2&gt;</no><amount>7</amount></item></lines>',
      );
      expect(got.text).to.contain('<metadata><k>中</k></metadata>').and.not.to.contain('<empty');
    });

    it('every fault is listed at once', async () => {
      const body =
        '<request><name></name><amount>1.5</amount><amount>2</amount><lines><item><no>1</no><amount>01</amount></item><x/></lines><extra><y>1</y></extra><urgent>1</urgent></request>';
      const got = await harness.send('/v1/things', postXml(body, { Accept: 'application/json' }));
      expect(faults(got)).to.deep.equal([
        'amount duplicate_key',
        'amount not_integer',
        'extra unknown_field',
        'lines.x unknown_field',
        'lines[0].amount not_integer',
        'name too_short',
        'urgent wrong_type',
      ]);
    });

    it('integers have one spelling', async () => {
      for (const text of ['1e2', '0x10', '+1', ' 1', '1 ', '1.', '-0', '', '１', '01']) {
        const got = await harness.send(
          '/v1/things',
          postXml(`<request><name>a</name><amount>${text}</amount></request>`, { Accept: 'application/json' }),
        );
        expect(faults(got), text).to.deep.equal(['amount not_integer']);
      }
    });

    const attacks: Readonly<Record<string, string | Buffer>> = {
      DOCTYPE: '<!DOCTYPE request><request><name>a</name><amount>1</amount></request>',
      'doctype in any case': '<!docTYPE request><request/>',
      'an external entity': '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><request><name>&x;</name><amount>1</amount></request>',
      'a bomb of entities': '<!DOCTYPE r [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><request><name>&b;</name></request>',
      'DOCTYPE twice': '<!DOCTYPE a><!DOCTYPE b [<!ENTITY x "y">]><request><name>&x;</name></request>',
      'DOCTYPE after the declaration': '<?xml version="1.0"?>\n<!DOCTYPE a><request/>',
      'DOCTYPE inside the root': '<request><!DOCTYPE a><name>a</name></request>',
      'an unknown entity': '<request><name>&x;</name><amount>1</amount></request>',
      'a bare ampersand': '<request><name>a & b</name><amount>1</amount></request>',
      'a reference to a control character': '<request><name>&#0;</name><amount>1</amount></request>',
      'a processing instruction': '<?xml-stylesheet href="x"?><request><name>a</name><amount>1</amount></request>',
      'a processing instruction inside': '<request><name>a<?x y?></name><amount>1</amount></request>',
      'another encoding': '<?xml version="1.0" encoding="UTF-16"?><request/>',
      'UTF-16 with its mark': Buffer.from('\ufeff<!DOCTYPE a><request/>', 'utf16le'),
      'UTF-16 without its mark': Buffer.from('<!DOCTYPE a><request/>', 'utf16le'),
      'an attribute': '<request><name lang="en">a</name><amount>1</amount></request>',
      'a namespace': '<request xmlns:x="y"><name>a</name></request>',
      'an attribute without value': '<request><name x>a</name></request>',
      'another root': '<xml><name>a</name></xml>',
      'two roots': '<request/><request/>',
      'text beside elements': '<request>x<name>a</name></request>',
      'text after the root': '<request/>x',
      'text after the root, behind a comment': '<request/><!-- a -->x<!-- b -->',
      'CDATA after the root': '<request/><![CDATA[x]]>',
      'an open element': '<request><name>a</request>',
      'a forbidden name': '<request><metadata><__proto__>x</__proto__></metadata></request>',
      'deep nesting': `<request>${'<metadata>'.repeat(40)}${'</metadata>'.repeat(40)}</request>`,
      'too many elements': `<request><lines>${'<item><no>1</no></item>'.repeat(600)}</lines></request>`,
      'no document': 'name=a',
    };
    for (const [name, body] of Object.entries(attacks)) {
      it(`${name} is refused`, async () => {
        const got = await harness.send('/v1/things', postXml(body));
        expect([got.status, got.headers['content-type']]).to.deep.equal([400, 'application/problem+xml']);
        expect(got.text)
          .to.contain('<code>invalid_xml</code>')
          .and.not.to.match(/root:|passwd/);
      });
    }

    it('the answer follows Accept, and the type of the request without it', async () => {
      const body = '<request><name>a</name><amount>1</amount></request>';
      const cases = [
        [undefined, 'application/xml'],
        ['*/*', 'application/xml'],
        ['application/json', 'application/json'],
        ['application/json;q=0.5, application/xml;q=0.4', 'application/json'],
        ['application/json;q=0.4, text/xml', 'application/xml'],
        ['application/json, text/plain, */*', 'application/json'],
        ['application/xml;q=0, */*', 'application/json'],
      ] as const;
      for (const [accept, type] of cases) {
        const got = await harness.send('/v1/things', postXml(body, accept === undefined ? {} : { Accept: accept }));
        expect([got.status, got.headers['content-type']], accept ?? 'none').to.deep.equal([201, type]);
      }
    });

    it('a member of a record is its own element or an entry with its name, once', async () => {
      const send = (metadata: string, more = '') =>
        harness.send(
          '/v1/things',
          postXml(`<request><name>a</name><amount>1</amount><metadata>${metadata}</metadata>${more}</request>`, {
            Accept: 'application/json',
          }),
        );
      const good = await send('<k>1</k><entry name="a &amp; b">2</entry><entry>3</entry>');
      expect([good.status, good.json['metadata']]).to.deep.equal([201, { k: '1', 'a & b': '2', entry: '3' }]);
      expect(faults(await send('<k>1</k><entry name="k">2</entry>'))).to.deep.equal(['metadata.k duplicate_key']);
      expect(faults(await send('<entry name="__proto__">2</entry>'))).to.deep.equal(['metadata.__proto__ unknown_field']);
      const bad = ['<entry key="k">1</entry>', '<entry name="k" x="1">1</entry>', '<k name="k">1</k>', '<entry name="&x;">1</entry>'];
      for (const metadata of bad) expect((await send(metadata)).json['code'], metadata).to.equal('invalid_xml');
      expect((await send('', '<entry name="note">1</entry>')).json['code'], 'only in a record').to.equal('invalid_request');
    });

    it('keys that are no names of elements are spelled otherwise, never broken', async () => {
      const body = { name: 'a', amount: 1, note: 'xy\r<&>', metadata: { 'order id': 'a"b', '1': 'z' } };
      const got = await harness.send('/v1/things', post(body, { Accept: 'application/xml' }));
      expect(got.text).to.contain('<note>xy&#13;&lt;&amp;&gt;</note>');
      expect(got.text).to.contain('<entry name="1">z</entry><entry name="order id">a&quot;b</entry>');
    });
  });

  describe('in the query', () => {
    it('integers and comma-separated lists are read in their one spelling', async () => {
      const got = await harness.send('/v1/things?limit=5&expand=a,b');
      expect(got.json['query']).to.deep.equal({ limit: 5, expand: ['a', 'b'] });
      expect((await harness.send('/v1/things')).json['query']).to.deep.equal({ limit: 10 });
    });

    it('every fault is listed at once', async () => {
      expect(faults(await harness.send('/v1/things?limit=101&expand=c&x=1&name=a&name=b'))).to.deep.equal([
        'expand[0] invalid_choice',
        'limit out_of_range',
        'name duplicate_key',
        'x unknown_field',
      ]);
      for (const limit of ['', '1.5', '1e1', '0x5', ' 5']) {
        expect(faults(await harness.send(`/v1/things?limit=${encodeURIComponent(limit)}`)), limit).to.deep.equal(['limit wrong_type']);
      }
    });

    it('of body and query are told together', async () => {
      expect(faults(await harness.send('/v1/things?x=1', post({ name: 'a' })))).to.deep.equal(['amount required', 'x unknown_field']);
    });
  });

  it('a route without a body takes none, or an empty object', async () => {
    for (const sent of [{ method: 'POST' }, post({}), postXml('<request/>')]) {
      const got = await harness.send('/v1/things/t/close', sent);
      expect([got.status, got.text]).to.deep.equal([204, '']);
    }
    expect(faults(await harness.send('/v1/things/t/close', post({ a: 1 })))).to.deep.equal(['a unknown_field']);
  });

  it('a callback keeps its bytes, query and headers, and is answered in its own words', async () => {
    const body = Buffer.from([0, 255, 10, 13]);
    const headers = { 'Content-Type': 'text/plain', 'X-Twice': 'a' };
    const got = await harness.send('/v1/callbacks/wechat?b=2&a=%31', { method: 'POST', headers, body, key: null });
    expect([got.status, got.headers['x-seen']]).to.deep.equal([202, 'POST wechat b=2&a=%31 a']);
    expect(Buffer.from(got.text, 'utf8').length).to.be.greaterThan(0);
    expect(got.headers['content-length']).to.equal('4');
    expect(got.headers['content-type']).to.equal('text/plain; charset=utf-8');
  });
});
