import { expect } from 'chai';
import type { Database } from '../../core/store/database.ts';
import { createWriteProbe } from '../../core/store/write-probe.ts';
import { forEachDatabase, type TestDatabase } from '../kit/database.ts';

describe('Whether the database takes writes', () => {
  forEachDatabase((_name, open) => {
    let stored: TestDatabase;
    before(async () => {
      stored = await open();
    });

    const probe = (everyMs = 0) => createWriteProbe(stored.database, { everyMs, withinMs: 2000 });

    it('it does, again and again, and nothing piles up', async () => {
      const canWrite = probe();
      expect([await canWrite(), await canWrite(), await canWrite()]).to.deep.equal([true, true, true]);
      expect(await stored.database.all('SELECT id FROM nonces')).to.have.length(1);
    });

    it('it does not while writing fails, as on a full disk, and does again afterwards', async () => {
      const disk = { isFull: true };
      const database: Database = {
        ...stored.database,
        transaction: (work, proof) => (disk.isFull ? Promise.reject(new Error('full')) : stored.database.transaction(work, proof)),
      };
      const canWrite = createWriteProbe(database, { everyMs: 0, withinMs: 2000 });
      expect(await canWrite()).to.equal(false);
      disk.isFull = false;
      expect(await canWrite()).to.equal(true);
    });

    it('one that does not answer in time counts as none', async () => {
      const stuck = { ...stored.database, transaction: () => new Promise<never>(() => undefined) };
      expect(await createWriteProbe(stuck, { everyMs: 0, withinMs: 20 })()).to.equal(false);
    });

    it('is not asked more often than it should be, however many want to know', async () => {
      let asked = 0;
      const counting = {
        ...stored.database,
        transaction: async () => {
          asked += 1;
          return undefined as never;
        },
      };
      const canWrite = createWriteProbe(counting, { everyMs: 60_000, withinMs: 2000 });
      await Promise.all(Array.from({ length: 50 }, () => canWrite()));
      expect(asked).to.equal(1);
    });
  });
});
