import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A vendor under a host of its own. */
export interface Door {
  readonly origin: string;
  close(): void;
}

/**
 * Hands every request on to the simulator, its path put under `baseUrl`. The simulator's accounts are told apart by the first
 * part of a path; an SDK knows hosts alone, and some sign the whole path.
 */
export async function openDoor(baseUrl: string): Promise<Door> {
  const server = createServer((incoming, outgoing) => {
    const { method, headers, url } = incoming;
    const onward = request(`${baseUrl}${url}`, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(outgoing);
    });
    onward.once('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}
