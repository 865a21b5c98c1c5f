import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Dispatcher } from '../../core/notifications/deliver.ts';
import { forEachDatabase } from '../kit/database.ts';
import { type Outbox, openOutbox, type Shop, startShop } from './kit.ts';
import { eventually } from './wait.ts';

const ok = 'HTTP/1.1 200 OK\r\n';

/** What a hostile shop writes as soon as it is connected to or asked, and whether that counts as received. */
const hosts: readonly (readonly [string, (socket: Socket) => void, boolean])[] = [
  ['answers garbage instead of HTTP', (socket) => socket.end(Buffer.alloc(4096, 0x7f)), false],
  ['hangs up without a word', (socket) => socket.destroy(), false],
  ['hangs up in the middle of its headers', (socket) => socket.end(`${ok}content-type: text`), false],
  ['sends a header without end', (socket) => flood(socket, `${ok}x-long: `, 'x'.repeat(65_536)), false],
  ['sends headers without end', (socket) => flood(socket, ok, 'x-more: 1\r\n'.repeat(5000)), false],
  ['sends a status that is none', (socket) => socket.end('HTTP/1.1 999999 ?\r\n\r\n'), false],
  ['gives two lengths', (socket) => socket.end(`${ok}content-length: 1\r\ncontent-length: 2\r\n\r\nx`), false],
  ['drips its headers', (socket) => drip(socket, ok, 'x-more: 1\r\n'), false],
  ['sends only hints of an answer', (socket) => drip(socket, '', 'HTTP/1.1 103 Early Hints\r\n\r\n'), false],
  [
    'sends a body without end',
    (socket) => flood(socket, `${ok}transfer-encoding: chunked\r\n\r\n`, `8000\r\n${'x'.repeat(0x8000)}\r\n`),
    true,
  ],
  ['says that gigabytes follow', (socket) => socket.write(`${ok}content-length: 9999999999\r\n\r\nx`), true],
  ['says that its garbage is gzip', (socket) => socket.end(`${ok}content-encoding: gzip\r\ncontent-length: 4\r\n\r\nnono`), true],
];

describe('A hostile shop', () =>
  forEachDatabase((name, open) => {
    if (name !== 'sqlite') return;
    let outbox: Outbox;
    let good: Shop;
    let dispatcher: Dispatcher;
    let folder: string;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'paymux-hostile-'));
      outbox = await openOutbox(await open(), join(folder, 'key'));
      outbox.clock.set(Date.now());
      good = await startShop();
      dispatcher = outbox.dispatcher({ timeoutMs: 400 });
      dispatcher.start();
    });
    after(async () => {
      await dispatcher.stop(0);
      await good.stop();
      await outbox.stop();
      await rm(folder, { recursive: true });
    });

    for (const [what, attack, counts] of hosts) {
      it(`that ${what} ${counts ? 'has received' : 'is tried again later'}, and the others are told meanwhile`, async () => {
        const sockets = new Set<Socket>();
        const server = createServer((socket) => {
          sockets.add(socket);
          socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
          socket.once('data', () => attack(socket));
        });
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        const bad = await outbox.announce({ notifyUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` });
        const told = await outbox.announce({ notifyUrl: good.url });
        await outbox.until(told, ({ state }) => state === 'delivered');
        const tried = await outbox.until(bad, ({ tries }) => tries === 1);
        expect(tried['state']).to.equal(counts ? 'delivered' : 'pending');
        expect(tried['due_at'] === null).to.equal(counts);
        // Nobody may keep a connection of ours for longer than the time of a try.
        await eventually(() => sockets.size === 0);
        server.close();
      });
    }
  }));

/** Writes for as long as somebody reads. */
function flood(socket: Socket, first: string, more: string): void {
  const write = () => {
    if (!socket.destroyed) socket.write(more, write);
  };
  socket.write(first, write);
}

function drip(socket: Socket, first: string, more: string): void {
  socket.write(first);
  const timer = setInterval(() => socket.write(more), 10);
  socket.on('close', () => clearInterval(timer));
}
