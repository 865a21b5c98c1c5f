import type { AddressInfo } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { expect } from 'chai';
import type { Call, WireRequest } from '../../core/contract/kit.ts';
import type { Outcome } from '../../core/contract/outcome.ts';
import { makeAccount, openCaller, type TestCaller } from './caller.ts';
import { httpAnswer, makeSelfSigned, type Tls } from './vendor.ts';

const done: Outcome = { kind: 'ok', report: { state: 'not_found' } };

describe("A vendor that asks for the merchant's certificate", () => {
  let [vendor, first, second, stranger]: Tls[] = [];
  let server: Server;
  let caller: TestCaller;
  /** The names in the certificates that requests were made with, request by request. */
  const shown: string[] = [];
  const sockets: TLSSocket[] = [];

  before(async () => {
    const now = Date.now();
    const lives = { from: new Date(now - 3_600_000), to: new Date(now + 3_600_000) };
    const names = ['localhost', 'first merchant', 'second merchant', 'stranger'];
    [vendor, first, second, stranger] = await Promise.all(names.map((commonName) => makeSelfSigned({ commonName, ...lives })));
    const ca = [first!.cert, second!.cert];
    server = createServer({ ...vendor, ca, requestCert: true, rejectUnauthorized: true }, (socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.on('data', () => {
        shown.push(String(socket.getPeerCertificate().subject.CN));
        socket.write(httpAnswer());
      });
    });
    server.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  after(() => new Promise((resolve) => server.close(resolve)));

  beforeEach(() => {
    shown.length = 0;
    sockets.length = 0;
    caller = openCaller({ volumeThreshold: 1000 });
  });

  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await caller.stop();
  });

  /** Sends one request through the kernel's caller, and answers what became of it. */
  async function ask(tls: WireRequest['tls']): Promise<string> {
    const url = `https://localhost:${(server.address() as AddressInfo).port}/reverse`;
    let seen = '';
    const work = async (call: Call): Promise<Outcome> => {
      const answer = await call.http({ method: 'GET', url, ...(tls === undefined ? {} : { tls }) });
      seen = answer.kind === 'answered' ? String(answer.status) : `${answer.kind} ${answer.reason}`;
      return answer.kind === 'answered' ? done : answer;
    };
    await caller.call<Outcome>(makeAccount(), 'close', work);
    return seen;
  }

  const as = (merchant: Tls | undefined) => ({ cert: merchant!.cert, key: merchant!.key, ca: vendor!.cert });

  it('is shown the one of the request, on a connection that is kept for that merchant alone', async () => {
    for (const merchant of [first, second, first, second]) expect(await ask(as(merchant))).to.equal('200');
    expect(shown).to.deep.equal(['first merchant', 'second merchant', 'first merchant', 'second merchant']);
    expect(sockets).to.have.length(2);
  });

  it('answers nobody who shows none, or one that it does not trust', async () => {
    expect(await ask({ ca: vendor!.cert })).to.match(/^unknown /);
    expect(await ask(as(stranger))).to.match(/^unknown /);
    expect(shown).to.deep.equal([]);
  });

  it('is sent nothing where we do not trust its own certificate', async () => {
    expect(await ask({ cert: first!.cert, key: first!.key })).to.equal('notSent tls');
    expect(shown).to.deep.equal([]);
  });

  it('is sent nothing with a key that cannot be used, and no log quotes it', async () => {
    const key = '-----BEGIN PRIVATE KEY-----\nc2VjcmV0IGNhbmFyeQ==\n-----END PRIVATE KEY-----';
    expect(await ask({ cert: first!.cert, key })).to.equal('notSent tls');
    expect(await ask({ cert: first!.cert, key: second!.key }), 'the key of another certificate').to.equal('notSent tls');
    await ask(as(first));
    expect(caller.logText()).not.to.match(/PRIVATE KEY|c2VjcmV0|CERTIFICATE/);
    expect(caller.logText()).not.to.include(first!.key.slice(40, 80));
  });

  it('is let go of when the caller ends', async () => {
    await ask(as(first));
    const ended = new Promise((resolve) => sockets[0]?.once('close', resolve));
    await caller.shutdown();
    await ended;
  });
});
