import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { classify, makeWire, type WireTrace } from '../../core/channels/wire.ts';
import { createWireAgent } from '../../core/channels/wire-agents.ts';

/** "Not sent" lets a second account charge. These are the ways in which it could be said of a request that has left. */
describe('A request counts as not sent only when that is proven', () => {
  const failure = (code: string, syscall: string) => Object.assign(new Error(`${syscall} ${code}`), { code, syscall });

  for (const code of ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH']) {
    it(`${code} while connecting proves it; on a connection that stands it does not`, () => {
      expect(classify(failure(code, 'connect'))).to.deep.equal({ kind: 'notSent', reason: 'refused' });
      expect(classify(failure(code, 'read'))).to.deep.equal({ kind: 'unknown', reason: 'reset' });
      expect(classify(failure(code, 'write'))).to.deep.equal({ kind: 'unknown', reason: 'reset' });
    });
  }

  it('of several addresses, all must have refused while connecting', () => {
    const all = (...errors: Error[]) => Object.assign(new AggregateError(errors), { code: 'ECONNREFUSED' });
    const refused = failure('ECONNREFUSED', 'connect');
    expect(classify(all(refused, failure('ENETUNREACH', 'connect'))).kind).to.equal('notSent');
    expect(classify(all(refused, failure('ECONNREFUSED', 'read'))).kind).to.equal('unknown');
  });

  it('a request that says of itself that it moves nothing counts for nothing, and the next one counts again', async () => {
    const vendor = createServer((_request, response) => void response.socket?.destroy());
    await new Promise<void>((resolve) => vendor.listen(0, '127.0.0.1', resolve));
    const agent = createWireAgent(1000);
    const trace: WireTrace = { maybeSent: false };
    const url = `http://127.0.0.1:${(vendor.address() as AddressInfo).port}/`;
    const { http } = makeWire({ pick: () => agent }, AbortSignal.timeout(5000), trace, () => undefined);
    expect(await http({ method: 'POST', url, isLogin: true })).to.deep.equal({ kind: 'unknown', reason: 'reset' });
    expect(trace.maybeSent).to.equal(false);
    await http({ method: 'POST', url });
    expect(trace.maybeSent).to.equal(true);
    await http({ method: 'POST', url: 'http://127.0.0.1:1/', isLogin: true });
    expect(trace.maybeSent).to.equal(true);
    await agent.close();
    vendor.close();
  });

  it('a request that is still under way may have arrived, whatever becomes of the channel meanwhile', async () => {
    const vendor = createServer(() => undefined);
    await new Promise<void>((resolve) => vendor.listen(0, '127.0.0.1', resolve));
    const agent = createWireAgent(1000);
    const trace: WireTrace = { maybeSent: false };
    const ending = new AbortController();
    const url = `http://127.0.0.1:${(vendor.address() as AddressInfo).port}/`;
    const { http } = makeWire({ pick: () => agent }, ending.signal, trace, () => undefined);
    const sent = http({ method: 'POST', url, body: 'x' });
    const atOnce = trace.maybeSent;
    await http({ method: 'POST', url: 'http://127.0.0.1:1/' });
    const afterRefusal = trace.maybeSent;
    ending.abort();
    await sent;
    await agent.close();
    vendor.closeAllConnections();
    vendor.close();
    expect(atOnce).to.equal(true);
    expect(afterRefusal, 'another request that was refused proves nothing about the first').to.equal(true);
  });
});
