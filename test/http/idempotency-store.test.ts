import { expect } from 'chai';
import type { Begun, IdempotencyStore, Lease } from '../../core/http/idempotency.ts';
import { createIdempotencyStore, deleteOldKeys } from '../../core/http/idempotency-store.ts';
import type { Database } from '../../core/store/database.ts';
import { openDatabase } from '../../core/store/open.ts';
import { forEachDatabase } from '../kit/database.ts';
import { eventually } from '../kit/merchant.ts';
import { makeVault } from '../kit/vault.ts';

const leaseMs = 10_000;
const renewEveryMs = 20;

function leaseOf(begun: Begun): Lease {
  if (begun.kind !== 'started') throw new Error(`not started but ${begun.kind}`);
  return begun.lease;
}

const answerOf = (status: number) => ({ status, headers: { 'X-A': 'é' }, body: '{"名":"茶"}' });
const request = (key: string) => ({ appId: 'app_1', key, requestHash: 'a'.repeat(64) });

describe('the store of idempotency keys', () => {
  forEachDatabase((_name, open) => {
    let clock: Date;
    let database: Database;
    let store: IdempotencyStore;
    /** The same keys as another server sees them. */
    let otherStore: IdempotencyStore;
    /** A server whose leases are renewed while a test looks on. */
    let renewing: IdempotencyStore;
    let closeOther: () => Promise<void>;

    before(async () => {
      const own = await open();
      const other = await openDatabase(own.options);
      closeOther = () => other.close();
      database = own.database;
      const vault = makeVault();
      store = createIdempotencyStore(own.database, { now: () => clock }, vault, { leaseMs, renewEveryMs: 60_000 });
      renewing = createIdempotencyStore(own.database, { now: () => clock }, vault, { leaseMs, renewEveryMs });
      otherStore = createIdempotencyStore(other.database, { now: () => clock }, vault);
    });
    after(() => closeOther());
    beforeEach(() => {
      clock = new Date('2026-01-01T00:00:00Z');
    });

    /** Begins the same request twenty times at once, on two servers. */
    const beginMany = (key: string) =>
      Promise.all(Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? store : otherStore).begin(request(key))));

    it('of many at once on two servers exactly one may execute', async () => {
      const kinds = (await beginMany('race')).map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind === 'started')).to.have.length(1);
      expect(kinds.filter((kind) => kind === 'in_progress')).to.have.length(19);
    });

    it('of many that find a dead lease exactly one takes it over', async () => {
      await store.begin(request('dead'));
      clock = new Date(clock.getTime() + leaseMs);
      const kinds = (await beginMany('dead')).map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind === 'started')).to.have.length(1);
    });

    it('a lease holds to its last millisecond', async () => {
      await store.begin(request('alive'));
      clock = new Date(clock.getTime() + leaseMs - 1);
      expect(await otherStore.begin(request('alive'))).to.deep.equal({ kind: 'in_progress', retryAfterSec: 1 });
    });

    it('of a dead server is not waited for when the clock is put back meanwhile', async () => {
      await store.begin(request('back'));
      clock = new Date(clock.getTime() - 3_600_000);
      expect((await otherStore.begin(request('back'))).kind).to.equal('started');
    });

    it('is renewed for as long as its server executes the request, and ends with what it came to', async () => {
      const lease = leaseOf(await renewing.begin(request('long')));
      const read = async () => (await database.get('SELECT lease_until FROM idempotency WHERE id = ?', [lease.id]))?.['lease_until'];
      for (let times = 1; times <= 3; times += 1) {
        clock = new Date(clock.getTime() + leaseMs - 1);
        await eventually(
          async () => (await read()) === clock.getTime() + leaseMs,
          () => 'a lease that is not renewed',
        );
        expect((await otherStore.begin(request('long'))).kind).to.equal('in_progress');
      }
      await renewing.finish(lease, answerOf(201));
      expect((await otherStore.begin(request('long'))).kind).to.equal('replay');
    });

    it('keeps no answer in clear text: some hold a secret that is told only once', async () => {
      const begun = await store.begin(request('secret'));
      if (begun.kind !== 'started') throw new Error(begun.kind);
      await store.finish(begun.lease, { status: 201, headers: {}, body: '{"secret":"whsec_canary"}' });
      const rows = JSON.stringify(await database.all('SELECT * FROM idempotency'));
      expect(rows).to.contain('"done"').and.not.to.contain('canary');
      const again = await otherStore.begin(request('secret'));
      expect(again).to.deep.include({ kind: 'replay', answer: { status: 201, headers: {}, body: '{"secret":"whsec_canary"}' } });
    });

    it('keeps status, headers and body, in every script', async () => {
      await store.finish(leaseOf(await store.begin(request('kept'))), answerOf(201));
      expect(await otherStore.begin(request('kept'))).to.deep.equal({ kind: 'replay', answer: answerOf(201) });
      expect(await otherStore.begin({ ...request('kept'), requestHash: 'b' })).to.deep.equal({ kind: 'reused' });
    });

    it('keys differ by case and by app', async () => {
      for (const other of [request('Kept'), { ...request('kept'), appId: 'app_2' }])
        expect((await store.begin(other)).kind).to.equal('started');
    });

    for (const order of ['before', 'after']) {
      it(`keeps the answer of the one that took over, when the dead one finishes and gives up ${order} it`, async () => {
        const key = request(`heir-${order}`);
        const dead = leaseOf(await store.begin(key));
        clock = new Date(clock.getTime() + leaseMs);
        const heir = leaseOf(await otherStore.begin(key));
        if (order === 'after') await otherStore.finish(heir, answerOf(202));
        await store.finish(dead, answerOf(201));
        await store.release(dead);
        if (order === 'before') await otherStore.finish(heir, answerOf(202));
        expect(await store.begin(key)).to.deep.equal({ kind: 'replay', answer: answerOf(202) });
      });
    }

    it('a released key is free, a finished one is not released any more', async () => {
      const lease = leaseOf(await store.begin(request('free')));
      await store.release(lease);
      const again = leaseOf(await otherStore.begin(request('free')));
      await otherStore.finish(again, answerOf(200));
      await otherStore.release(again);
      expect((await store.begin(request('free'))).kind).to.equal('replay');
    });

    it('what is older is deleted, in as many batches as it takes', async () => {
      const before = new Date(clock.getTime() - 1);
      clock = new Date('2020-01-01T00:00:00Z');
      await Promise.all(Array.from({ length: 501 }, (_, n) => store.begin(request(`old-${n}`))));
      expect(await deleteOldKeys(database, before)).to.equal(501);
      expect(await deleteOldKeys(database, before)).to.equal(0);
    });
  });
});
