import { createServer } from 'node:http';
import { readJob } from './child.ts';

/** What every create is answered with: signed beforehand, so that the gateway's own RSA is not measured. */
export interface GatewayJob {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const { status, headers, body } = await readJob<GatewayJob>();
const server = createServer((request, response) => {
  request.on('data', () => undefined).on('end', () => response.writeHead(status, headers).end(body));
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) process.stdout.write(`${address.port}\n`);
});
process.once('SIGTERM', () => process.exit(0));
