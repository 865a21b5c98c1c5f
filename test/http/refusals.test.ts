import { expect } from 'chai';
import { refuse } from '../../core/errors.ts';
import { type Harness, openHarness, post, postXml } from './kit.ts';

describe('refusals over HTTP', () => {
  let harness: Harness;
  before(async () => {
    harness = await openHarness();
  });
  after(() => harness.close());
  afterEach(() => {
    harness.fake.limit = null;
  });

  const good = { name: 'a', amount: 1 };

  it('are RFC 9457 problems with a documented type, a code, an advice and the request id', async () => {
    const got = await harness.send('/v1/nothing', { headers: { 'X-Request-Id': 'mine-1' } });
    expect(got.headers['content-type']).to.equal('application/problem+json');
    expect(got.headers['x-request-id']).to.equal('mine-1');
    expect(got.json).to.deep.equal({
      type: 'https://pay.example.com/docs/errors#not_found',
      title: 'Not found',
      status: 404,
      detail: 'Nothing with this address is visible to this key.',
      code: 'not_found',
      request_id: 'mine-1',
      advice: 'fix_request',
    });
  });

  it('are XML problems for a client that speaks XML', async () => {
    const got = await harness.send('/v1/nothing', { headers: { Accept: 'application/xml' } });
    expect(got.headers['content-type']).to.equal('application/problem+xml');
    expect(got.text).to.match(/^<\?xml version="1\.0" encoding="UTF-8"\?><problem xmlns="urn:ietf:rfc:7807"><type>/);
    expect(got.text).to.contain('<status>404</status>').and.to.contain('<code>not_found</code>');
  });

  it('speak Chinese to those who prefer it, and never translate the code', async () => {
    const got = await harness.send('/v1/nothing', { headers: { 'Accept-Language': 'en;q=0.5, zh-CN' } });
    expect(got.json).to.include({ code: 'not_found', title: '不存在' });
    expect(got.headers['content-language']).to.equal('zh-CN');
    const other = await harness.send('/v1/nothing', { headers: { 'Accept-Language': 'fr, zh;q=0.1, en;q=0.2' } });
    expect(other.json['title']).to.equal('Not found');
  });

  it('a request id that is not plain is replaced', async () => {
    const got = await harness.send('/v1/things/t', { headers: { 'X-Request-Id': 'a b' } });
    expect(got.headers['x-request-id']).to.match(/^req_\d+$/);
    const long = await harness.send('/v1/things/t', { headers: { 'X-Request-Id': 'x'.repeat(65) } });
    expect(long.headers['x-request-id']).to.match(/^req_\d+$/);
  });

  it('401 without a valid key, 403 without the scope', async () => {
    const none = await harness.send('/v1/things', { key: null });
    expect([none.status, none.json['code'], none.headers['www-authenticate']]).to.deep.equal([401, 'unauthorized', 'Bearer']);
    const narrow = await harness.send('/v1/things', { ...post(good), key: 'sk_test_read' });
    expect([narrow.status, narrow.json['code']]).to.deep.equal([403, 'forbidden']);
    expect((await harness.send('/v1/things', { key: 'sk_test_read' })).status).to.equal(200);
    expect((await harness.send('/v1/things/t', { key: 'sk_test_read' })).status, 'any key may where no scope is asked').to.equal(200);
  });

  it('404 for an unknown path, also one that differs in case or by a slash; 405 with Allow for an unknown method', async () => {
    for (const path of ['/v2/things', '/v1/Things', '/v1/things/']) expect((await harness.send(path)).status, path).to.equal(404);
    const got = await harness.send('/v1/things', { method: 'DELETE' });
    expect([got.status, got.json['code']]).to.deep.equal([405, 'method_not_allowed']);
    expect(String(got.headers['allow']).split(', ')).to.include.members(['GET', 'POST']);
  });

  it('400 for an address that does not decode', async () => {
    for (const path of ['/v1/things/%zz', '/v1/things/%E0%A4%A', '/v1/things/a%00', '/v1/things?name=%']) {
      expect((await harness.send(path)).json['code'], path).to.equal('invalid_request');
    }
  });

  it('406 when neither JSON nor XML is accepted', async () => {
    for (const accept of ['text/html', 'application/json;q=0', 'image/*']) {
      const got = await harness.send('/v1/things', { headers: { Accept: accept } });
      expect([got.status, got.json['code']], accept).to.deep.equal([406, 'not_acceptable']);
    }
  });

  it('415 for another type, another charset, or a compressed body', async () => {
    const bodies = [
      { 'Content-Type': 'text/plain' },
      { 'Content-Type': 'application/x-www-form-urlencoded' },
      { 'Content-Type': 'application/json; charset=gbk' },
      { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' },
    ];
    for (const headers of bodies) {
      const got = await harness.send('/v1/things', post(good, headers));
      expect([got.status, got.json['code']], JSON.stringify(headers)).to.deep.equal([415, 'unsupported_media_type']);
    }
    const untyped = await harness.send('/v1/things', { method: 'POST', body: '{}' });
    expect(untyped.status).to.equal(415);
    expect((await harness.send('/v1/things', post(good, { 'Content-Type': 'application/json; charset="UTF-8"' }))).status).to.equal(201);
  });

  it('429 with Retry-After when the rate is exceeded', async () => {
    harness.fake.limit = refuse('rate_limited', { retryAfterSec: 3 });
    const got = await harness.send('/v1/things', post(good));
    expect([got.status, got.json['code'], got.headers['retry-after'], got.json['advice']]).to.deep.equal([
      429,
      'rate_limited',
      '3',
      'retry',
    ]);
  });

  it('carry what a handler refuses with: param, payment, Retry-After', async () => {
    const taken = await harness.send('/v1/things', post({ ...good, name: 'taken' }));
    expect(taken.status).to.equal(409);
    expect(taken.json).to.deep.include({ code: 'merchant_order_no_used', param: 'name', payment: { id: 'pay_1', state: 'pending' } });
    const inXml = await harness.send('/v1/things', postXml('<request><name>taken</name><amount>1</amount></request>'));
    expect(inXml.text).to.contain('<payment><id>pay_1</id><state>pending</state></payment>');
    const later = await harness.send('/v1/things', post({ ...good, name: 'later' }));
    expect([later.status, later.headers['retry-after']]).to.deep.equal([503, '7']);
  });

  it('500 tells nothing of what was thrown; 503 with Retry-After without a database', async () => {
    const thrown = await harness.send('/v1/things', post({ ...good, name: 'throw' }));
    expect([thrown.status, thrown.json['code']]).to.deep.equal([500, 'internal']);
    expect(thrown.text).not.to.match(/SELECT|passwd|sk_test|at .*\.ts/);
    const away = await harness.send('/v1/things', post({ ...good, name: 'nodb' }));
    expect([away.status, away.json['code'], away.headers['retry-after']]).to.deep.equal([503, 'unavailable', '2']);
    expect(away.text).not.to.match(/ECONNREFUSED|10\.0\.0\.1/);
    expect(harness.fake.errors.map(String).join()).to.contain('passwd', 'the log gets it');
  });

  it('every answer forbids sniffing, caching and framing', async () => {
    for (const got of [await harness.send('/v1/things'), await harness.send('/v1/nothing')]) {
      expect(got.headers).to.include({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
      expect(got.headers['content-security-policy']).to.contain("default-src 'none'");
    }
  });

  it('are reported with the id of their route, never with a path as label', async () => {
    harness.fake.entries.length = 0;
    await harness.send('/v1/things/t-1?name=x');
    await harness.send('/v1/nothing');
    const [known, unknown] = harness.fake.entries;
    expect(known).to.include({
      route: 'things.read',
      method: 'GET',
      status: 400,
      code: 'invalid_request',
      appId: 'app_1',
      path: '/v1/things/t-1',
    });
    expect(unknown).to.include({ route: null, status: 404, code: 'not_found', appId: null });
  });

  it('are reported without the token of a shopper, whether his address is right or not', async () => {
    harness.fake.entries.length = 0;
    for (const path of ['/checkout/pay_1/s3cret', '/checkout/pay_1/s3cret/events?a=1', '/pay/lnk_1/s3cret/']) await harness.send(path);
    expect(harness.fake.entries.map(({ path }) => path)).to.deep.equal([
      '/checkout/pay_1/***',
      '/checkout/pay_1/***/events',
      '/pay/lnk_1/***/',
    ]);
  });
});
