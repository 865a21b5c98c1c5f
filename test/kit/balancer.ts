import { createServer, type Server } from 'node:http';

const ownHeaders = ['host', 'connection', 'content-length', 'transfer-encoding'];

/** Sends what vendors call back to one of the servers that are there, as a load balancer in front of them does; it repeats nothing. */
export function startBalancer(port: number, listUrls: () => readonly string[]): Promise<Server> {
  let turn = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      turn += 1;
      const urls = listUrls();
      const entries = Object.entries(request.headers).filter(([header]) => !ownHeaders.includes(header));
      const headers = Object.fromEntries(entries) as Record<string, string>;
      try {
        const body = chunks.length === 0 ? {} : { body: Buffer.concat(chunks) };
        const answer = await fetch(`${urls[turn % urls.length]}${request.url}`, { method: request.method ?? 'GET', headers, ...body });
        response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/plain' }).end(await answer.text());
      } catch {
        response.writeHead(502).end();
      }
    });
  });
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)));
}
