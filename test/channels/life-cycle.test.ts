import { expect } from 'chai';
import type { Operation } from '../../core/channels/call.ts';
import { isSent } from '../../core/channels/life-cycle.ts';
import type { Outcome } from '../../core/contract/outcome.ts';
import { makeAccount, openCaller } from './caller.ts';

const operations: readonly Operation[] = ['pay', 'capture', 'query', 'close', 'refund', 'query_refund', 'statement', 'callback'];

describe('What an account still sends', () => {
  const table: Readonly<Record<string, readonly Operation[]>> = {
    enabled: operations,
    draining: operations,
    receive_only: operations.filter((operation) => operation !== 'pay' && operation !== 'capture'),
    retired: ['callback'],
    'a status of tomorrow': [],
  };
  for (const [status, sent] of Object.entries(table)) {
    it(`${status}: ${sent.join(', ') || 'nothing'}`, () => {
      expect(operations.filter((operation) => isSent(status, operation))).to.deep.equal(sent);
    });
  }

  it('is decided before its channel’s code runs: proven not sent', async () => {
    const caller = openCaller({});
    const account = makeAccount();
    const retired = { ...account, record: { ...account.record, status: 'retired' } };
    const outcome = await caller.call<Outcome>(retired, 'refund', () => Promise.reject(new Error('it ran')));
    expect(outcome).to.deep.equal({ kind: 'notSent', reason: 'local' });
    await caller.stop();
  });
});
