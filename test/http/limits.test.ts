import { once } from 'node:events';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, createServer } from 'node:net';
import { expect } from 'chai';
import { type AppDeps, PortUnusable, startServer } from '../../core/http/server.ts';
import { type Harness, openHarness, post } from './kit.ts';

const head = 'POST /v1/things HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk_test_all\r\nContent-Type: application/json\r\n';

describe('limits of requests', () => {
  let harness: Harness;
  before(async () => {
    harness = await openHarness({ bodyBytes: 1000, headersTimeoutMs: 300, requestTimeoutMs: 300, maxHeaderBytes: 4096 });
  });
  after(() => harness.close());

  const sized = (bytes: number) => `{"name":"a","amount":1,"note":"${'x'.repeat(bytes - 33)}"}`;

  it('a body of exactly the limit passes, one byte more is 413', async () => {
    expect(sized(1000).length).to.equal(1000);
    expect((await harness.send('/v1/things', post(sized(1000)))).status).to.equal(201);
    const got = await harness.send('/v1/things', post(sized(1001)));
    expect([got.status, got.json['code'], got.headers['connection']]).to.deep.equal([413, 'body_too_large', 'close']);
    expect(got.json['detail']).to.equal('The body is larger than 1000 bytes.');
  });

  it('a chunked body is counted as it comes', async () => {
    const chunk = (size: number) => `${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`;
    const got = await harness.rawSend(`${head}Transfer-Encoding: chunked\r\n\r\n`, chunk(600), chunk(600), '0\r\n\r\n');
    expect(got)
      .to.match(/^HTTP\/1\.1 413 /)
      .and.to.contain('body_too_large');
  });

  it('an endless body is cut off, and one that only announces its size is not waited for', async () => {
    const endless = await harness.rawSend(
      `${head}Transfer-Encoding: chunked\r\n\r\n`,
      ...Array.from({ length: 20 }, () => `3e8\r\n${'x'.repeat(1000)}\r\n`),
    );
    expect(endless).to.match(/^HTTP\/1\.1 413 /);
    expect(await harness.rawSend(`${head}Content-Length: 99999999999\r\n\r\n{`)).to.match(/^HTTP\/1\.1 413 /);
  });

  it('a body that never ends is 408', async () => {
    const got = await harness.rawSend(`${head}Content-Length: 100\r\n\r\n{"name"`);
    expect(got)
      .to.match(/^HTTP\/1\.1 408 /)
      .and.to.contain('"code":"request_timeout"')
      .and.to.contain('Connection: close');
  });

  it('headers that never end are 408, headers too large 431, nonsense 400', async () => {
    expect(await harness.rawSend('GET /v1/things HTTP/1.1\r\nHost: x\r\n'))
      .to.match(/^HTTP\/1\.1 408 /)
      .and.to.contain('"code":"request_timeout"')
      .and.to.match(/X-Request-Id: req_\d+/);
    const large = await harness.rawSend(`GET / HTTP/1.1\r\nHost: x\r\nX-Large: ${'x'.repeat(5000)}\r\n\r\n`);
    expect(large)
      .to.match(/^HTTP\/1\.1 431 /)
      .and.to.contain('"code":"headers_too_large"')
      .and.to.match(/X-Request-Id: req_\d+/);
    expect(await harness.rawSend('NONSENSE\r\n\r\n'))
      .to.match(/^HTTP\/1\.1 400 /)
      .and.to.contain('"code":"invalid_request"')
      .and.to.match(/X-Request-Id: req_\d+/);
  });

  it('no host, two hosts, two keys and an unknown expectation are problems with an id', async () => {
    const key = 'Authorization: Bearer sk_test_all\r\n';
    const cases = [
      [`GET /v1/things HTTP/1.1\r\n${key}`, 400],
      [`GET /v1/things HTTP/1.1\r\nHost: x\r\nHost: x\r\n${key}`, 400],
      [`GET /v1/things HTTP/1.1\r\nHost: x\r\n${key}authorization: Bearer sk_test_read\r\n`, 400],
      [`${head}Content-Length: 2\r\nExpect: a miracle\r\n`, 417],
    ] as const;
    for (const [start, status] of cases) {
      const got = await harness.rawSend(`${start}\r\n`);
      expect(got).to.match(new RegExp(`^HTTP/1.1 ${status} `));
      expect(got)
        .to.match(/\r\nX-Request-Id: req_\d+\r\n/)
        .and.to.contain('Content-Type: application/problem+json');
      expect(got).to.contain(`"status":${status}`).and.to.contain('"code":"invalid_request"');
    }
    expect(await harness.rawSend('GET /v1/things HTTP/1.0\r\n', `${key}\r\n`), 'HTTP/1.0 knows no host').to.match(/^HTTP\/1\.1 200 /);
    const patient = await harness.send('/v1/things', post({ name: 'a', amount: 1 }, { Expect: '100-continue' }));
    expect(patient.status).to.equal(201);
  });

  it('two lengths in one request are refused: nobody smuggles a second one behind it', async () => {
    const got = await harness.rawSend(
      `${head}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/things HTTP/1.1\r\n\r\n`,
    );
    expect(got).to.match(/^HTTP\/1\.1 400 /);
    expect(got.match(/HTTP\/1\.1/g)).to.have.length(1);
  });

  it('slow strangers do not keep others from being served', async () => {
    const slow = Array.from({ length: 50 }, () => connect(harness.server.port, '127.0.0.1').on('error', () => undefined));
    for (const socket of slow) socket.write('POST /v1/things HTTP/1.1\r\nHost: x\r\nX-A: ');
    expect((await harness.send('/v1/things', post({ name: 'a', amount: 1 }))).status).to.equal(201);
    for (const socket of slow) socket.destroy();
  });
});

