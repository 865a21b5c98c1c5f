import { expect } from 'chai';
import type { Operation } from '../../core/channels/call.ts';
import type { Outcome } from '../../core/contract/outcome.ts';
import { makeAccount, openCaller, type TestCaller } from './caller.ts';

const good: Outcome = { kind: 'action', action: { type: 'qr', qrContent: 'q' } };

describe('A channel whose code fails', () => {
  let caller: TestCaller;
  const account = makeAccount();

  beforeEach(() => {
    caller = openCaller({ quarantineAfterBugs: 3, volumeThreshold: 5 });
  });
  afterEach(() => caller.stop());

  const work = (on = account, operation: Operation = 'pay') => caller.call<Outcome>(on, operation, async () => good);
  const fail = async (times: number, operation: Operation = 'query', on = account) => {
    for (let count = 0; count < times; count += 1) {
      await caller.call<Outcome>(on, operation, async () => {
        throw new TypeError('x is undefined');
      });
    }
  };

  it('is quarantined after so many exceptions in a row, and gets no payment then: proven not sent', async () => {
    await fail(2);
    expect(caller.isQuarantined(account)).to.equal(false);
    await fail(1);
    expect(caller.isQuarantined(account)).to.equal(true);
    expect(await work()).to.deep.equal({ kind: 'notSent', reason: 'breaker' });
    expect(caller.logText()).to.include('quarantined').and.to.include('acc_1');
    expect(await caller.metric('paymux_channel_bugs_total', { channel: 'toy', account: 'acc_1', operation: 'query' })).to.equal(3);
  });

  it('is still asked about old payments, which may have been paid', async () => {
    await fail(3);
    expect(await work(account, 'query')).to.deep.equal(good);
    expect(caller.isQuarantined(account), 'nothing but a reload lets it out').to.equal(true);
  });

  it('is not when something works in between, as where one request in many is odd', async () => {
    await fail(2);
    await work(account, 'query');
    await fail(2);
    expect(caller.isQuarantined(account)).to.equal(false);
  });

  it('is where one operation never works, however well the others do', async () => {
    for (let round = 0; round < 3; round += 1) {
      await fail(1);
      await work();
    }
    expect(caller.isQuarantined(account)).to.equal(true);
  });

  it('is not for callbacks, which strangers can send; nor does its breaker open for them', async () => {
    await fail(30, 'callback');
    expect([caller.isQuarantined(account), caller.isOpen(account.id, 'callback')]).to.deep.equal([false, false]);
  });

  it('takes no other account along, and is let out when it is opened anew', async () => {
    await fail(3);
    const [other, again] = [makeAccount({ id: 'acc_2' }), makeAccount({ version: 2 })];
    expect([caller.isQuarantined(other), caller.isQuarantined(again)]).to.deep.equal([false, false]);
    expect([await work(other), await work(again)]).to.deep.equal([good, good]);
  });

  it('opens its breaker, as a vendor that is down does', async () => {
    await fail(5, 'refund');
    expect(caller.isOpen(account.id, 'refund')).to.equal(true);
  });

  it('writes no more lines than a call has use for, and none without end', async () => {
    await caller.call<Outcome>(account, 'pay', async (call) => {
      for (let line = 0; line < 5000; line += 1) call.log('info', `line ${'x'.repeat(10_000)}`);
      return good;
    });
    const lines = caller.logText().trim().split('\n');
    expect(lines.length).to.equal(100);
    expect(Math.max(...lines.map((line) => line.length))).to.be.below(5000);
    expect(lines.at(-1)).to.include('the channel writes too much');
  });
});
