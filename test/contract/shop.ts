import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { RawRequest, Reply } from '../../core/contract/channel.ts';

/** Where the vendor sends its callbacks. */
export interface Shop {
  readonly url: string;
  /** Callbacks that arrived since the last look, waiting for one if need be. */
  callbacks(): Promise<readonly RawRequest[]>;
  /** Takes no notice of the callbacks that arrived so far. */
  forget(): void;
  /** How callbacks are answered from now on; as at first when it is null. */
  answer(reply: Reply | null): void;
  close(): void;
}

const thanks: Reply = { status: 200, body: 'ok' };

/** Opens a port of loopback on which everything is kept and answered. */
export async function openShop(): Promise<Shop> {
  const arrived: RawRequest[] = [];
  let reply = thanks;
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    const [path = '', query = ''] = (request.url ?? '').split('?');
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
    );
    arrived.push({ method: request.method ?? '', url: `${url}${path}`, query, headers, body });
    response.writeHead(reply.status, reply.headers).end(reply.body);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    callbacks: () => takeAll(arrived),
    forget: () => void arrived.splice(0),
    answer(given) {
      reply = given ?? thanks;
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** What has arrived; waits a little for the first. */
async function takeAll(arrived: RawRequest[]): Promise<readonly RawRequest[]> {
  for (let tries = 0; arrived.length === 0 && tries < 100; tries += 1) await new Promise((done) => setTimeout(done, 20));
  return arrived.splice(0);
}
