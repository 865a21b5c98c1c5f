import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net';
import Koa from 'koa';
import { createBrokenRequests } from './broken-request.ts';
import type { HttpState, Step } from './context.ts';
import { type BeginDeps, begin } from './middleware/begin.ts';
import { catchErrors } from './middleware/catch-errors.ts';
import { checkHeaders } from './middleware/check-headers.ts';
import { checkUrl } from './middleware/check-url.ts';
import type { AnyRoute } from './route.ts';
import { buildRouter, type RouteDeps } from './router.ts';

/** Everything that the HTTP layer needs of the outside. */
export interface AppDeps extends Omit<RouteDeps, 'body' | 'stopping'>, Omit<BeginDeps, 'isDraining'> {}

/** Limits of connections and requests. Node's own defaults are far too generous: 300 s for a request, no limit of connections. */
export interface ServerLimits {
  readonly bodyBytes: number;
  /** From connection to complete headers. */
  readonly headersTimeoutMs: number;
  /** From complete headers to complete body. */
  readonly requestTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  /** On which nothing moves in either direction: most of all a client that does not read its answer. */
  readonly stalledTimeoutMs: number;
  readonly maxConnections: number;
  readonly maxHeaderBytes: number;
}

export const defaultLimits: ServerLimits = {
  bodyBytes: 262_144,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  keepAliveTimeoutMs: 65_000,
  // Longer than any handler may take beside what it waits for its channels.
  stalledTimeoutMs: 120_000,
  maxConnections: 10_000,
  maxHeaderBytes: 16_384,
};

export interface ServerOptions {
  readonly routes: readonly AnyRoute[];
  readonly deps: AppDeps;
  /** 0: any free port. */
  readonly port: number;
  readonly host?: string;
  readonly limits?: Partial<ServerLimits>;
}

/** A server that listens. */
export interface RunningServer {
  readonly port: number;
  readonly isDraining: () => boolean;
  /** Takes no more connections, lets requests in flight end, and cuts what is left after `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

/** The steps of every request, in order. The steps of a matched route follow in `router.ts`. */
function buildApp(options: ServerOptions, limits: ServerLimits, stopping: AbortSignal): Koa<HttpState> {
  const { deps, routes } = options;
  const body = { maxBytes: limits.bodyBytes, deadlineMs: limits.requestTimeoutMs };
  const steps: readonly Step[] = [
    begin({ ...deps, isDraining: () => stopping.aborted }),
    catchErrors(deps.onError),
    checkHeaders(),
    checkUrl(),
    ...buildRouter(routes, { ...deps, body, stopping }),
  ];
  const app = new Koa<HttpState>();
  for (const step of steps) app.use(step);
  // Reached only by failures after the answer has begun: a client that went away, most of all.
  app.on('error', (error: unknown) => deps.onError(error, 'none'));
  return app;
}

/** Starts to serve the routes. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const limits = { ...defaultLimits, ...options.limits };
  const drain = new AbortController();
  const broken = createBrokenRequests(options.deps);
  const handle = buildApp(options, limits, drain.signal).callback();
  const server = openServer(limits, (request, response) => {
    broken.note(request, response);
    return handle(request, response);
  });
  const connections = watchConnections(server);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => broken.answer(error, socket));
  server.on('connect', (_request, socket: Socket) => broken.answerConnect(socket));
  await listen(server, options.port, options.host);
  return {
    port: (server.address() as AddressInfo).port,
    isDraining: () => drain.signal.aborted,
    stop(graceMs) {
      drain.abort();
      return closeGracefully(server, connections, graceMs);
    },
  };
}

function openServer(limits: ServerLimits, handle: (request: IncomingMessage, response: ServerResponse) => unknown): Server {
  const server = createServer(
    {
      headersTimeout: limits.headersTimeoutMs,
      // The body has a deadline of its own that answers in full; this is the net below it.
      requestTimeout: limits.headersTimeoutMs + limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      maxHeaderSize: limits.maxHeaderBytes,
      // Node's own answer has neither request id nor problem.
      requireHostHeader: false,
      // How often the two timeouts above are looked at: the default of 30 s would make them that much longer.
      connectionsCheckingInterval: Math.min(1000, limits.headersTimeoutMs),
    },
    handle,
  );
  server.on('checkExpectation', handle);
  server.maxConnections = limits.maxConnections;
  server.timeout = limits.stalledTimeoutMs;
  return server;
}

/** A port that cannot be listened on: an operator can choose another. */
export class PortUnusable extends Error {
  constructor(port: number, host: string, cause: NodeJS.ErrnoException) {
    const why = cause.code === 'EADDRINUSE' ? 'is taken by another program' : `cannot be listened on (${cause.code ?? cause.message})`;
    super(`port ${port} of ${host} ${why}: choose another (PORT, PAYMUX_METRICS_PORT)`, { cause });
    this.name = 'PortUnusable';
  }
}

function listen(server: Server, port: number, host = '0.0.0.0'): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(new PortUnusable(port, host, error)));
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}

/** How often connections that became idle during the drain are closed. */
const idleSweepMs = 50;
/** Requests that were on their way when the drain began are still answered: only then are idle connections closed. */
const arrivingMs = 250;
/** What has not arrived whole by then is not waited for: a client that sends half a request would hold up every stop. */
const unsentMs = 2_000;

/** What each open connection is about. */
interface Connections {
  /** Ends those without a request that has arrived whole and waits for its answer. */
  endUnsent(): void;
}

function watchConnections(server: Server): Connections {
  const open = new Map<Socket, Set<IncomingMessage>>();
  server.on('connection', (socket: Socket) => {
    open.set(socket, new Set());
    socket.once('close', () => open.delete(socket));
  });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const requests = open.get(request.socket);
    requests?.add(request);
    response.once('close', () => requests?.delete(request));
  });
  return {
    endUnsent() {
      for (const [socket, requests] of open) if (![...requests].some(({ complete }) => complete)) socket.destroy();
    },
  };
}

async function closeGracefully(server: Server, connections: Connections, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => stopListening(server, resolve));
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  const unsent = setTimeout(() => connections.endUnsent(), Math.min(unsentMs, graceMs));
  let sweep: NodeJS.Timeout | undefined;
  // Only once the loop has read: on a busy server, requests that have arrived wait in connections that look idle to a timer.
  const closeIdle = () => setImmediate(() => server.closeIdleConnections());
  const arriving = setTimeout(
    () => {
      closeIdle();
      sweep = setInterval(closeIdle, idleSweepMs);
    },
    Math.min(arrivingMs, graceMs),
  );
  await closed;
  for (const timer of [cut, unsent, arriving]) clearTimeout(timer);
  clearInterval(sweep);
  // Ends the timer with which Node looks at connections; there is nothing left to close.
  server.close(() => undefined);
}

/** Not `server.close()`, which cuts idle connections at once, and with them the requests that are on their way. */
function stopListening(server: Server, whenClosed: () => void): void {
  NetServer.prototype.close.call(server, whenClosed);
}
