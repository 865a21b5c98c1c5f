import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Merchants on loopback who are told: some take what they get, the others never answer. */
export interface Merchants {
  /** Where to tell them, each of a host of its own. The dead ones come last. */
  readonly urls: readonly string[];
  /** Payments of which healthy merchants have been told. */
  readonly told: ReadonlySet<string>;
  /** When the last of them was. */
  lastToldAt(): number;
  close(): void;
}

export async function openMerchants(healthy: number, dead: number): Promise<Merchants> {
  const told = new Set<string>();
  let lastToldAt = 0;
  const servers: Server[] = [];
  for (let index = 0; index < healthy + dead; index += 1) {
    const server = createServer(async (request, response) => {
      let text = '';
      for await (const chunk of request.setEncoding('utf8')) text += chunk;
      if (index >= healthy) return;
      if (text.includes('"type":"payment.succeeded"')) {
        told.add(/pay_[0-9A-Z]{26}/.exec(text)?.[0] ?? '');
        lastToldAt = performance.now();
      }
      response.writeHead(204).end();
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve());
    });
    servers.push(server);
  }
  return {
    urls: servers.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/told`),
    told,
    lastToldAt: () => lastToldAt,
    close() {
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}
