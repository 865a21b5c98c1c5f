import { expect } from 'chai';
import type { Call } from '../../core/contract/kit.ts';
import type { Outcome } from '../../core/contract/outcome.ts';
import { freePort } from '../kit/free-port.ts';
import { type CallerOptions, makeAccount, openCaller, type TestCaller } from './caller.ts';
import { type Behaviour, httpAnswer, startVendor, type Vendor } from './vendor.ts';

const canary = 'canary9f31secret';
const good: Outcome = { kind: 'action', action: { type: 'qr', qrContent: 'q' } };
const notSent: Outcome = { kind: 'notSent', reason: 'refused' };
const unmapped: Outcome = { kind: 'unknown', reason: 'unmapped' };

const answers: Behaviour = ({ socket, onRequest }) => onRequest(() => void socket.write(httpAnswer()));
const hangs: Behaviour = ({ onRequest }) => onRequest(() => undefined);

describe('Calling a channel', () => {
  let caller: TestCaller;
  let vendor: Vendor;

  async function start(behave: Behaviour = answers, options: CallerOptions = {}): Promise<void> {
    vendor = await startVendor(behave);
    caller = openCaller({ volumeThreshold: 1000, ...options });
  }
  afterEach(async () => {
    await caller.stop();
    await vendor.stop();
  });

  type Pay = (call: Call) => Promise<Outcome>;
  const pay = (work: Pay, account = makeAccount()) => caller.call<Outcome>(account, 'pay', work);
  const post = (call: Call) => call.http({ method: 'POST', url: `http://127.0.0.1:${vendor.port}/pay`, body: '{}' });

  it('gives the channel the outside world for one call: http, the time, a nonce and a log', async () => {
    await start();
    const nonces = new Set<string>();
    const outcome = await pay(async (call) => {
      const answer = await post(call);
      expect(answer.kind).to.equal('answered');
      expect(call.now()).to.be.a('date');
      nonces.add(call.nonce()).add(call.nonce());
      return good;
    });
    expect(outcome).to.deep.equal(good);
    expect([...nonces]).to.have.length(2);
    for (const nonce of nonces) expect(nonce).to.match(/^[0-9a-f]{32}$/);
  });

  describe('a channel that throws', () => {
    it('before anything was sent is our own fault, and the payment may be tried elsewhere or fail', async () => {
      await start();
      expect(await pay(() => Promise.reject(new Error('no key')))).to.deep.equal({ kind: 'rejected', reason: 'config' });
      expect(await pay(() => expect.fail('at once'))).to.deep.equal({ kind: 'rejected', reason: 'config' });
    });

    it('after something was sent leaves the outcome unknown', async () => {
      await start();
      const outcome = await pay(async (call) => {
        await post(call);
        throw new Error('unreadable');
      });
      expect(outcome).to.deep.equal(unmapped);
    });

    it('after a call that was lost leaves the outcome unknown', async () => {
      await start(({ socket }) => void socket.resetAndDestroy());
      const outcome = await pay(async (call) => {
        await post(call);
        throw new Error('unreadable');
      });
      expect(outcome).to.deep.equal(unmapped);
    });

    it('after a call that provably did not leave is our own fault', async () => {
      await start();
      const port = await freePort();
      const outcome = await pay(async (call) => {
        await call.http({ method: 'POST', url: `http://127.0.0.1:${port}/pay` });
        throw new Error('unreadable');
      });
      expect(outcome).to.deep.equal({ kind: 'rejected', reason: 'config' });
    });
  });

  describe('a deadline', () => {
    it('ends the call on the wire, and lets the channel say so in its own words', async () => {
      await start(hangs, { timeoutMs: 50 });
      const outcome = await pay(async (call) => {
        const answer = await post(call);
        if (answer.kind === 'answered') throw new Error('answered');
        return { ...answer, vendor: { code: 'seen', message: 'by the channel' } } as Outcome;
      });
      expect(outcome).to.deep.equal({ kind: 'unknown', reason: 'timeout', vendor: { code: 'seen', message: 'by the channel' } });
    });

    it('ends a channel that never answers', async () => {
      await start(answers, { timeoutMs: 50 });
      expect(await pay(() => new Promise(() => undefined))).to.deep.equal({ kind: 'unknown', reason: 'timeout' });
    });

    it('is over all requests of a call together, so that a channel cannot stretch it by repeating', async () => {
      await start(hangs, { timeoutMs: 50 });
      const kinds: string[] = [];
      await pay(async (call) => {
        for (let count = 0; count < 3; count += 1) kinds.push((await post(call)).kind);
        return { kind: 'unknown', reason: 'timeout' };
      });
      expect(kinds).to.deep.equal(['unknown', 'unknown', 'unknown']);
      expect(vendor.requests).to.have.length(1);
    });

    it('begins anew with each call', async () => {
      await start(({ socket, onRequest }) => onRequest((_request, index) => void (index > 1 && socket.write(httpAnswer()))), {
        timeoutMs: 500,
      });
      const kindOf: Pay = async (call) => ((await post(call)).kind === 'answered' ? good : { kind: 'unknown', reason: 'timeout' });
      expect(await pay(kindOf)).to.include({ kind: 'unknown' });
      expect(await pay(kindOf)).to.deep.equal(good);
    });

    it('swallows what a channel says too late, even an error', async () => {
      await start(answers, { timeoutMs: 20 });
      const { promise, reject } = Promise.withResolvers<Outcome>();
      expect(await pay(() => promise)).to.include({ kind: 'unknown' });
      reject(new Error('too late'));
      await new Promise(setImmediate);
    });
  });

  it('takes what is no outcome for a fault of the channel, and never for an answer', async () => {
    await start(answers);
    for (const nothing of [undefined, null, 'ok', {}, { kind: 5 }]) {
      expect(await pay(async () => nothing as unknown as Outcome)).to.deep.equal({ kind: 'rejected', reason: 'config' });
      const after: Pay = async (call) => post(call).then(() => nothing as unknown as Outcome);
      expect(await pay(after)).to.deep.equal({ kind: 'unknown', reason: 'unmapped' });
    }
  });

  describe('a channel that says "not sent"', () => {
    it('is believed when nothing left', async () => {
      await start();
      expect(await pay(async () => notSent)).to.deep.equal(notSent);
    });

    it('is not believed after an answer: money may have moved', async () => {
      await start();
      const lies: Pay = async (call) => {
        await post(call);
        return notSent;
      };
      expect(await pay(lies)).to.deep.equal(unmapped);
    });

    it('is not believed after a call that was lost', async () => {
      await start(({ socket, onRequest }) => onRequest(() => void socket.resetAndDestroy()));
      const lies: Pay = async (call) => {
        await post(call);
        return notSent;
      };
      expect(await pay(lies)).to.deep.equal(unmapped);
    });

    it('is not believed when a later call provably did not leave, but an earlier one did', async () => {
      await start();
      const port = await freePort();
      const lies: Pay = async (call) => {
        await post(call);
        return (await call.http({ method: 'POST', url: `http://127.0.0.1:${port}/pay` })) as Outcome;
      };
      expect(await pay(lies)).to.deep.equal(unmapped);
    });

    for (const [rateLimited, expected] of [
      ['notSent', { kind: 'notSent', reason: 'rate_limited' }],
      ['unknown', unmapped],
    ] as const) {
      it(`because it was limited is taken as ${expected.kind} where the manifest says ${rateLimited}`, async () => {
        await start(({ socket, onRequest }) => onRequest(() => void socket.write(httpAnswer('', [], '429 Too Many Requests'))));
        const limited: Pay = async (call) => {
          await post(call);
          return { kind: 'notSent', reason: 'rate_limited' };
        };
        expect(await pay(limited, makeAccount({}, { rateLimited }))).to.deep.equal(expected);
      });
    }
  });

  it('never writes an account’s secrets, wherever a channel puts them', async () => {
    await start();
    const account = makeAccount({ secret: canary });
    await pay(async (call) => {
      call.log('info', `signed with ${canary}`, { text: `a ${canary} b`, deep: { list: [canary] } });
      throw new Error(`cannot use ${canary}`, { cause: new Error(canary) });
    }, account);
    expect(caller.logText()).to.contain('signed with').and.contain('the channel threw').and.contain('cannot use');
    expect(caller.logText()).to.not.contain(canary);
    for (const line of caller.logText().trim().split('\n')) {
      expect(JSON.parse(line)).to.include({ channel: 'toy', account: 'acc_1', operation: 'pay' });
    }
  });
});
