import { generateKeyPair, webcrypto } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { promisify } from 'node:util';
import { makeCertificate } from '../../simulator/certificate.ts';

/** What a vendor's server does with one connection. */
export type Behaviour = (connection: Connection) => void;

/** One connection at the vendor's side, below HTTP: a test writes the bytes of the answer itself. */
export interface Connection {
  readonly socket: Socket;
  /** Counts from 1 over all connections of this server. */
  readonly index: number;
  /** Calls `answer` for each request that has arrived in full, headers and body. */
  onRequest(answer: (request: string, index: number) => void): void;
}

/** A server on loopback that speaks whatever the test makes it speak. */
export interface Vendor {
  readonly port: number;
  /** Every request that arrived in full, as text. */
  readonly requests: readonly string[];
  readonly connections: readonly Socket[];
  stop(): Promise<void>;
}

export interface Tls {
  readonly key: string;
  readonly cert: string;
}

export async function startVendor(behave: Behaviour, tls?: Tls): Promise<Vendor> {
  const requests: string[] = [];
  const connections: Socket[] = [];
  const onConnection = (socket: Socket) => {
    connections.push(socket);
    // A reset is what some tests are about; it must not end the process.
    socket.on('error', () => undefined);
    behave({ socket, index: connections.length, onRequest: (answer) => readRequests(socket, requests, answer) });
  };
  const server: Server = tls === undefined ? createTcpServer(onConnection) : createTlsServer({ ...tls }, onConnection);
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    connections,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of connections) socket.destroy();
      }),
  };
}

function readRequests(socket: Socket, requests: string[], answer: (request: string, index: number) => void): void {
  let held = '';
  socket.on('data', (bytes: Buffer) => {
    held += bytes.toString('latin1');
    for (let end = endOfRequest(held); end !== -1; end = endOfRequest(held)) {
      const request = held.slice(0, end);
      held = held.slice(end);
      requests.push(request);
      answer(request, requests.length);
    }
  });
}

/** Where the first request ends; -1 while some of it is missing. */
function endOfRequest(text: string): number {
  const head = text.indexOf('\r\n\r\n');
  if (head === -1) return -1;
  const length = /^content-length: (\d+)$/im.exec(text.slice(0, head))?.[1] ?? '0';
  const end = head + 4 + Number(length);
  return text.length < end ? -1 : end;
}

/** A whole answer of HTTP/1.1. */
export function httpAnswer(body = '{}', more: readonly string[] = [], status = '200 OK'): string {
  return [`HTTP/1.1 ${status}`, `Content-Length: ${Buffer.byteLength(body)}`, ...more, '', body].join('\r\n');
}

/** A certificate that nobody vouches for but itself. */
export async function makeSelfSigned(facts: { readonly commonName: string; readonly from: Date; readonly to: Date }): Promise<Tls> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' });
  const signer = await webcrypto.subtle.importKey('pkcs8', pkcs8, { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, false, ['sign']);
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const cert = await makeCertificate({ serial: '1f', organisation: 'Toy', ...facts, spki, signer });
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, cert };
}
