import { Readable } from 'node:stream';
import type { HttpContext, Step } from '../context.ts';
import { chooseFormat, chooseLocale, formatOfType } from '../negotiate.ts';

/** One answered request, for the access log and the metrics. */
export interface AccessEntry {
  readonly method: string;
  /** The id of the route; null when none matched. */
  readonly route: string | null;
  readonly path: string;
  readonly status: number;
  /** The code of the problem; null when the answer was none. */
  readonly code: string | null;
  readonly durationMs: number;
  readonly requestId: string;
  readonly appId: string | null;
}

/** What `begin` needs of the outside. */
export interface BeginDeps {
  readonly newRequestId: () => string;
  readonly errorsUrl: string;
  /** Called once an answer is written; it must not throw. */
  readonly onAnswered: (entry: AccessEntry) => void;
  readonly isDraining: () => boolean;
}

/** Gives the request its id, language and answer format, sets the headers that every answer has, and reports it at its end. */
export function begin(deps: BeginDeps): Step {
  return async (ctx, next) => {
    const startedAt = process.hrtime.bigint();
    ctx.req.url = originForm(ctx.req.url ?? '/');
    const given = ctx.get('X-Request-Id');
    const requestId = /^[A-Za-z0-9_-]{1,64}$/.test(given) ? given : deps.newRequestId();
    const own = formatOfType(ctx.req.headers['content-type']) === 'xml' ? 'xml' : 'json';
    ctx.state = {
      requestId,
      locale: chooseLocale(ctx.req.headers['accept-language']),
      format: chooseFormat(ctx.req.headers.accept, own) ?? own,
      routeId: null,
      code: null,
      caller: null,
      rawBody: Buffer.alloc(0),
      file: Readable.from([]),
      body: undefined,
      query: undefined,
      errorsUrl: deps.errorsUrl,
    };
    setSafeHeaders(ctx, requestId);
    ctx.res.once('close', () => deps.onAnswered(entryOf(ctx, startedAt)));
    await next();
    // The drain may begin while the request is under way: asked as late as possible.
    if (deps.isDraining()) ctx.set('Connection', 'close');
  };
}

/**
 * `http://host/path` names the path of a request just as well as `/path` does, and a fragment names nothing. Both
 * would be parsed by Node's old parser, which throws of `http://[` and `//%@#` whenever anyone asks for the path.
 */
function originForm(target: string): string {
  const rest = target.replace(/#.*$/, '').replace(/^https?:\/\/[^/?]*/i, '');
  return rest.startsWith('/') || rest === '*' ? rest : `/${rest}`;
}

function setSafeHeaders(ctx: HttpContext, requestId: string): void {
  ctx.set('X-Request-Id', requestId);
  ctx.set('X-Content-Type-Options', 'nosniff');
  ctx.set('Cache-Control', 'no-store');
  ctx.set('Referrer-Policy', 'no-referrer');
  ctx.set('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'");
}

/** The last step of a shopper's address lets in whoever knows it. */
const secretStep = /^(\/(?:checkout|pay)\/[^/]+\/)[^/]+/;

function entryOf(ctx: HttpContext, startedAt: bigint): AccessEntry {
  const elapsedUs = (process.hrtime.bigint() - startedAt) / 1000n;
  return {
    method: ctx.method,
    route: ctx.state.routeId,
    path: ctx.path.replace(secretStep, '$1***'),
    status: ctx.res.statusCode,
    code: ctx.state.code,
    durationMs: Number(elapsedUs) / 1000,
    requestId: ctx.state.requestId,
    appId: ctx.state.caller?.app.id ?? null,
  };
}
