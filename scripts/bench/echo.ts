import { createServer } from 'node:http';

/** Answers every request with as many bytes as a payment has, and does nothing: what HTTP alone costs on this machine now. */
const body = JSON.stringify({ id: 'echo', padding: 'x'.repeat(560) });
const headers = { 'Content-Type': 'application/json', 'Content-Length': body.length };

const server = createServer((request, response) => {
  request.on('data', () => undefined).on('end', () => response.writeHead(201, headers).end(body));
});
server.listen(Number(process.env['PORT']), '127.0.0.1');
process.once('SIGTERM', () => process.exit(0));
