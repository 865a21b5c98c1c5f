import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import type { Operation } from '../../core/channels/call.ts';
import type { Declined, NotSent, Outcome, Unknown } from '../../core/contract/outcome.ts';
import { eventually } from '../kit/merchant.ts';
import { type CallerOptions, makeAccount, openCaller, type TestCaller } from './caller.ts';

const good: Outcome = { kind: 'action', action: { type: 'qr', qrContent: 'q' } };
const lost: Unknown = { kind: 'unknown', reason: 'timeout' };
const down: NotSent = { kind: 'notSent', reason: 'refused' };
const declined: Declined = {
  kind: 'declined',
  echo: {},
  code: 'insufficient_funds',
  advice: 'retry',
  vendor: { code: '1', message: 'no' },
};
const refusedAtOnce: NotSent = { kind: 'notSent', reason: 'breaker' };

describe('The breaker before a vendor', () => {
  let caller: TestCaller;
  let calls = 0;
  const account = makeAccount();

  function open(options: CallerOptions = {}): void {
    caller = openCaller(options);
    calls = 0;
  }
  afterEach(() => caller.stop());

  /** Calls the channel, which gives this outcome. */
  function answer(outcome: Outcome, operation: Operation = 'pay', on = account): Promise<Outcome> {
    return caller.call<Outcome>(on, operation, async () => {
      calls += 1;
      return outcome;
    });
  }

  async function answerTimes(times: number, outcome: Outcome, operation: Operation = 'pay'): Promise<void> {
    for (let count = 0; count < times; count += 1) await answer(outcome, operation);
  }

  for (const [what, outcome] of Object.entries({ unknown: lost, 'not sent': down })) {
    it(`opens after as many calls as the threshold says, when they end in ${what}, and not before`, async () => {
      open({ volumeThreshold: 4 });
      await answerTimes(3, outcome);
      expect(caller.isOpen(account.id, 'pay')).to.equal(false);
      expect(await answer(outcome), 'the outcome itself goes through').to.deep.equal(outcome);
      expect(caller.isOpen(account.id, 'pay')).to.equal(true);
    });
  }

  it('refuses at once while it is open, without calling the channel: proven not sent', async () => {
    open({ volumeThreshold: 2 });
    await answerTimes(2, lost);
    expect(await answer(good)).to.deep.equal(refusedAtOnce);
    expect(calls).to.equal(2);
  });

  it('lets fifty calls that are under way end as they end: what may have arrived is never said not to have been sent', async () => {
    open({ volumeThreshold: 20 });
    const held: ServerResponse[] = [];
    const vendor = createServer((_request, response) => void held.push(response));
    await new Promise<void>((resolve) => vendor.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(vendor.address() as AddressInfo).port}/`;
    const send = () =>
      caller.call<Outcome>(account, 'pay', async ({ http }) => {
        const answered = await http({ method: 'POST', url, body: 'pay' });
        return answered.kind === 'answered' ? good : answered;
      });
    const underWay = Array.from({ length: 50 }, send);
    await eventually(() => held.length === 50);
    await answerTimes(20, lost);
    expect(caller.isOpen(account.id, 'pay')).to.equal(true);
    expect(await send()).to.deep.equal(refusedAtOnce);
    expect(held).to.have.length(50);
    for (const [index, response] of held.entries()) index % 2 === 0 ? response.end('yes') : response.destroy();
    const ends = (await Promise.all(underWay)).map(({ kind }) => kind).sort();
    expect(ends).to.deep.equal([...Array(25).fill('action'), ...Array(25).fill('unknown')]);
    vendor.closeAllConnections();
    vendor.close();
  });

  const healthy: Readonly<Record<string, Outcome>> = {
    declines: declined,
    'requests that we built wrongly': { kind: 'rejected', reason: 'validation' },
    'calls that never left this machine through our own fault': { kind: 'notSent', reason: 'local' },
    successes: good,
  };
  for (const [what, outcome] of Object.entries(healthy)) {
    it(`stays closed for ${what}, however many`, async () => {
      open({ volumeThreshold: 2 });
      await answerTimes(30, outcome);
      expect(caller.isOpen(account.id, 'pay')).to.equal(false);
      expect(calls).to.equal(30);
    });
  }

  it('opens when more than the given share of the calls fail, though none fail in a row', async () => {
    open({ volumeThreshold: 4 });
    for (let count = 0; count < 5; count += 1) {
      await answer(good);
      await answer(lost);
    }
    expect(caller.isOpen(account.id, 'pay'), '5 of 10').to.equal(false);
    await answer(lost);
    expect(caller.isOpen(account.id, 'pay'), '6 of 11').to.equal(true);
  });

  it('opens for as many failures in a row as the threshold says, whatever went well before and is still under way', async () => {
    open({ volumeThreshold: 4 });
    await answerTimes(50, good);
    const { promise: late, resolve: end } = Promise.withResolvers<Outcome>();
    const underWay = Array.from({ length: 50 }, () => caller.call<Outcome>(account, 'pay', () => late));
    await answerTimes(3, lost);
    expect(caller.isOpen(account.id, 'pay'), 'three in a row').to.equal(false);
    await answer(lost);
    expect(caller.isOpen(account.id, 'pay'), 'four in a row').to.equal(true);
    end(good);
    await Promise.all(underWay);
  });

  it('counts a row anew after a call that went well', async () => {
    open({ volumeThreshold: 4 });
    await answerTimes(20, good);
    await answerTimes(3, lost);
    await answer(good);
    await answerTimes(3, lost);
    expect(caller.isOpen(account.id, 'pay')).to.equal(false);
  });

  it('is one for each account and operation: a vendor that takes no payments is still asked about old ones', async () => {
    open({ volumeThreshold: 2 });
    await answerTimes(2, lost);
    const other = makeAccount({ id: 'acc_2' });
    expect(await answer(good, 'query')).to.deep.equal(good);
    expect(await answer(good, 'pay', other)).to.deep.equal(good);
    expect([caller.isOpen('acc_1', 'query'), caller.isOpen('acc_2', 'pay')]).to.deep.equal([false, false]);
  });

  it('lets one call through after a while, and closes when that one is good', async () => {
    open({ volumeThreshold: 2, resetTimeoutMs: 20 });
    await answerTimes(2, lost);
    await eventually(() => !caller.isOpen(account.id, 'pay'));
    expect(await answer(good)).to.deep.equal(good);
    await answerTimes(3, good);
    expect(calls).to.equal(6);
    expect(await stateNow()).to.equal(0);
  });

  it('lets no second call through while the one is under way', async () => {
    open({ volumeThreshold: 2, resetTimeoutMs: 20 });
    await answerTimes(2, lost);
    await eventually(() => !caller.isOpen(account.id, 'pay'));
    const { promise: probing, resolve: end } = Promise.withResolvers<Outcome>();
    const first = caller.call<Outcome>(account, 'pay', () => probing);
    expect(await answer(good)).to.deep.equal(refusedAtOnce);
    end(good);
    expect(await first).to.deep.equal(good);
    expect(await answer(good)).to.deep.equal(good);
  });

  it('opens again at once when the one call fails', async () => {
    open({ volumeThreshold: 2, resetTimeoutMs: 20 });
    await answerTimes(2, lost);
    await eventually(() => !caller.isOpen(account.id, 'pay'));
    expect(await answer(down)).to.deep.equal(down);
    expect(caller.isOpen(account.id, 'pay')).to.equal(true);
  });

  it('closes for a decline too: a vendor that says no is well', async () => {
    open({ volumeThreshold: 2, resetTimeoutMs: 20 });
    await answerTimes(2, lost);
    await eventually(() => !caller.isOpen(account.id, 'pay'));
    await answer(declined);
    expect(await stateNow()).to.equal(0);
  });

  it('tells its state to the metrics, and each call with its result', async () => {
    open({ volumeThreshold: 2, resetTimeoutMs: 20 });
    await answer(good);
    await answer(declined);
    await answerTimes(2, lost);
    const own = { channel: 'toy', account: 'acc_1', operation: 'pay' };
    const counted = (result: string) => caller.metric('paymux_channel_requests_total', { ...own, result });
    expect([await counted('action'), await counted('declined'), await counted('unknown')]).to.deep.equal([1, 1, 2]);
    expect(await stateNow()).to.equal(2);
    await answer(good);
    expect(await counted('notSent')).to.equal(1);
    await eventually(async () => (await stateNow()) === 1);
    expect(await caller.metric('paymux_channel_request_duration_seconds_count', { channel: 'toy', operation: 'pay' })).to.equal(5);
  });

  it('refuses everything once it is shut down', async () => {
    open();
    await answer(good);
    caller.shutdown();
    expect(await answer(good)).to.deep.equal(refusedAtOnce);
  });

  const stateNow = () => caller.metric('paymux_channel_breaker_state', { account: 'acc_1', operation: 'pay' });
});
