import { expect } from 'chai';
import { makeId } from '../../core/ids.ts';
import { deleteOldDeliveries, deleteOldEvents, keptFrom } from '../../core/notifications/retain.ts';
import type { Database } from '../../core/store/database.ts';
import { forEachDatabase } from '../kit/database.ts';

const now = new Date(Date.UTC(2026, 5, 1));
const daysAgo = (days: number) => new Date(now.getTime() - days * 86_400_000);

/** An event of that age with a delivery in that state and a try. */
async function addEvent(database: Database, ageDays: number, state: string | null, deliveredDaysAgo: number | null = null) {
  const at = daysAgo(ageDays);
  const [event, delivery] = [makeId('evt_', at), makeId('dlv_', at)];
  await database.transaction(async (tx) => {
    await tx.run(
      "INSERT INTO events (id, app_id, type, subject_id, sequence, data, created_at) VALUES (?, 'app_1', 'payment.created', 'pay_1', 1, '{}', ?)",
      [event, at.getTime()],
    );
    if (state === null) return;
    await tx.run(
      "INSERT INTO deliveries (id, event_id, app_id, url, state, tries, created_at, delivered_at) VALUES (?, ?, 'app_1', 'https://shop.example/', ?, 1, ?, ?)",
      [delivery, event, state, at.getTime(), deliveredDaysAgo === null ? null : daysAgo(deliveredDaysAgo).getTime()],
    );
    await tx.run('INSERT INTO delivery_attempts (id, delivery_id, duration_ms, created_at) VALUES (?, ?, 1, ?)', [
      makeId('dlv_', at),
      delivery,
      at.getTime(),
    ]);
  });
  return { event, delivery };
}

describe('What is finished and old', () => {
  forEachDatabase((_name, open) => {
    let database: Database;
    before(async () => {
      database = (await open()).database;
    });

    const left = async (table: string, column: string) =>
      (await database.all(`SELECT ${column} AS id FROM ${table}`)).map((row) => row['id']);
    const old = {
      deliveries: () => deleteOldDeliveries(database, keptFrom(90, now)),
      events: () => deleteOldEvents(database, keptFrom(400, now)),
    };

    it('goes: delivered notifications with their tries, then events; all else stays', async () => {
      const delivered = await addEvent(database, 91, 'delivered', 91);
      const again = await addEvent(database, 91, 'delivered', 1);
      const pending = await addEvent(database, 401, 'pending');
      const dead = await addEvent(database, 91, 'dead');
      const fresh = await addEvent(database, 89, 'delivered', 89);
      const gone = await addEvent(database, 401, 'dead');
      const untold = await addEvent(database, 401, null);
      expect(await old.deliveries()).to.equal(1);
      expect(await left('deliveries', 'id')).to.have.members([again, pending, dead, fresh, gone].map((one) => one.delivery));
      expect(await left('delivery_attempts', 'delivery_id')).to.not.include(delivered.delivery);
      expect(await left('events', 'id')).to.have.length(7);
      expect(await old.events()).to.equal(2);
      expect(await left('events', 'id')).to.have.members([delivered, again, pending, dead, fresh].map((one) => one.event));
      expect(await left('events', 'id')).to.not.include(untold.event);
      expect(await left('deliveries', 'id')).to.have.members([again, pending, dead, fresh].map((one) => one.delivery));
      expect(await left('delivery_attempts', 'delivery_id')).to.have.members([again, pending, dead, fresh].map((one) => one.delivery));
    });

    it('goes in batches, and by two servers at once', async function () {
      this.timeout(30_000);
      for (let count = 0; count < 401; count += 1) await addEvent(database, 500, 'delivered', 500);
      const counts = await Promise.all([old.deliveries(), old.deliveries()]);
      expect(counts[0] + counts[1]).to.equal(401);
      const events = await Promise.all([old.events(), old.events()]);
      expect(events[0] + events[1]).to.equal(401);
      expect(await old.events()).to.equal(0);
    });
  });
});
