import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import fc from 'fast-check';
import { type Harness, openHarness } from './kit.ts';

const key = 'Host: x\r\nAuthorization: Bearer sk_test_all\r\n';
const get = (target: string) => `GET ${target} HTTP/1.1\r\n${key}Connection: close\r\n\r\n`;
const send = (type: string, body: string, connection = 'close') =>
  `POST /v1/things HTTP/1.1\r\n${key}Connection: ${connection}\r\nContent-Type: application/${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

/** Bodies that cost whoever reads them carelessly its stack or its time. */
const bodies: readonly (readonly [string, string, string])[] = [
  ['lists in lists', 'json', '['.repeat(120_000) + ']'.repeat(120_000)],
  ['objects in objects', 'json', `${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}`],
  ['a list without an end', 'json', '['.repeat(250_000)],
  ['a wide list', 'json', `[${'1,'.repeat(120_000)}1]`],
  ['a text of escapes', 'json', `{"name":"${'\\n'.repeat(120_000)}"}`],
  ['a key of escapes', 'json', `{"${'\\u0061'.repeat(40_000)}":1}`],
  ['a number of many digits', 'json', `{"amount":${'9'.repeat(250_000)}}`],
  ['nothing at all', 'json', 'null'],
  ['elements in elements', 'xml', `<request><metadata>${'<a>'.repeat(1000)}${'</a>'.repeat(1000)}</metadata></request>`],
  ['comments without an end', 'xml', `${'<!--'.repeat(3900)}${' '.repeat(240_000)}`],
  ['comments and much white space', 'xml', `${'<!-- x -->'.repeat(1900)}<request/>${' '.repeat(200_000)}x`],
  ['white space before the root', 'xml', `${' '.repeat(250_000)}<request/>`],
  ['a text of references', 'xml', `<request><name>${'&lt;'.repeat(60_000)}</name></request>`],
  ['a text of ampersands', 'xml', `<request><name>${'&'.repeat(240_000)}</name></request>`],
  ['attributes without a value', 'xml', `<request ${'a='.repeat(100_000)}/>`],
  ['many attributes', 'xml', `<request ${Array.from({ length: 20_000 }, (_, index) => `a${index}="b"`).join(' ')}/>`],
  ['names of a prototype', 'xml', '<request><constructor>1</constructor><toString>1</toString></request>'],
  ['an entry with an empty name', 'xml', '<request><metadata><entry name="">x</entry></metadata></request>'],
];

const targets = [
  'http://[',
  'http://a:b:c/',
  'http://[::1',
  'https://',
  'http://?a',
  'http://x/v1/%00',
  '//[/v1',
  '//%@#',
  '*',
  `/?${'a&'.repeat(6000)}`,
];

describe('what strangers try', () => {
  let harness: Harness;
  before(async () => {
    harness = await openHarness({ headersTimeoutMs: 300, requestTimeoutMs: 300, keepAliveTimeoutMs: 300, stalledTimeoutMs: 300 });
  });
  after(() => harness.close());

  /** A refusal of ours with an id to ask about, which nobody was surprised by. */
  const expectRefused = (got: string, status = /4\d\d/) => {
    expect(got).to.match(new RegExp(`^HTTP/1.1 ${status.source} `));
    expect(got).to.match(/\r\nX-Request-Id: req_\d+\r\n/);
    expect(got).to.match(/\r\nContent-Type: application\/problem\+(json|xml)\r\n/);
    expect(harness.fake.errors).to.deep.equal([]);
  };

  for (const [name, type, body] of bodies) {
    it(`${name} is refused (${type})`, async () => expectRefused(await harness.rawSend(send(type, body)), /400/));
  }

  for (const target of targets) {
    it(`the address ${target.slice(0, 20)} is refused`, async () => expectRefused(await harness.rawSend(get(target)), /40[04]/));
  }

  it('no address of any host is more than unknown', async () => {
    const host = fc.string({ unit: fc.constantFrom(...'[]:@/?#%.*\\x1'), maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('http://', 'HTTPS://', '//', '/'), host, async (scheme, rest) =>
        expectRefused(await harness.rawSend(get(scheme + rest))),
      ),
      { numRuns: 60 },
    );
    expect(await harness.rawSend(get('http://elsewhere/v1/things?limit=7'))).to.match(/^HTTP\/1\.1 200 [\s\S]*"limit":7/);
  });

  it('nonsense behind a request is answered behind its answer', async () => {
    const got = await harness.rawSend(`${send('json', '{"name":"a","amount":1}', 'keep-alive')}NONSENSE\r\n\r\n`);
    expect([...got.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).to.deep.equal(['201', '400']);
    expectRefused(got.slice(got.lastIndexOf('HTTP/1.1')), /400/);
    expect(got).to.include('cannot be read as an HTTP request').and.not.include('see errors');
  });

  it('a body that breaks off into nonsense is refused once, and nothing is done', async () => {
    const { created } = harness.fake;
    const head = `POST /v1/things HTTP/1.1\r\n${key}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const got = await harness.rawSend(`${head}2\r\n{}\r\nzz\r\n`, 'zz\r\n');
    expectRefused(got, /400/);
    expect(got.match(/HTTP\/1\.1/g)).to.have.length(1);
    expect(harness.fake.created).to.equal(created);
  });

  it('a tunnel is refused, and one that is torn down harms nobody', async () => {
    expectRefused(await harness.rawSend(`CONNECT x:443 HTTP/1.1\r\n${key}\r\n`), /405/);
    const torn = open();
    torn.write(`CONNECT x:443 HTTP/1.1\r\n${key}\r\n`);
    await new Promise((resolve) => torn.once('data', resolve));
    torn.resetAndDestroy();
    expectRefused(await harness.rawSend(get('/')), /404/);
  });

  const open = (to = harness): Socket =>
    connect({ port: to.server.port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => undefined);

  it('who never hangs up after a refusal is hung up on', async function () {
    // Sooner than any other limit of the server would.
    this.timeout(5000);
    const patient = await openHarness();
    const socket = open(patient);
    socket.write('NONSENSE\r\n\r\n');
    await new Promise((resolve) => socket.resume().once('end', resolve));
    // Ends when every connection has, and only half of this one is closed by its client's doing.
    await patient.server.stop(60_000);
    await patient.close();
  });

  it('who never reads the answers is hung up on', async () => {
    const socket = open().pause();
    const echo = 'x'.repeat(200_000);
    // More than the buffers between two sockets hold: from there on nothing moves.
    for (let sent = 0; sent < 200; sent += 1)
      socket.write(`POST /v1/callbacks/x HTTP/1.1\r\nHost: x\r\nContent-Length: ${echo.length}\r\n\r\n${echo}`);
    await new Promise((resolve) => socket.once('close', resolve));
  });
});
