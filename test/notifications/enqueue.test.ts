import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { writeBody } from '../../core/notifications/body.ts';
import { createAnnounce } from '../../core/notifications/enqueue.ts';
import { forEachDatabase } from '../kit/database.ts';
import { type Outbox, openOutbox } from './kit.ts';

const event = { id: 'evt_1', type: 'payment.succeeded', sequence: 3, createdAt: Date.UTC(2026, 0, 15, 8, 30) };

describe('The body of a notification', () => {
  it('has the members of the API, with the object exactly as it was stored', () => {
    const data = '{"id":"pay_1","note":"\\u8336 \\/","amount":1999}';
    expect(writeBody({ ...event, data })).to.equal(
      `{"id":"evt_1","type":"payment.succeeded","created_at":"2026-01-15T08:30:00.000Z","sequence":3,"data":{"object":${data}}}`,
    );
  });

  it('stays under 20 kB: of a large object the lists and objects are left to the API', () => {
    const object = { id: 'pay_1', state: 'success', amount: 1999, failure: null, action: { qr_svg: 'x'.repeat(30_000) }, lines: ['y'] };
    const body = writeBody({ ...event, data: JSON.stringify(object) });
    expect(Buffer.byteLength(body)).to.be.below(20_000);
    expect(JSON.parse(body).data.object).to.deep.equal({ id: 'pay_1', state: 'success', amount: 1999, failure: null });
  });
});

describe('Announcing an event', () =>
  forEachDatabase((_name, open) => {
    let outbox: Outbox;
    let folder: string;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'paymux-outbox-'));
      outbox = await openOutbox(await open(), join(folder, 'key'));
    });

    after(async () => {
      await outbox.stop();
      await rm(folder, { recursive: true });
    });

    it('writes the event alone where nobody is to be told', async () => {
      const id = await outbox.announce({ data: { id: 'pay_1', subject: '茶' } });
      const row = await outbox.stored.database.get('SELECT * FROM events WHERE id = ?', [id]);
      expect(row).to.include({ app_id: outbox.appId, type: 'payment.succeeded', data: '{"id":"pay_1","subject":"茶"}' });
      expect(await outbox.deliveries(id)).to.deep.equal([]);
    });

    it('writes a delivery, due at once, for each endpoint that wants the type and for the payment’s own address', async () => {
      const all = await outbox.addEndpoint('https://shop.example/all');
      const refunds = await outbox.addEndpoint('https://shop.example/refunds', ['refund.succeeded']);
      const receivers = async (id: string) => (await outbox.deliveries(id)).map((row) => row['endpoint_id'] ?? row['url']);
      expect(await receivers(await outbox.announce())).to.deep.equal([all.id]);
      expect(await receivers(await outbox.announce({ type: 'refund.succeeded' }))).to.have.members([all.id, refunds.id]);
      const own = await outbox.announce({ notifyUrl: 'https://shop.example/own' });
      expect(await receivers(own)).to.have.members([all.id, 'https://shop.example/own']);
      expect(await receivers(await outbox.announce({ notifyUrl: 'https://shop.example/own', endpointsOnly: true }))).to.deep.equal([
        all.id,
      ]);
      for (const row of await outbox.deliveries(own))
        expect(row).to.include({ state: 'pending', tries: 0, due_at: outbox.clock.now().getTime() });
    });

    it('uses the app’s address where the payment names none', async () => {
      const { database } = outbox.stored;
      const endpoints = {
        app: () => ({ livemode: false, notifyUrl: 'https://shop.example/app' }),
        forEvent: () => [],
        enabledOf: () => [],
        secretsOf: () => null,
      };
      const announce = createAnnounce({ endpoints, clock: outbox.clock });
      const told = { appId: outbox.appId, type: 'payment.failed', subjectId: 'pay_1', sequence: 1, data: {}, now: 1 };
      await database.transaction((tx) => announce(tx, [{ ...told, eventId: 'evt_a', notifyUrl: null }]));
      await database.transaction((tx) => announce(tx, [{ ...told, eventId: 'evt_b', notifyUrl: 'https://shop.example/own' }]));
      expect((await outbox.deliveries('evt_a')).map((row) => row['url'])).to.deep.equal(['https://shop.example/app']);
      expect((await outbox.deliveries('evt_b')).map((row) => row['url'])).to.deep.equal(['https://shop.example/own']);
    });

    it('leaves nothing behind when what it tells is rolled back', async () => {
      const count = async () =>
        (await outbox.stored.database.get(
          'SELECT (SELECT COUNT(*) FROM events) AS events, (SELECT COUNT(*) FROM deliveries) AS deliveries',
        ))!;
      const before = await count();
      const endpoints = {
        app: () => undefined,
        forEvent: () => [{ id: 'nep_1', url: 'https://shop.example/' }],
        enabledOf: () => [],
        secretsOf: () => null,
      };
      const announce = createAnnounce({ endpoints, clock: outbox.clock });
      const told = {
        eventId: 'evt_c',
        appId: outbox.appId,
        notifyUrl: null,
        type: 'payment.failed',
        subjectId: 'pay_1',
        sequence: 1,
        data: {},
        now: 1,
      };
      const work = outbox.stored.database.transaction(async (tx) => {
        await announce(tx, [told]);
        throw new Error('rolled back');
      });
      expect(await work.catch((error: Error) => error.message)).to.equal('rolled back');
      expect(await count()).to.deep.equal(before);
    });
  }));
