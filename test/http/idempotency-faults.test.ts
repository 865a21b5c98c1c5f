import { expect } from 'chai';
import type { Begun, IdempotencyStore, Lease } from '../../core/http/idempotency.ts';
import { createIdempotencyStore } from '../../core/http/idempotency-store.ts';
import { openDatabase } from '../../core/store/open.ts';
import { forEachDatabase } from '../kit/database.ts';
import { type Fault, type MysqlProxy, startMysqlProxy } from '../kit/mysql-proxy.ts';
import { makeVault } from '../kit/vault.ts';

const request = (key: string) => ({ appId: 'app_1', key, requestHash: 'a'.repeat(64) });
const answer = { status: 201, headers: {}, body: '{}' };

function leaseOf(begun: Begun): Lease {
  if (begun.kind !== 'started') throw new Error(`not started but ${begun.kind}`);
  return begun.lease;
}

describe('The store of idempotency keys over a COMMIT without an answer', () => {
  forEachDatabase((name, open) => {
    if (name !== 'mariadb') return;
    let proxy: MysqlProxy;
    /** A server whose database is behind the proxy, and one whose is not. */
    let store: IdempotencyStore;
    let other: IdempotencyStore;
    let clock: number;
    let close: () => Promise<void>;

    before(async function () {
      this.timeout(30_000);
      const { database, options } = await open();
      const url = new URL(String(options.url));
      proxy = await startMysqlProxy(Number(url.port));
      url.port = String(proxy.port);
      const through = await openDatabase({ ...options, url: url.href });
      const vault = makeVault();
      const times = { leaseMs: 10_000, renewEveryMs: 60_000 };
      store = createIdempotencyStore(through.database, { now: () => new Date(clock) }, vault, times);
      other = createIdempotencyStore(database, { now: () => new Date(clock + 1) }, vault, times);
      close = async () => {
        await through.close();
        await proxy.close();
      };
    });
    after(() => close?.());
    beforeEach(() => {
      clock = Date.UTC(2026, 0, 1);
      proxy.set(() => null);
    });

    const failCommit = (fault: Fault) => {
      let met = false;
      proxy.set(({ sql }) => {
        if (met || sql !== 'COMMIT') return null;
        met = true;
        return fault;
      });
    };

    for (const cut of ['cutBefore', 'cutAfter'] as const) {
      it(`begins, keeps the answer and takes over as if nothing had been (${cut})`, async () => {
        failCommit({ do: cut });
        const lease = leaseOf(await store.begin(request(`plain-${cut}`)));
        failCommit({ do: cut });
        await store.finish(lease, answer);
        expect(await other.begin(request(`plain-${cut}`))).to.deep.equal({ kind: 'replay', answer });
        leaseOf(await other.begin(request(`dead-${cut}`)));
        clock += 20_000;
        failCommit({ do: cut });
        const taken = leaseOf(await store.begin(request(`dead-${cut}`)));
        await store.finish(taken, answer);
        expect(await store.begin(request(`dead-${cut}`))).to.deep.equal({ kind: 'replay', answer });
      });
    }
  });
});
