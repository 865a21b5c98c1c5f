import { expect } from 'chai';
import { createReadiness } from '../../core/http/readiness.ts';
import type { Database } from '../../core/store/database.ts';

describe('Whether a server may be sent requests', () => {
  const ready = (
    { ping = async () => undefined, transaction = async () => undefined as never }: Partial<Database> = {},
    isStopping = false,
  ) => {
    const channels = { faults: () => [{ accountId: 'acc_1', reason: 'x' }], accounts: () => [] };
    const deps = { database: { ping, transaction }, directory: { fault: () => null }, channels, caller: { isQuarantined: () => false } };
    return createReadiness(deps as never, { faults: () => new Map() } as never)(isStopping);
  };
  const failing = () => Promise.reject(new Error('x'));

  it('it may when the database answers and takes writes, whatever is wrong with an account', async () => {
    expect(await ready()).to.deep.equal({
      ok: true,
      checks: {
        server: 'ok',
        database: 'ok',
        configuration: 'ok',
        channel_accounts: 'not as configured: acc_1',
        channel_definitions: 'ok',
        channel_code: 'ok',
      },
    });
  });

  it('it may not while the database is away, takes no writes, or the server stops', async () => {
    const told = async (database: Partial<Database>, isStopping = false) => {
      const { ok, checks } = await ready(database, isStopping);
      return [ok, checks.database, checks.server];
    };
    expect(await told({ ping: failing })).to.deep.equal([false, 'unreachable', 'ok']);
    expect(await told({ transaction: failing })).to.deep.equal([false, 'takes no writes', 'ok']);
    expect(await told({}, true)).to.deep.equal([false, 'ok', 'stopping']);
  });
});
