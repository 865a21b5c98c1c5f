import { mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { refuse } from '../../core/errors.ts';
import { createIdempotencyStore } from '../../core/http/idempotency-store.ts';
import type { AccessEntry } from '../../core/http/middleware/begin.ts';
import { type AnyRoute, type Authenticate, answer, defineRawRoute, defineRoute } from '../../core/http/route.ts';
import { type RunningServer, type ServerLimits, startServer } from '../../core/http/server.ts';
import { type Database, DatabaseUnavailable } from '../../core/store/database.ts';
import { migrate } from '../../core/store/migrations/migrate.ts';
import { openDatabase } from '../../core/store/open.ts';
import { makeVault } from '../kit/vault.ts';

/** What a client got back. */
export interface Got {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
}

export interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly key?: string | null;
}

/** Body of the fake `things.create`. */
export const thing = z.strictObject({
  name: z.string().min(1).max(8),
  amount: z.int().min(1),
  color: z.enum(['red', 'blue']).optional(),
  lines: z
    .array(z.strictObject({ no: z.string(), amount: z.int().min(1) }))
    .min(1)
    .max(2)
    .optional(),
  metadata: z.record(z.string().max(10), z.string()).optional(),
  note: z.string().optional(),
  urgent: z.boolean().optional(),
});

/** Counts and gates of the fake handlers, so that a test can hold a request in flight. */
export interface Fake {
  created: number;
  gate: Promise<void>;
  entered: () => void;
  readonly errors: unknown[];
  readonly entries: AccessEntry[];
  ready: boolean;
  limit: ReturnType<typeof refuse> | null;
  authenticate: Authenticate;
}

export function fakeAuthenticate(request: { headers: Readonly<Record<string, string>> }) {
  const scopesOf: Readonly<Record<string, readonly string[]>> = { sk_test_all: ['*'], sk_test_read: ['things:read'] };
  const key = (request.headers['authorization'] ?? '').replace('Bearer ', '');
  const scopes = scopesOf[key];
  return scopes === undefined ? refuse('unauthorized') : { app: { id: 'app_1', livemode: false }, key: { id: key, scopes } };
}

export function fakeRoutes(fake: Fake): readonly AnyRoute[] {
  return [createThing(fake), ...otherRoutes()];
}

function createThing(fake: Fake): AnyRoute {
  return defineRoute({
    id: 'things.create',
    method: 'POST',
    path: '/v1/things',
    summary: 'Create a thing',
    tag: 'Things',
    scope: 'things:write',
    body: thing,
    answers: { 201: z.object({ id: z.string(), amount: z.int() }) },
    async handle({ body, idempotencyId }) {
      fake.created += 1;
      fake.entered();
      const number = fake.created;
      await fake.gate;
      if (body.name === 'throw') throw new Error('SELECT secret FROM /etc/passwd sk_test_all');
      if (body.name === 'nodb') throw new DatabaseUnavailable('connect ECONNREFUSED 10.0.0.1:3306');
      if (body.name === 'taken') return refuse('merchant_order_no_used', { param: 'name', payment: { id: 'pay_1', state: 'pending' } });
      if (body.name === 'later') return refuse('channel_unavailable', { retryAfterSec: 7 });
      return answer(201, { id: `thing_${number}`, ...body, empty: null, keyed: idempotencyId !== null }, { 'X-Number': String(number) });
    },
  });
}

function otherRoutes(): readonly AnyRoute[] {
  return [
    defineRoute({
      id: 'things.list',
      method: 'GET',
      path: '/v1/things',
      summary: 'List things',
      tag: 'Things',
      scope: 'things:read',
      query: z.strictObject({
        limit: z.int().min(1).max(100).default(10),
        expand: z.array(z.enum(['a', 'b'])).optional(),
        name: z.string().optional(),
      }),
      answers: { 200: z.object({ object: z.literal('list') }) },
      handle: async ({ query }) => answer(200, { object: 'list', data: [], query }),
    }),
    defineRoute({
      id: 'things.read',
      method: 'GET',
      path: '/v1/things/:id',
      summary: 'Read a thing',
      tag: 'Things',
      scope: null,
      answers: { 200: z.object({ id: z.string() }) },
      handle: async ({ params, requestId, locale }) => answer(200, { id: params['id'], request: requestId, locale }),
    }),
    defineRoute({
      id: 'things.close',
      method: 'POST',
      path: '/v1/things/:id/close',
      summary: 'Close a thing',
      tag: 'Things',
      scope: null,
      answers: { 204: z.any() },
      handle: async () => answer(204),
    }),
    defineRawRoute({
      id: 'callbacks',
      methods: ['GET', 'POST'],
      path: '/v1/callbacks/:channel',
      summary: 'A callback',
      tag: 'Callbacks',
      handle: async (input) => ({
        status: 202,
        headers: { 'X-Seen': `${input.method} ${input.params['channel']} ${input.query} ${input.headers['x-twice'] ?? ''}` },
        body: input.body,
      }),
    }),
  ];
}

export interface Harness {
  readonly fake: Fake;
  readonly server: RunningServer;
  readonly database: Database;
  send(path: string, sent?: Sent): Promise<Got>;
  /** Opens a socket, writes what is given, and resolves with all that came back until the server closed it. */
  rawSend(...parts: readonly string[]): Promise<string>;
  close(): Promise<void>;
}

export async function openHarness(limits: Partial<ServerLimits> = {}, now: () => Date = () => new Date()): Promise<Harness> {
  const dataDir = mkdtempSync(join(tmpdir(), 'paymux-http-'));
  const store = await openDatabase({ dataDir });
  await migrate(store);
  const fake: Fake = {
    created: 0,
    gate: Promise.resolve(),
    entered: () => undefined,
    errors: [],
    entries: [],
    ready: true,
    limit: null,
    authenticate: fakeAuthenticate,
  };
  let requests = 0;
  const server = await startServer({
    routes: fakeRoutes(fake),
    port: 0,
    host: '127.0.0.1',
    limits,
    deps: {
      authenticate: (request) => fake.authenticate(request),
      limitRate: () => fake.limit,
      idempotency: createIdempotencyStore(store.database, { now }, makeVault()),
      newRequestId: () => `req_${++requests}`,
      errorsUrl: 'https://pay.example.com/docs/errors',
      onAnswered: (entry) => fake.entries.push(entry),
      onError: (error) => fake.errors.push(error),
    },
  });
  return {
    fake,
    server,
    database: store.database,
    send: (path, sent) => send(server.port, path, sent),
    rawSend: (...parts) => rawSend(server.port, parts),
    async close() {
      await server.stop(0);
      await store.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

function send(port: number, path: string, { method = 'GET', headers = {}, body, key = 'sk_test_all' }: Sent = {}): Promise<Got> {
  return new Promise((resolve, reject) => {
    const all = { ...(key !== null && { Authorization: `Bearer ${key}` }), ...headers };
    const request = httpRequest({ host: '127.0.0.1', port, path, method, headers: all, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          json: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {},
        });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** POSTs JSON. */
export function post(body: unknown, headers: Readonly<Record<string, string>> = {}): Sent {
  return {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  };
}

/** POSTs XML. */
export function postXml(body: string | Buffer, headers: Readonly<Record<string, string>> = {}): Sent {
  return { method: 'POST', headers: { 'Content-Type': 'application/xml', ...headers }, body };
}

function rawSend(port: number, parts: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    let got = '';
    const socket = connect(port, '127.0.0.1', () => {
      for (const part of parts) socket.write(part);
    });
    socket.on('data', (chunk) => {
      got += chunk.toString('utf8');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(got));
  });
}
