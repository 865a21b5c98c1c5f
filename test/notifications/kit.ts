import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import sinon from 'sinon';
import { createApp, createMerchant } from '../../core/access/admin/apps.ts';
import { createEndpoint } from '../../core/access/admin/endpoints.ts';
import { openDirectory } from '../../core/access/directory.ts';
import { openVault } from '../../core/access/vault.ts';
import { type Clock, systemClock } from '../../core/clock.ts';
import { makeId } from '../../core/ids.ts';
import { createLog } from '../../core/log.ts';
import { createDispatcher, type Dispatcher, type DispatcherDeps } from '../../core/notifications/deliver.ts';
import { createEndpoints } from '../../core/notifications/endpoints.ts';
import { createAnnounce, type HandOver } from '../../core/notifications/enqueue.ts';
import type { Row } from '../../core/store/database.ts';
import { openDatabase } from '../../core/store/open.ts';
import type { TestDatabase } from '../kit/database.ts';
import { eventually, must } from './wait.ts';

/** A request as a shop's server gets it. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly raw: string;
}

export type Reply = (response: ServerResponse, received: Received) => void;

export interface Shop {
  readonly port: number;
  readonly url: string;
  readonly received: Received[];
  /** How it answers from now on. */
  reply: Reply;
  stop(): Promise<void>;
}

export const answer =
  (status: number, headers: Readonly<Record<string, string>> = {}): Reply =>
  (response) =>
    response.writeHead(status, headers).end();

/** Takes the request and says nothing. */
export const hang: Reply = () => undefined;

export async function startShop(reply: Reply = answer(204)): Promise<Shop> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const received = { path: request.url ?? '', headers: request.headers, raw: Buffer.concat(chunks).toString('utf8') };
      shop.received.push(received);
      shop.reply(response, received);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const shop: Shop = {
    port,
    url: `http://127.0.0.1:${port}/notify`,
    received: [],
    reply,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return shop;
}

/** A clock that stands still until it is moved. Sleeps are cut short, so that a moved clock is noticed at once. */
export interface HandClock extends Clock {
  move(durationMs: number): void;
  set(timeMs: number): void;
  /** Lets it go at the pace of a real one, until the answered function is called. */
  run(): () => void;
}

export function createHandClock(startMs = Date.UTC(2026, 0, 15)): HandClock {
  let time = startMs;
  return {
    now: () => new Date(time),
    sleep: (durationMs, signal) => systemClock.sleep(Math.min(durationMs, 5), signal),
    move: (durationMs) => {
      time += durationMs;
    },
    set: (timeMs) => {
      time = timeMs;
    },
    run() {
      let seen = performance.now();
      const timer = setInterval(() => {
        const passed = Math.floor(performance.now() - seen);
        time += passed;
        seen += passed;
      }, 5);
      return () => clearInterval(timer);
    },
  };
}

/** One merchant with an app, and what it takes to tell it something. */
export interface Outbox {
  readonly stored: TestDatabase;
  readonly appId: string;
  readonly appSecret: string;
  readonly clock: HandClock;
  readonly metrics: { notification: sinon.SinonSpy; watch: sinon.SinonSpy };
  addEndpoint(url: string, types?: readonly string[]): Promise<{ id: string; secret: string }>;
  /** Commits an event and answers its id. */
  announce(about?: {
    readonly notifyUrl?: string;
    readonly endpointsOnly?: boolean;
    /** Who may send at once what is written. */
    readonly handOver?: HandOver;
    /** Throws, and so undoes, after the event was written. */
    readonly failing?: Error;
    readonly type?: string;
    readonly data?: unknown;
  }): Promise<string>;
  dispatcher(change?: Partial<DispatcherDeps>): Dispatcher;
  /** The deliveries of an event, the oldest first. */
  deliveries(eventId: string): Promise<readonly Row[]>;
  /** Waits until the event's only delivery fits. */
  until(eventId: string, fits: (row: Row) => boolean): Promise<Row>;
  /** A second handle on the same rows, as another server has it. */
  openAgain(): Promise<TestDatabase['database']>;
  stop(): Promise<void>;
}

const aPayment = { id: 'pay_1', object: 'payment', amount: 1999 };

export async function openOutbox(stored: TestDatabase, keyFile: string): Promise<Outbox> {
  const { database } = stored;
  const clock = createHandClock();
  const admin = { database, vault: openVault({ keyFile, create: true }), now: () => clock.now() };
  const merchant = must(await createMerchant(admin, { name: 'Shop' }));
  const app = must(await createApp(admin, { merchantId: merchant.id, name: 'Shop', livemode: false }));
  const directory = await openDirectory({ database, vault: admin.vault, pollMs: 0 });
  const endpoints = createEndpoints(directory, clock);
  const metrics = { notification: sinon.spy(), watch: sinon.spy() };
  const log = createLog({ level: 'silent' });
  const others: (() => Promise<void>)[] = [];
  const deliveries = (eventId: string) => database.all('SELECT * FROM deliveries WHERE event_id = ? ORDER BY id', [eventId]);
  let sequence = 0;
  return {
    stored,
    appId: app.id,
    appSecret: app.notificationSecret,
    clock,
    metrics,
    async addEndpoint(url, types = []) {
      const made = must(await createEndpoint(admin, { appId: app.id, url, types }));
      await directory.refresh();
      return made;
    },
    async announce({ notifyUrl, endpointsOnly = false, type = 'payment.succeeded', data = aPayment, handOver, failing } = {}) {
      const announce = createAnnounce({ endpoints, clock, ...(handOver === undefined ? {} : { handOver }) });
      const eventId = makeId('evt_', clock.now());
      sequence += 1;
      const told = { eventId, appId: app.id, notifyUrl: notifyUrl ?? null, endpointsOnly, type, subjectId: 'pay_1', sequence, data };
      await database.transaction(async (tx) => {
        await announce(tx, [{ ...told, now: clock.now().getTime() }]);
        if (failing !== undefined) throw failing;
      });
      return eventId;
    },
    dispatcher: (change = {}) =>
      createDispatcher({
        ...{ database, endpoints, clock, log, metrics, timeoutMs: 15_000, fastLane: 48, slowLane: 16, allowNetworks: [], pollMs: 1000 },
        ...change,
      }),
    deliveries,
    until: (eventId, fits) =>
      eventually(
        async () => (await deliveries(eventId)).find(fits),
        async () => JSON.stringify(await deliveries(eventId)),
      ),
    async openAgain() {
      const again = await openDatabase(stored.options);
      others.push(() => again.close());
      return again.database;
    },
    async stop() {
      await directory.stop();
      for (const close of others) await close();
    },
  };
}
