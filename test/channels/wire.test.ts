import { expect } from 'chai';
import { Agent } from 'undici';
import { classify, makeWire, type WireTrace } from '../../core/channels/wire.ts';
import { createWireAgent } from '../../core/channels/wire-agents.ts';
import type { WireRequest } from '../../core/contract/kit.ts';
import { freePort } from '../kit/free-port.ts';
import { type Behaviour, httpAnswer, makeSelfSigned, startVendor, type Tls, type Vendor } from './vendor.ts';

const hour = 3_600_000;
const order = '{"number":"1","amount":1999}';

describe('What the wire says of a call', () => {
  const ends: (() => Promise<unknown>)[] = [];

  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });

  async function vendorThat(behave: Behaviour, tls?: Tls): Promise<Vendor> {
    const vendor = await startVendor(behave, tls);
    ends.push(() => vendor.stop());
    return vendor;
  }

  interface Sending extends Partial<WireRequest> {
    readonly agent?: Agent;
    readonly deadline?: AbortSignal;
  }

  function openAgent(agent = createWireAgent(5000)): Agent {
    ends.push(() => agent.destroy());
    return agent;
  }

  /** Sends one order, and answers the result together with what the wire remembers of it. */
  async function send(url: string, { agent = openAgent(), deadline = AbortSignal.timeout(5000), ...more }: Sending = {}) {
    const trace: WireTrace = { maybeSent: false };
    const { http } = makeWire({ pick: () => agent }, deadline, trace, () => undefined);
    const result = await http({ method: 'POST', url, headers: { 'content-type': 'application/json' }, body: order, ...more });
    return { result, maybeSent: trace.maybeSent };
  }

  const to = (vendor: Vendor, scheme = 'http') => `${scheme}://127.0.0.1:${vendor.port}/pay`;

  describe('not sent, where nothing can have left', () => {
    it('a port where nobody listens', async () => {
      const sent = await send(`http://127.0.0.1:${await freePort()}/pay`);
      expect(sent).to.deep.equal({ result: { kind: 'notSent', reason: 'refused' }, maybeSent: false });
    });

    it('a name all of whose addresses refuse', async () => {
      const lookup = (_name: string, _options: object, done: (error: null, all: { address: string; family: number }[]) => void) =>
        done(
          null,
          ['127.0.0.1', '127.0.0.2'].map((address) => ({ address, family: 4 })),
        );
      const agent = openAgent(new Agent({ connect: { lookup: lookup as never, autoSelectFamily: true } }));
      const sent = await send(`http://vendor.example:${await freePort()}/pay`, { agent });
      expect(sent).to.deep.equal({ result: { kind: 'notSent', reason: 'refused' }, maybeSent: false });
    });

    for (const code of ['ENOTFOUND', 'EAI_AGAIN']) {
      it(`a name that does not resolve (${code})`, async () => {
        const lookup = (_name: string, _options: object, done: (error: Error) => void) => done(Object.assign(new Error(code), { code }));
        const agent = openAgent(new Agent({ connect: { lookup: lookup as never } }));
        const sent = await send('http://vendor.example/pay', { agent });
        expect(sent).to.deep.equal({ result: { kind: 'notSent', reason: 'dns' }, maybeSent: false });
      });
    }

    it('a name that the system’s own resolver knows to be none', async () => {
      // A label of 64 letters is against RFC 1035, so that no name server is asked.
      const sent = await send(`http://${'a'.repeat(64)}.invalid/pay`);
      expect(sent).to.deep.equal({ result: { kind: 'notSent', reason: 'dns' }, maybeSent: false });
    });

    it('a TLS handshake that never ends', async () => {
      const vendor = await vendorThat(() => undefined);
      const sent = await send(to(vendor, 'https'), { agent: openAgent(createWireAgent(100)) });
      expect(sent).to.deep.equal({ result: { kind: 'notSent', reason: 'refused' }, maybeSent: false });
    });

    it('an address that is none, and headers that cannot be sent', async () => {
      const local = { result: { kind: 'notSent', reason: 'local' }, maybeSent: false };
      expect(await send('pay')).to.deep.equal(local);
      expect(await send('ftp://127.0.0.1/pay')).to.deep.equal(local);
      const vendor = await vendorThat(({ onRequest }) => onRequest(() => undefined));
      expect(await send(to(vendor), { headers: { 'x-name': 'a\r\nb: c' } })).to.deep.equal(local);
      expect(vendor.requests).to.have.length(0);
    });

    describe('a certificate that is not trusted', () => {
      const now = Date.now();
      const lives = { from: new Date(now - hour), to: new Date(now + hour) };
      const answers: Behaviour = ({ socket, onRequest }) => onRequest(() => socket.write(httpAnswer()));

      async function expectRefusal(tls: Tls, agent?: Agent): Promise<void> {
        const vendor = await vendorThat(answers, tls);
        const sent = await send(to(vendor, 'https'), agent === undefined ? {} : { agent: openAgent(agent) });
        expect(sent).to.deep.equal({ result: { kind: 'notSent', reason: 'tls' }, maybeSent: false });
        expect(vendor.requests).to.have.length(0);
      }

      it('signed by itself', async () => {
        await expectRefusal(await makeSelfSigned({ commonName: '127.0.0.1', ...lives }));
      });

      it('of another host', async () => {
        const tls = await makeSelfSigned({ commonName: 'other.example', ...lives });
        await expectRefusal(tls, new Agent({ connect: { ca: tls.cert } }));
      });

      it('expired', async () => {
        const tls = await makeSelfSigned({ commonName: '127.0.0.1', from: new Date(now - 2 * hour), to: new Date(now - hour) });
        await expectRefusal(tls, new Agent({ connect: { ca: tls.cert } }));
      });
    });
  });

  describe('unknown, where the vendor may have it', () => {
    const unknown = (reason: string) => ({ result: { kind: 'unknown', reason }, maybeSent: true });

    const resets: Readonly<Record<string, Behaviour>> = {
      'reset as soon as it is accepted': ({ socket }) => void socket.resetAndDestroy(),
      'closed as soon as it is accepted': ({ socket }) => void socket.end(),
      'reset after the request was read': ({ socket, onRequest }) => onRequest(() => void socket.resetAndDestroy()),
      'closed after the request was read': ({ socket, onRequest }) => onRequest(() => void socket.end()),
      'reset in the middle of the headers': ({ socket, onRequest }) =>
        onRequest(() => void socket.write('HTTP/1.1 200 OK\r\nContent-', () => socket.resetAndDestroy())),
      'closed in the middle of the body': ({ socket, onRequest }) =>
        onRequest(() => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"paid":true')),
      'reset in the middle of a chunked body': ({ socket, onRequest }) =>
        onRequest(
          () => void socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"pai', () => socket.resetAndDestroy()),
        ),
      'answered in something that is not HTTP': ({ socket, onRequest }) => onRequest(() => void socket.end('220 mail.example ESMTP\r\n')),
    };
    for (const [what, behave] of Object.entries(resets)) {
      it(`a connection that is ${what}`, async () => {
        expect(await send(to(await vendorThat(behave)))).to.deep.equal(unknown('reset'));
      });
    }

    it('a kept connection that the vendor closes on the second request, which is not sent again', async () => {
      const agent = openAgent();
      const vendor = await vendorThat(({ socket, onRequest }) =>
        onRequest((_request, index) => void (index === 1 ? socket.write(httpAnswer()) : socket.resetAndDestroy())),
      );
      expect((await send(to(vendor), { agent })).result).to.include({ kind: 'answered' });
      // The agent takes a connection back a moment after its answer was read.
      await new Promise(setImmediate);
      expect(await send(to(vendor), { agent })).to.deep.equal(unknown('reset'));
      expect(vendor.connections).to.have.length(1);
      expect(vendor.requests).to.have.length(2);
    });

    it('an answer that is larger than any vendor’s', async () => {
      const vendor = await vendorThat(({ socket, onRequest }) =>
        onRequest(() => void socket.end(httpAnswer('x'.repeat(4 * 1024 * 1024 + 1)))),
      );
      expect(await send(to(vendor))).to.deep.equal(unknown('reset'));
    });

    it('a deadline that passes before the headers', async () => {
      const vendor = await vendorThat(({ onRequest }) => onRequest(() => undefined));
      expect(await send(to(vendor), { deadline: AbortSignal.timeout(100) })).to.deep.equal(unknown('timeout'));
      expect(vendor.requests).to.have.length(1);
    });

    it('a deadline that has passed already, and nothing is sent', async () => {
      const vendor = await vendorThat(({ socket, onRequest }) => onRequest(() => void socket.write(httpAnswer())));
      const { result } = await send(to(vendor), { deadline: AbortSignal.abort(new DOMException('late', 'TimeoutError')) });
      expect(result).to.deep.equal({ kind: 'unknown', reason: 'timeout' });
      expect(vendor.requests).to.have.length(0);
    });

    it('a deadline that passes between the headers and the end of the body', async () => {
      const vendor = await vendorThat(({ socket, onRequest }) =>
        onRequest(() => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{')),
      );
      expect(await send(to(vendor), { deadline: AbortSignal.timeout(100) })).to.deep.equal(unknown('timeout'));
    });

    it('an error that nobody has met before', () => {
      for (const error of [new Error('odd'), { code: 'EPIPE' }, { code: 'EPROTO' }, 'text', null, undefined, { code: 7 }]) {
        expect(classify(error)).to.deep.equal({ kind: 'unknown', reason: 'reset' });
      }
    });
  });

  describe('an answer that is read as it comes', () => {
    const download = (url: string) => {
      const agent = openAgent();
      const { download: send } = makeWire({ pick: () => agent }, AbortSignal.timeout(5000), { maybeSent: false }, () => undefined);
      return send({ method: 'GET', url });
    };

    it('may be larger than what is held at once', async () => {
      const length = 6 * 1024 * 1024;
      const vendor = await vendorThat(({ socket, onRequest }) => onRequest(() => void socket.end(httpAnswer('x'.repeat(length)))));
      const answer = await download(to(vendor));
      let read = 0;
      if (answer.kind === 'answered') for await (const chunk of answer.content) read += chunk.length;
      expect(read).to.equal(length);
    });

    it('ends with an error where it breaks off', async () => {
      const vendor = await vendorThat(({ socket, onRequest }) => onRequest(() => void socket.end(httpAnswer('whole').slice(0, -2))));
      const answer = await download(to(vendor));
      const read = async () => {
        if (answer.kind === 'answered') for await (const _ of answer.content);
      };
      expect(
        await read().then(
          () => 'whole',
          () => 'broken',
        ),
      ).to.equal('broken');
    });

    it('is as little sent as any other when nobody listens', async () => {
      expect(await download(`http://127.0.0.1:${await freePort()}/pay`)).to.deep.equal({ kind: 'notSent', reason: 'refused' });
    });
  });

  describe('answered, whatever the answer', () => {
    for (const status of ['200 OK', '302 Found', '429 Too Many Requests', '500 Internal Server Error', '503 Service Unavailable']) {
      it(`${status} is given to the channel as it is, and no redirect is followed`, async () => {
        const vendor = await vendorThat(({ socket, onRequest }) =>
          onRequest(() => void socket.write(httpAnswer('{"a":1}', ['Location: /elsewhere', 'X-Two: a', 'X-Two: b'], status))),
        );
        const { result, maybeSent } = await send(to(vendor));
        expect(maybeSent).to.equal(true);
        if (result.kind !== 'answered') throw new Error(result.reason);
        expect(result.status).to.equal(Number(status.slice(0, 3)));
        expect(result.headers).to.deep.include({ location: '/elsewhere', 'x-two': 'a, b' });
        expect(result.body.toString()).to.equal('{"a":1}');
        expect(vendor.requests).to.have.length(1);
      });
    }

    it('and not what comes before it', async () => {
      const hint = 'HTTP/1.1 103 Early Hints\r\nLink: </pay.css>\r\n\r\n';
      const vendor = await vendorThat(({ socket, onRequest }) => onRequest(() => void socket.write(`${hint}${httpAnswer('{"a":1}')}`)));
      const { result } = await send(to(vendor));
      if (result.kind !== 'answered') throw new Error(result.reason);
      expect(result.status).to.equal(200);
      expect(result.headers).to.not.have.property('link');
      expect(result.body.toString()).to.equal('{"a":1}');
    });

    it('on a fresh connection, when the vendor closed the kept one before the request', async () => {
      const agent = openAgent();
      const vendor = await vendorThat(({ socket, onRequest }) => onRequest(() => void socket.end(httpAnswer('{}', ['Connection: close']))));
      for (const count of [1, 2]) {
        expect((await send(to(vendor), { agent })).result).to.include({ kind: 'answered' });
        expect(vendor.connections).to.have.length(count);
      }
    });

    it('to the bytes that were signed: the body goes out as it was given', async () => {
      const vendor = await vendorThat(({ socket, onRequest }) => onRequest(() => void socket.write(httpAnswer())));
      await send(to(vendor), { body: '{ "b": 1,\n"a": 茶 }' });
      const [, body = ''] = vendor.requests[0]?.split('\r\n\r\n') ?? [];
      expect(Buffer.from(body, 'latin1').toString('utf8')).to.equal('{ "b": 1,\n"a": 茶 }');
    });
  });
});
