import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Dispatcher, DispatcherDeps } from '../../core/notifications/deliver.ts';
import type { HandOver } from '../../core/notifications/enqueue.ts';
import type { Database } from '../../core/store/database.ts';
import { forEachDatabase } from '../kit/database.ts';
import { hang, type Outbox, openOutbox, type Shop, startShop } from './kit.ts';
import { eventually } from './wait.ts';

describe('A notification that is handed over when its event is committed', () =>
  forEachDatabase((_name, open) => {
    let outbox: Outbox;
    let shop: Shop;
    let folder: string;
    let running: Dispatcher[] = [];

    /** A dispatcher that finds nothing by itself: what it sends was handed to it. */
    const startBlind = (change: Partial<DispatcherDeps> = {}): Dispatcher => {
      const { database } = outbox.stored;
      const blind: Database = { ...database, all: async (sql, params) => (sql.includes('d.due_at <= ?') ? [] : database.all(sql, params)) };
      return start({ database: blind, ...change });
    };
    const start = (change: Partial<DispatcherDeps> = {}): Dispatcher => {
      const dispatcher = outbox.dispatcher({ random: () => 0.5, ...change });
      running.push(dispatcher);
      dispatcher.start();
      return dispatcher;
    };
    const now = () => outbox.clock.now().getTime();
    const dueOf = async (eventId: string) => (await outbox.deliveries(eventId))[0]?.['due_at'];

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'paymux-hand-over-'));
      outbox = await openOutbox(await open(), join(folder, 'key'));
      shop = await startShop();
      await outbox.addEndpoint(shop.url);
      running = [];
    });
    afterEach(async () => {
      for (const dispatcher of running) await dispatcher.stop(0);
      await shop.stop();
      await outbox.stop();
      await rm(folder, { recursive: true });
    });

    it('is sent without being looked for, and noted as any other', async () => {
      const id = await outbox.announce({ handOver: startBlind() });
      const row = await outbox.until(id, ({ state }) => state === 'delivered');
      expect(row).to.include({ tries: 1, due_at: null, status: 204 });
      expect(shop.received.map(({ headers }) => headers['webhook-id'])).to.deep.equal([id]);
    });

    it('is what another server would find, byte for byte', async () => {
      const data = { id: 'pay_1', subject: '茶 "☕" \u2028', amount: 1 };
      await outbox.announce({ data, handOver: startBlind() });
      const handed = await eventually(() => shop.received[0]);
      await outbox.announce({ data });
      start();
      const found = await eventually(() => shop.received[1]);
      const same = { id: 'evt', sequence: 0 };
      expect({ ...JSON.parse(found.raw), ...same }).to.deep.equal({ ...JSON.parse(handed.raw), ...same });
      expect(found.raw.length).to.equal(handed.raw.length);
    });

    it('is not sent when its transaction is rolled back', async () => {
      const dispatcher = startBlind();
      await outbox.announce({ handOver: dispatcher, failing: new Error('no') }).catch(() => undefined);
      await outbox.until(await outbox.announce({ handOver: dispatcher }), ({ state }) => state === 'delivered');
      expect(shop.received).to.have.length(1);
    });

    it('is sent by another server, under the same id, when the first died with it', async () => {
      const dies: HandOver = { leaseFor: () => now() + 17_000, take: () => undefined, kick: () => undefined };
      const id = await outbox.announce({ handOver: dies });
      start();
      outbox.clock.set(now() + 16_999);
      await outbox.until(await outbox.announce(), ({ state }) => state === 'delivered');
      expect((await outbox.deliveries(id))[0]).to.include({ state: 'pending' });
      outbox.clock.set(now() + 1);
      await outbox.until(id, ({ state }) => state === 'delivered');
    });

    it('is left to whoever looks next where nothing is sent from, or too much is under way', async () => {
      const idle = outbox.dispatcher({});
      expect(await dueOf(await outbox.announce({ handOver: idle }))).to.equal(now());
      shop.reply = hang;
      const busy = startBlind();
      expect(busy.leaseFor(200)).to.be.greaterThan(now());
      await outbox.announce({ handOver: busy });
      expect(busy.leaseFor(200)).to.equal(null);
      const crowded: HandOver = { ...busy, leaseFor: (count) => busy.leaseFor(count + 199) };
      expect(await dueOf(await outbox.announce({ handOver: crowded }))).to.equal(now());
    });

    it('is given back at once by a server that is being stopped', async () => {
      const stopping = startBlind();
      const held = stopping.leaseFor(1) as number;
      await stopping.stop(0);
      expect(stopping.leaseFor(1)).to.equal(null);
      const late: HandOver = { ...stopping, leaseFor: () => held };
      const id = await outbox.announce({ handOver: late });
      await outbox.until(id, ({ due_at }) => due_at === now());
      expect(shop.received).to.deep.equal([]);
    });
  }));
