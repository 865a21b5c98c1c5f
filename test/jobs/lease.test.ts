import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { type Lease, LeaseLost, runLeased } from '../../core/jobs/lease.ts';
import type { Database } from '../../core/store/database.ts';
import { openDatabase } from '../../core/store/open.ts';
import { forEachDatabase } from '../kit/database.ts';

const rule = { name: 'statements', ttlMs: 60_000 };

describe('A lease', () => {
  forEachDatabase((_name, open) => {
    let database: Database;
    let other: Database;
    let close: () => Promise<void>;

    before(async () => {
      const own = await open();
      const opened = await openDatabase(own.options);
      [database, other, close] = [own.database, opened.database, opened.close];
    });
    after(() => close());
    beforeEach(() => database.transaction((tx) => tx.run('DELETE FROM leases')));

    /** What the database's clock does while a server is paused for longer than its lease. */
    const letExpire = () => other.transaction((tx) => tx.run('UPDATE leases SET expires_at = 0'));
    const fenceOf = async () => (await other.get('SELECT fence FROM leases'))?.['fence'];

    it('is held by one of any number that want it at once', async () => {
      let inside = 0;
      let most = 0;
      const want = (from: Database) =>
        runLeased(from, rule, async () => {
          inside += 1;
          most = Math.max(most, inside);
          await wait(50);
          inside -= 1;
        });
      const all = await Promise.all(Array.from({ length: 10 }, (_, index) => want(index % 2 === 0 ? database : other)));
      expect(most).to.equal(1);
      expect(all.filter(({ kind }) => kind === 'done')).to.have.length(1);
    });

    it('is free again when the work is done or has failed, and each holder has a higher number', async () => {
      const fences: number[] = [];
      const work = async ({ fence }: Lease) => void fences.push(fence);
      await runLeased(database, rule, work);
      const failed = await runLeased(other, rule, () => Promise.reject(new Error('disk full'))).catch(String);
      expect(failed).to.equal('Error: disk full');
      await runLeased(database, rule, work);
      expect(fences).to.deep.equal([1, 3]);
    });

    it('stays taken for as long as the work is not to be done again', async () => {
      expect(await runLeased(database, { ...rule, keepMs: 60_000 }, async () => 'report')).to.deep.equal({
        kind: 'done',
        result: 'report',
      });
      expect(await runLeased(other, rule, async () => 'report')).to.deep.equal({ kind: 'held' });
      await letExpire();
      expect(await runLeased(other, rule, async () => 'report')).to.deep.equal({ kind: 'done', result: 'report' });
    });

    it('is renewed while the work goes on', async () => {
      const quick = { name: 'long_work', ttlMs: 300 };
      await runLeased(database, quick, async (lease) => {
        for (let tries = 0; tries < 20; tries += 1) {
          await wait(60);
          expect(await runLeased(other, quick, async () => null)).to.deep.equal({ kind: 'held' });
        }
        expect(lease.lost.aborted).to.equal(false);
      });
    });

    it('lets a server that was paused too long write nothing more, and leaves the new holder alone', async () => {
      const write = (to: Database, id: string) => to.transaction((tx) => tx.run('INSERT INTO nonces (id, expires_at) VALUES (?, 0)', [id]));
      let late: unknown;
      const heir = runLeased(database, rule, async (paused) => {
        await write(paused.database, 'before');
        await letExpire();
        return runLeased(other, rule, async (lease) => {
          await write(lease.database, 'heir');
          late = await write(paused.database, 'late').catch((error: unknown) => error);
          return lease.fence;
        });
      });
      expect(await heir).to.deep.equal({ kind: 'done', result: { kind: 'done', result: 2 } });
      expect(late).to.be.instanceOf(LeaseLost);
      const ids = (await database.all('SELECT id FROM nonces ORDER BY id')).map((row) => row['id']);
      expect(ids).to.deep.equal(['before', 'heir']);
      expect(await fenceOf()).to.equal(2);
    });

    it('tells the work when somebody else has taken it', async () => {
      const quick = { name: 'told', ttlMs: 150 };
      await runLeased(database, quick, async ({ lost }) => {
        await other.transaction((tx) => tx.run("UPDATE leases SET fence = fence + 1 WHERE id = 'told'"));
        await new Promise((done) => lost.addEventListener('abort', done));
        expect(lost.reason).to.be.instanceOf(LeaseLost);
      });
    });
  });
});
