import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A callback as a channel sent it. */
export interface RecordedCallback {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Stands between the channels and the server, and keeps every callback that goes by. */
export interface Recorder {
  /** Give it to the server as its public address. */
  readonly url: string;
  readonly seen: RecordedCallback[];
  /** Begins to pass callbacks on to the server. */
  sendTo(serverUrl: string): void;
  /** While it holds, callbacks are kept and acknowledged, but the server never hears of them. */
  hold(holds: boolean): void;
  stop(): Promise<void>;
}

export async function startRecorder(): Promise<Recorder> {
  const seen: RecordedCallback[] = [];
  const way = { serverUrl: '', holds: false };
  const server = createServer(async (request, response) => {
    const callback = await read(request);
    seen.push(callback);
    // Every channel takes this for an acknowledgement: Alipay reads the word, the others the status.
    if (way.holds) response.end('success');
    else await passOn(way.serverUrl, callback, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    sendTo(serverUrl) {
      way.serverUrl = serverUrl;
    },
    hold(holds) {
      way.holds = holds;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Sends a callback to a server, as it was recorded or changed. */
export async function deliver(serverUrl: string, callback: RecordedCallback): Promise<{ readonly status: number; readonly text: string }> {
  const answer = await fetch(serverUrl + callback.path, {
    method: 'POST',
    headers: { ...callback.headers },
    body: new Uint8Array(callback.body),
    redirect: 'manual',
  });
  return { status: answer.status, text: await answer.text() };
}

async function passOn(serverUrl: string, callback: RecordedCallback, response: ServerResponse): Promise<void> {
  const answer = await deliver(serverUrl, callback).catch(() => ({ status: 502, text: '' }));
  response.writeHead(answer.status).end(answer.text);
}

async function read(request: IncomingMessage): Promise<RecordedCallback> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return { path: request.url ?? '/', headers: ownHeaders(request.headers), body: Buffer.concat(parts) };
}

/** Without those that belong to one connection. */
function ownHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const ofConnection = ['host', 'connection', 'content-length', 'transfer-encoding', 'keep-alive'];
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !ofConnection.includes(name))) as Record<string, string>;
}
