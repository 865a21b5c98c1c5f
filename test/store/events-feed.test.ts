import { expect } from 'chai';
import type { Database } from '../../core/store/database.ts';
import { listEvents, numberEvents, readEvent } from '../../core/store/tables/events.ts';
import { forEachDatabase } from '../kit/database.ts';

const app = 'app_1';

forEachDatabase((_name, open) => {
  describe("The feed of an app's events", () => {
    let database: Database;

    beforeEach(async () => {
      ({ database } = await open());
    });

    const store = (id: string, subject = id, sequence = 1, appId = app) =>
      database.transaction((tx) =>
        tx.run('INSERT INTO events (id, app_id, type, subject_id, sequence, data, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)', [
          id,
          appId,
          'payment.created',
          subject,
          sequence,
          '{}',
          1,
        ]),
      );

    async function readFrom(after: number): Promise<readonly string[]> {
      while (await numberEvents(database, app));
      return (await listEvents(database, { appId: app, after, limit: 5000 })).rows.map(({ id }) => id);
    }
    const place = async (id: string) => Number((await readEvent(database, app, id))?.position);

    it('shows an event whose id was made earlier behind what has been read, however late it is', async () => {
      await store('evt_5');
      expect(await readFrom(0)).to.deep.equal(['evt_5']);
      await store('evt_1');
      expect(await readFrom(await place('evt_5'))).to.deep.equal(['evt_1']);
      expect(await readFrom(0)).to.deep.equal(['evt_5', 'evt_1']);
    });

    it('keeps what happened to one payment in its order, when servers with other clocks made the ids', async () => {
      await store('evt_9', 'pay_1', 1);
      await store('evt_2', 'pay_1', 2);
      await store('evt_5', 'pay_2', 1);
      expect(await readFrom(0)).to.deep.equal(['evt_9', 'evt_5', 'evt_2']);
    });

    it('gives each event one place when many read at once, while others are written', async () => {
      const writing = Array.from({ length: 40 }, (_, index) => store(`evt_${String(index).padStart(3, '0')}`));
      await Promise.all([...writing, ...Array.from({ length: 8 }, () => numberEvents(database, app))]);
      expect(await readFrom(0)).to.have.length(40);
      const places = (await database.all('SELECT position FROM events ORDER BY position')).map(({ position }) => position);
      expect(places).to.deep.equal(Array.from({ length: 40 }, (_, index) => index + 1));
    });

    it('numbers a long backlog piece by piece, and the events of other apps not at all', async () => {
      await database.transaction(async (tx) => {
        for (let index = 0; index < 1100; index += 1) {
          const id = `evt_${String(index).padStart(5, '0')}`;
          await tx.run("INSERT INTO events (id, app_id, type, subject_id, sequence, data, created_at) VALUES (?, ?, 'x', ?, 1, '{}', 1)", [
            id,
            app,
            id,
          ]);
        }
      });
      await store('evt_other', 'evt_other', 1, 'app_2');
      expect([await numberEvents(database, app), await numberEvents(database, app), await numberEvents(database, app)]).to.deep.equal([
        true,
        true,
        false,
      ]);
      expect(await readFrom(0)).to.have.length(1100);
      expect((await database.get("SELECT position FROM events WHERE id = 'evt_other'"))?.['position']).to.equal(null);
    });
  });
});
