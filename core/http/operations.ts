import { hash, timingSafeEqual } from 'node:crypto';
import { refuse } from '../errors.ts';
import { defineRawRoute, type RawAnswer, type RawRoute, type RawRouteInput } from './route.ts';

/** Whether the server may be sent requests, and what each check said. */
export interface Readiness {
  readonly ok: boolean;
  /** `ok`, or a word for operators; it holds no secret. */
  readonly checks: Readonly<Record<string, string>>;
}

/** `/livez` answers as long as the event loop turns; `/readyz` says whether requests can be served. */
export function healthRoutes(ready: () => Promise<Readiness>): readonly RawRoute[] {
  return [
    operation('livez', '/livez', 'Whether the process is alive', async () => json(200, { ok: true })),
    operation('readyz', '/readyz', 'Whether requests can be served', async () => {
      const readiness = await ready().catch(() => ({ ok: false, checks: { readiness: 'failed' } }));
      return json(readiness.ok ? 200 : 503, readiness, readiness.ok ? {} : { 'Retry-After': '1' });
    }),
  ];
}

/** Where the metrics come from. */
export interface MetricsSource {
  text(): Promise<string>;
  readonly contentType: string;
}

/** `/metrics`: behind a bearer token on a public port; without one (null) only where the port itself is private. */
export function metricsRoute(source: MetricsSource, token: string | null): RawRoute {
  return operation('metrics', '/metrics', 'Metrics in the Prometheus text format', async (input) => {
    if (token !== null && !isBearer(input.headers['authorization'], token)) return refuse('unauthorized');
    return { status: 200, headers: { 'Content-Type': source.contentType }, body: await source.text() };
  });
}

/** A document made once, such as the OpenAPI description. */
export function documentRoute(id: string, path: string, summary: string, document: Omit<RawAnswer, 'status'>): RawRoute {
  return operation(id, path, summary, async () => ({ status: 200, ...document }));
}

function operation(
  name: string,
  path: string,
  summary: string,
  handle: (input: RawRouteInput) => ReturnType<RawRoute['handle']>,
): RawRoute {
  return defineRawRoute({ id: `operations.${name}`, methods: ['GET'], path, summary, tag: 'Operations', handle });
}

function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): RawAnswer {
  return { status, headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

/** Compares digests: equal in length whatever is sent, so the time tells nothing. */
function isBearer(header: string | undefined, token: string): boolean {
  const given = /^Bearer ([\x21-\x7e]+)$/i.exec(header ?? '')?.[1] ?? '';
  const digest = (text: string) => hash('sha256', text, 'buffer');
  return timingSafeEqual(digest(given), digest(token));
}