describe('a graceful stop', () => {
  it('lets the request in flight end, tells its client to close, takes no new connection', async () => {
    const harness = await openHarness();
    let release = () => {};
    harness.fake.gate = new Promise((resolve) => {
      release = resolve;
    });
    const entered = new Promise<void>((resolve) => {
      harness.fake.entered = resolve;
    });
    const inFlight = harness.send('/v1/things', {
      ...post({ name: 'a', amount: 1 }),
      headers: { 'Content-Type': 'application/json', Connection: 'keep-alive' },
    });
    await entered;
    expect(harness.server.isDraining()).to.equal(false);
    const stopped = harness.server.stop(60_000);
    expect(harness.server.isDraining()).to.equal(true);
    const refused = await new Promise<string>((resolve) => {
      const request = httpRequest({ host: '127.0.0.1', port: harness.server.port, path: '/v1/things', agent: false }, () =>
        resolve('answered'),
      );
      request.on('error', (error: NodeJS.ErrnoException) => resolve(String(error.code)));
      request.end();
    });
    expect(refused).to.equal('ECONNREFUSED');
    release();
    const got = await inFlight;
    expect([got.status, got.headers['connection']]).to.deep.equal([201, 'close']);
    await stopped;
    await harness.close();
  });

  it('answers a request that arrives on a kept connection in the moment of the stop, and then ends the connection', async () => {
    const harness = await openHarness();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = () =>
      new Promise<IncomingMessage>((resolve, reject) => {
        const request = httpRequest({ host: '127.0.0.1', port: harness.server.port, path: '/v1/things', agent }, (answer) =>
          answer.resume().once('end', () => resolve(answer)),
        );
        request.once('error', reject).end();
      });
    expect((await ask()).headers['connection']).to.equal('keep-alive');
    const stopped = harness.server.stop(60_000);
    expect((await ask()).headers['connection']).to.equal('close');
    await stopped;
    agent.destroy();
    await harness.close();
  });

  it('does not wait for the other half of a request', async () => {
    const harness = await openHarness();
    const half = connect(harness.server.port, '127.0.0.1');
    const quarter = connect(harness.server.port, '127.0.0.1');
    await Promise.all([once(half, 'connect'), once(quarter, 'connect')]);
    half.write(`${head}Content-Length: 100\r\n\r\n{"a":`);
    quarter.write('GET /v1/things HTTP/1.1\r\nHo');
    for (const socket of [half, quarter]) socket.on('error', () => undefined).resume();
    await new Promise((resolve) => setTimeout(resolve, 50));
    // Far less than the drain: the test would not end in its time.
    await harness.server.stop(600_000);
    await harness.close();
  });

  it('cuts what is still in flight when the time is up', async () => {
    const harness = await openHarness();
    harness.fake.gate = new Promise(() => undefined);
    const entered = new Promise<void>((resolve) => {
      harness.fake.entered = resolve;
    });
    const inFlight = harness.send('/v1/things', post({ name: 'a', amount: 1 })).then(
      () => 'answered',
      (error: NodeJS.ErrnoException) => String(error.code),
    );
    await entered;
    await harness.server.stop(50);
    expect(await inFlight).to.equal('ECONNRESET');
    await harness.close();
  });
});

describe('a port', () => {
  it('that another program listens on is refused with what to do, and not with a stack', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const start = startServer({ routes: [], deps: {} as AppDeps, port, host: '127.0.0.1' });
    const failure = await start.catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(PortUnusable);
    expect(String(failure)).to.include(`port ${port} of 127.0.0.1 is taken`).and.include('PAYMUX_METRICS_PORT');
    taken.close();
  });
});
