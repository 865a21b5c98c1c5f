import { createServer } from 'node:net';

/**
 * Below the range from which Linux takes the ports of outgoing connections (from 32768 on). A port of that range can be taken by any
 * connection while the server that had it is dead, and then the server does not come back.
 */
const [firstPort, lastPort] = [20_000, 32_000];

/** A port of 127.0.0.1 that nobody listens on, and that stays free while a killed server is away. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries += 1) {
    const port = firstPort + Math.floor(Math.random() * (lastPort - firstPort));
    if (await isFree(port)) return port;
  }
  throw new Error(`no port between ${firstPort} and ${lastPort} is free`);
}

function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
