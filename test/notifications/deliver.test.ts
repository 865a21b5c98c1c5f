import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Webhook } from 'standardwebhooks';
import { claimDue, readDue } from '../../core/notifications/claim.ts';
import type { Dispatcher, DispatcherDeps } from '../../core/notifications/deliver.ts';
import type { Database } from '../../core/store/database.ts';
import { forEachDatabase } from '../kit/database.ts';
import { answer, hang, type Outbox, openOutbox, type Shop, startShop } from './kit.ts';
import { eventually } from './wait.ts';

const day = 24 * 3_600_000;
const leaseMs = 40_000;

describe('Delivering notifications', () =>
  forEachDatabase((name, open) => {
    let outbox: Outbox;
    let shop: Shop;
    let folder: string;
    let running: Dispatcher[] = [];

    const start = (change: Partial<DispatcherDeps> = {}): Dispatcher => {
      const dispatcher = outbox.dispatcher({ random: () => 0.5, ...change });
      running.push(dispatcher);
      dispatcher.start();
      return dispatcher;
    };
    const announceMany = (count: number, about: Parameters<Outbox['announce']>[0] = {}) =>
      Promise.all(Array.from({ length: count }, () => outbox.announce(about)));
    const stopAll = async () => {
      for (const dispatcher of running.splice(0)) await dispatcher.stop(0);
    };

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'paymux-deliver-'));
    });

    beforeEach(async () => {
      outbox = await openOutbox(await open(), join(folder, 'key'));
      shop = await startShop();
      running = [];
    });

    afterEach(async () => {
      await stopAll();
      await shop.stop();
      await outbox.stop();
    });

    after(() => rm(folder, { recursive: true }));

    it('sends what the reference library accepts, once, and notes it', async () => {
      const { secret } = await outbox.addEndpoint(shop.url);
      outbox.clock.set(Date.now());
      const id = await outbox.announce({ data: { id: 'pay_1', subject: '茶', amount: 1999 } });
      start();
      const row = await outbox.until(id, ({ state }) => state === 'delivered');
      expect(row).to.include({ tries: 1, due_at: null, status: 204, error: null });
      expect(shop.received).to.have.length(1);
      const [told] = shop.received;
      expect(told?.headers).to.include({ 'content-type': 'application/json', 'webhook-id': id });
      expect(new Webhook(secret).verify(told!.raw, told!.headers as Record<string, string>)).to.deep.equal({
        id,
        type: 'payment.succeeded',
        created_at: outbox.clock.now().toISOString(),
        sequence: 1,
        data: { object: { id: 'pay_1', subject: '茶', amount: 1999 } },
      });
      const attempts = await outbox.stored.database.all('SELECT * FROM delivery_attempts WHERE delivery_id = ?', [row['id']!]);
      expect(attempts.map(({ status, error }) => ({ status, error }))).to.deep.equal([{ status: 204, error: null }]);
      await eventually(() => outbox.metrics.notification.called);
      expect(outbox.metrics.notification.args[0]?.[0]).to.deep.equal({ result: 'delivered' });
    });

    it('signs for a payment’s own address with the secret of its app', async () => {
      outbox.clock.set(Date.now());
      await outbox.announce({ notifyUrl: `${shop.url}?order=7` });
      start();
      const told = await eventually(() => shop.received[0]);
      expect(told.path).to.equal('/notify?order=7');
      new Webhook(outbox.appSecret).verify(told.raw, told.headers as Record<string, string>);
    });

    it('begins at once when it is kicked, however rarely it polls', async () => {
      await outbox.addEndpoint(shop.url);
      const sleepless = {
        ...outbox.clock,
        sleep: (ms: number, signal?: AbortSignal) => (ms < 100 ? outbox.clock.sleep(ms) : aborted(signal)),
      };
      const dispatcher = start({ clock: sleepless });
      await new Promise((resolve) => setTimeout(resolve, 30));
      const id = await outbox.announce();
      dispatcher.kick();
      await outbox.until(id, ({ state }) => state === 'delivered');
    });

    it('tries again 1, 2, 4 … 512 seconds and then 15 minutes to 24 hours after each failure, with one id and one body, and then gives up', async () => {
      await outbox.addEndpoint(shop.url);
      shop.reply = answer(500);
      const id = await outbox.announce();
      const startedAt = outbox.clock.now().getTime();
      start();
      const delays: number[] = [];
      for (let tries = 1; tries < 18; tries += 1) {
        const row = await outbox.until(id, (one) => one['tries'] === tries);
        expect(row).to.include({ state: 'pending', status: 500, error: 'status_500' });
        delays.push((Number(row['due_at']) - outbox.clock.now().getTime()) / 1000);
        outbox.clock.set(Number(row['due_at']));
      }
      await outbox.until(id, ({ state }) => state === 'dead');
      expect(delays).to.deep.equal([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 1800, 3600, 10_800, 21_600, 43_200, 86_400]);
      expect(outbox.clock.now().getTime() - startedAt).to.be.above(day);
      expect(shop.received).to.have.length(18);
      expect(new Set(shop.received.map(({ headers }) => headers['webhook-id']))).to.deep.equal(new Set([id]));
      expect(new Set(shop.received.map(({ raw }) => raw)).size).to.equal(1);
      const results = () => outbox.metrics.notification.args.map(([labels]) => labels.result);
      await eventually(() => results().length === 18);
      expect(results().slice(-2)).to.deep.equal(['retry', 'dead']);
    });

    it('does not try before it is due', async () => {
      await outbox.addEndpoint(shop.url);
      shop.reply = answer(500);
      const id = await outbox.announce();
      start();
      const row = await outbox.until(id, (one) => one['tries'] === 1);
      outbox.clock.set(Number(row['due_at']) - 1);
      const other = await outbox.announce();
      await outbox.until(other, (one) => one['tries'] === 1);
      expect(shop.received.map(({ headers }) => headers['webhook-id'])).to.deep.equal([id, other]);
    });

    it('waits as long as the shop asks it to', async () => {
      await outbox.addEndpoint(shop.url);
      shop.reply = answer(429, { 'retry-after': '3600' });
      const id = await outbox.announce();
      start();
      const row = await outbox.until(id, (one) => one['tries'] === 1);
      expect(Number(row['due_at']) - outbox.clock.now().getTime()).to.equal(3_600_000);
    });

    it('counts redirects as failures and follows none', async () => {
      const other = await startShop();
      await outbox.addEndpoint(shop.url);
      shop.reply = answer(307, { location: other.url });
      const id = await outbox.announce();
      start();
      const row = await outbox.until(id, (one) => one['tries'] === 1);
      expect(row).to.include({ state: 'pending', status: 307 });
      expect(other.received).to.have.length(0);
      await other.stop();
    });

    it('switches an endpoint off that answers 410, with all that was still to be sent there, and no other', async () => {
      const gone = await outbox.addEndpoint(shop.url);
      const other = await startShop();
      const kept = await outbox.addEndpoint(other.url);
      shop.reply = answer(503);
      const ids = [await outbox.announce(), await outbox.announce(), await outbox.announce()];
      start();
      const stateOf = async (id: string, endpoint: string) => (await outbox.deliveries(id)).find((row) => row['endpoint_id'] === endpoint);
      for (const id of ids) await eventually(async () => (await stateOf(id, gone.id))?.['tries'] === 1);
      shop.reply = answer(410);
      const last = await outbox.announce();
      for (const id of [...ids, last]) await eventually(async () => (await stateOf(id, gone.id))?.['state'] === 'disabled');
      for (const id of [...ids, last]) await eventually(async () => (await stateOf(id, kept.id))?.['state'] === 'delivered');
      const endpoints = await outbox.stored.database.all('SELECT id, status FROM notification_endpoints ORDER BY id');
      expect(Object.fromEntries(endpoints.map((row) => [row['id'], row['status']]))).to.deep.equal({
        [gone.id]: 'disabled',
        [kept.id]: 'enabled',
      });
      await other.stop();
    });

    it('asks a payment’s own address that answers 410 no more, and other payments’ addresses as before', async () => {
      shop.reply = (response, { path }) => response.writeHead(path === '/notify?gone' ? 410 : 204).end();
      const gone = await outbox.announce({ notifyUrl: `${shop.url}?gone` });
      start();
      expect(await outbox.until(gone, ({ state }) => state === 'disabled')).to.include({ tries: 1, status: 410, due_at: null });
      const other = await outbox.announce({ notifyUrl: shop.url });
      await outbox.until(other, ({ state }) => state === 'delivered');
    });

    it('switches an endpoint off that has failed for five days, but not one that has answered in between', async () => {
      const failing = await outbox.addEndpoint(shop.url);
      const statusOf = async () =>
        (await outbox.stored.database.get('SELECT status, failing_since FROM notification_endpoints WHERE id = ?', [failing.id]))!;
      shop.reply = answer(500);
      start();
      const tryOnce = async (fits: string) => {
        const id = await outbox.announce();
        await outbox.until(id, (row) => row['tries'] === 1 && row['state'] === fits);
      };
      await tryOnce('pending');
      expect((await statusOf())['failing_since']).to.equal(outbox.clock.now().getTime());
      shop.reply = answer(200);
      outbox.clock.move(3 * day);
      await tryOnce('delivered');
      await eventually(async () => (await statusOf())['failing_since'] === null);
      shop.reply = answer(500);
      await tryOnce('pending');
      outbox.clock.move(5 * day - 1);
      await tryOnce('pending');
      expect((await statusOf())['status']).to.equal('enabled');
      outbox.clock.move(1);
      await outbox.announce();
      await eventually(async () => (await statusOf())['status'] === 'disabled');
      expect(await outbox.stored.database.get("SELECT id FROM deliveries WHERE state = 'pending'")).to.equal(undefined);
    });

    it('delivers to the others while one shop hangs, though that one would fill both lanes', async () => {
      const hanging = await startShop(hang);
      const bad = await outbox.addEndpoint(hanging.url);
      const ids = await announceMany(60);
      await outbox.stored.database.transaction((tx) =>
        tx.run('UPDATE notification_endpoints SET types = \'["x.x"]\' WHERE id = ?', [bad.id]),
      );
      await outbox.addEndpoint(shop.url, ['refund.succeeded']);
      const wanted = await announceMany(60, { type: 'refund.succeeded', notifyUrl: shop.url });
      const stopClock = outbox.clock.run();
      start({ fastLane: 4, slowLane: 4, slowAfterMs: 50, timeoutMs: 600_000 });
      for (const id of wanted)
        await eventually(
          async () => (await outbox.deliveries(id)).filter((row) => row['url'] === shop.url && row['state'] === 'delivered').length === 2,
        );
      for (const id of ids) expect((await outbox.deliveries(id)).map((row) => row['state'])).to.deep.equal(['pending']);
      expect(hanging.received.length).to.be.above(0).and.at.most(5);
      stopClock();
      await stopAll();
      await hanging.stop();
    }).timeout(30_000);

    it('sends again, under the same id and with the same body, what a server that died had claimed', async () => {
      await outbox.addEndpoint(shop.url);
      const id = await outbox.announce();
      const { database } = outbox.stored;
      const now = outbox.clock.now().getTime();
      const claimed = await claimDue(database, await readDue(database, now), now, now + leaseMs);
      expect(claimed.map(({ event }) => event.id)).to.deep.equal([id]);
      start();
      const other = await outbox.announce();
      await outbox.until(other, ({ state }) => state === 'delivered');
      expect(
        shop.received.map(({ headers }) => headers['webhook-id']),
        'not while the lease holds',
      ).to.deep.equal([other]);
      outbox.clock.move(leaseMs);
      await outbox.until(id, ({ state }) => state === 'delivered');
    });

    it('sends again what was received but not noted before the server died', async () => {
      await outbox.addEndpoint(shop.url);
      const id = await outbox.announce();
      start({ database: dyingAfterClaim(outbox.stored.database) });
      await eventually(() => shop.received[0]);
      await stopAll();
      expect(await outbox.until(id, () => true)).to.include({ state: 'pending', tries: 0 });
      start();
      outbox.clock.move(leaseMs);
      await outbox.until(id, ({ state }) => state === 'delivered');
      const [first, second] = shop.received;
      expect(second?.raw).to.equal(first?.raw);
      expect(second?.headers['webhook-id']).to.equal(first?.headers['webhook-id']);
    });

    it('leaves what hangs at a stop to the next server, at once', async () => {
      await outbox.addEndpoint(shop.url);
      shop.reply = hang;
      const id = await outbox.announce();
      start();
      await eventually(() => shop.received[0]);
      await stopAll();
      expect(await outbox.until(id, () => true)).to.include({ state: 'pending', tries: 0, due_at: outbox.clock.now().getTime() });
      shop.reply = answer(200);
      start();
      await outbox.until(id, ({ state }) => state === 'delivered');
    });

    it('shares the work between two servers without sending anything twice', async () => {
      await outbox.addEndpoint(shop.url);
      const ids = await announceMany(250);
      const stopClock = outbox.clock.run();
      start({ random: () => 0.1 });
      start({ random: () => 0.9, database: await outbox.openAgain() });
      for (const id of ids) await outbox.until(id, ({ state }) => state === 'delivered');
      stopClock();
      expect(shop.received.map(({ headers }) => headers['webhook-id']).sort()).to.deep.equal(ids.sort());
    }).timeout(30_000);

    it('lets nothing that cannot be sent stop the rest', async () => {
      await outbox.addEndpoint(shop.url);
      const [noEvent, noUrl, noSecret] = [await outbox.announce(), await outbox.announce(), await outbox.announce()];
      await outbox.stored.database.transaction(async (tx) => {
        await tx.run('DELETE FROM events WHERE id = ?', [noEvent]);
        await tx.run("UPDATE deliveries SET url = 'not an address' WHERE event_id = ?", [noUrl]);
        await tx.run("UPDATE deliveries SET endpoint_id = 'nep_unknown' WHERE event_id = ?", [noSecret]);
      });
      const good = await outbox.announce();
      start();
      await outbox.until(good, ({ state }) => state === 'delivered');
      const reasonOf = async (id: string) => (await outbox.until(id, (row) => row['tries'] === 1))['error'];
      expect([await reasonOf(noEvent), await reasonOf(noUrl), await reasonOf(noSecret)]).to.deep.equal([
        'not_sendable',
        'forbidden_address',
        'unknown_receiver',
      ]);
      outbox.clock.move(61_000);
      await outbox.until(noSecret, ({ state }) => state === 'disabled');
    });

    it('goes on when the database is back', async () => {
      await outbox.addEndpoint(shop.url);
      const id = await outbox.announce();
      let isAway = true;
      const { database } = outbox.stored;
      const flaky: Database = {
        ...database,
        all: (sql, params) => (isAway ? Promise.reject(new Error('away')) : database.all(sql, params)),
      };
      start({ database: flaky });
      await new Promise((resolve) => setTimeout(resolve, 30));
      isAway = false;
      await outbox.until(id, ({ state }) => state === 'delivered');
    });

    it('sends an event again on request, under its own id', async () => {
      await outbox.addEndpoint(shop.url);
      const id = await outbox.announce();
      const dispatcher = start();
      await outbox.until(id, ({ state }) => state === 'delivered');
      expect(await dispatcher.replayEvent(id)).to.equal(1);
      await eventually(() => shop.received.length === 2);
      await outbox.until(id, ({ state }) => state === 'delivered');
      expect(shop.received[1]?.raw).to.equal(shop.received[0]?.raw);
      expect(await dispatcher.replayEvent('evt_unknown')).to.equal(0);
    });

    it('sends what was not delivered in a time range again, and nothing else', async () => {
      await outbox.addEndpoint(shop.url);
      const dispatcher = start();
      const from = outbox.clock.now();
      shop.reply = answer(500);
      const before = await outbox.announce();
      outbox.clock.move(1);
      const [lost, fine] = [await outbox.announce(), await outbox.announce()];
      const to = new Date(outbox.clock.now().getTime() + 1);
      outbox.clock.move(1);
      const later = await outbox.announce();
      for (const id of [before, lost, fine, later]) await outbox.until(id, (row) => row['tries'] === 1);
      await outbox.stored.database.transaction(async (tx) => {
        await tx.run("UPDATE deliveries SET state = 'dead', due_at = NULL");
        await tx.run("UPDATE deliveries SET state = 'delivered' WHERE event_id = ?", [fine]);
      });
      shop.received.length = 0;
      shop.reply = answer(200);
      const range = { appId: outbox.appId, from: new Date(from.getTime() + 1), to };
      expect(await dispatcher.replayRange({ ...range, appId: 'app_other' })).to.equal(0);
      expect(await dispatcher.replayRange(range)).to.equal(1);
      await outbox.until(lost, ({ state }) => state === 'delivered');
      expect(shop.received.map(({ headers }) => headers['webhook-id'])).to.deep.equal([lost]);
    });

    it('tells how long the oldest one that is due has waited', async () => {
      await outbox.addEndpoint(shop.url);
      start({ database: { ...outbox.stored.database, all: async () => [] } });
      const { notificationsOldestPendingSeconds: oldest } = outbox.metrics.watch.args[0]?.[0] ?? {};
      expect(await oldest()).to.equal(0);
      await outbox.announce();
      outbox.clock.move(7000);
      expect(await oldest(), name).to.equal(7);
    });
  }));

function aborted(signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) resolve();
    signal?.addEventListener('abort', () => resolve());
  });
}

/** Commits its first transaction, the claim, and nothing after it. */
function dyingAfterClaim(database: Database): Database {
  let left = 1;
  return {
    ...database,
    transaction(work, proof) {
      left -= 1;
      return left < 0 ? Promise.reject(new Error('killed')) : database.transaction(work, proof);
    },
  };
}
