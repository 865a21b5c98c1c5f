import { createServer, type Server } from 'node:http';

/** How a vendor behaves: as it should, not there, silent, broken. */
export type Behaviour = 'healthy' | 'refuse' | 'hang' | 'broken';

export interface Vendor {
  readonly port: number;
  /** Calls since the behaviour was last changed. */
  calls(): number;
  /** Numbers that were charged here, as often as it happened. */
  readonly charged: readonly string[];
  behave(as: Behaviour): Promise<void>;
  close(): Promise<void>;
}

/** A vendor on loopback that charges what it is asked to, and remembers it. A broken one answers 500 without charging. */
export async function openVendor(port: number): Promise<Vendor> {
  const charged: string[] = [];
  let behaviour: Behaviour = 'healthy';
  let calls = 0;
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    calls += 1;
    if (behaviour === 'hang') return;
    if (behaviour === 'broken') return void response.writeHead(500).end();
    charged.push((JSON.parse(text) as { number: string }).number);
    response.writeHead(200).end('{}');
  });
  await listen(server, port);
  return {
    port,
    calls: () => calls,
    charged,
    async behave(as) {
      behaviour = as;
      calls = 0;
      if (as === 'refuse') await shut(server);
      else if (!server.listening) await listen(server, port);
    },
    close: () => shut(server),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve) => {
    server.listen(port, '127.0.0.1', () => resolve());
  });
}

async function shut(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise((resolve) => {
    server.close(resolve);
  });
  server.closeAllConnections();
  await closed;
}
