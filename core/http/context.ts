import type Koa from 'koa';
import type { Locale } from '../errors.ts';
import type { Format } from './negotiate.ts';
import type { Caller } from './route.ts';

/** What the middleware knows of a request so far. */
export interface HttpState {
  requestId: string;
  locale: Locale;
  /** How the answer is written; JSON until negotiated. */
  format: Format;
  /** The id of the matched route, for metrics: never a path, which strangers choose. */
  routeId: string | null;
  /** The code of the problem that was answered. */
  code: string | null;
  caller: Caller | null;
  rawBody: Buffer;
  /** The body of a route that takes a file; of any other, nothing. */
  file: AsyncIterable<Uint8Array>;
  /** Body and query as the route's schemas let them through. */
  body: unknown;
  query: unknown;
  /** Where the codes are documented; `type` of a problem is this and `#<code>`. */
  errorsUrl: string;
}

/** `params` is set by the router. */
export type HttpContext = Koa.ParameterizedContext<HttpState> & { params?: Record<string, string> };

export type Step = (ctx: HttpContext, next: () => Promise<unknown>) => Promise<unknown>;

/** Lower-case names; of repeated headers, the values joined by `, `. */
export function flatHeaders(ctx: HttpContext): Readonly<Record<string, string>> {
  const entries = Object.entries(ctx.req.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]);
  return Object.fromEntries(entries) as Record<string, string>;
}

/** The raw text after `?`. */
export function rawQuery(ctx: HttpContext): string {
  return ctx.querystring;
}
