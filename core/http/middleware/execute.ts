import { type Refusal, refuse } from '../../errors.ts';
import { hashRequest } from '../canonical.ts';
import { flatHeaders, type HttpContext, type Step } from '../context.ts';
import type { IdempotencyStore, Lease, StoredAnswer } from '../idempotency.ts';
import { sendAnswer, sendRaw, sendRefusal } from '../respond.ts';
import type { Answer, RawRoute, Route, RouteInput } from '../route.ts';

/** What `execute` needs of the outside. */
export interface ExecuteDeps {
  readonly idempotency: IdempotencyStore;
  readonly onError: (error: unknown, requestId: string) => void;
}

/** Runs the handler, once for each Idempotency-Key where the route honours it. */
export function execute(route: Route, deps: ExecuteDeps): Step {
  const keyed = route.idempotent ?? route.method === 'POST';
  return async (ctx) => {
    const key = keyed ? ctx.req.headers['idempotency-key'] : undefined;
    if (key === undefined) return send(ctx, await handle(route, ctx, null));
    if (Array.isArray(key) || !/^[\x21-\x7e]{1,255}$/.test(key)) return sendRefusal(ctx, refuse('idempotency_key_invalid'));
    return executeOnce(route, ctx, key, deps);
  };
}

/** Hands a request to a raw route's handler as it came, and sends what it answers as it is. */
export function executeRaw(route: RawRoute, stopping: AbortSignal): Step {
  return async (ctx) => {
    const { requestId, locale, rawBody } = ctx.state;
    const { method, path } = ctx;
    const query = ctx.querystring;
    const result = await route.handle({
      method,
      path,
      query,
      params: { ...ctx.params },
      headers: flatHeaders(ctx),
      body: rawBody,
      locale,
      requestId,
      remoteAddress: (ctx.req.socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
      stopping,
    });
    return 'kind' in result ? sendRefusal(ctx, result) : sendRaw(ctx, result);
  };
}

async function executeOnce(route: Route, ctx: HttpContext, key: string, deps: ExecuteDeps): Promise<void> {
  const appId = ctx.state.caller?.app.id ?? '';
  const requestHash = hashRequest(ctx.method, ctx.path, ctx.state.body);
  const begun = await deps.idempotency.begin({ appId, key, requestHash });
  if (begun.kind === 'reused') return sendRefusal(ctx, refuse('idempotency_key_reused'));
  if (begun.kind === 'in_progress') return sendRefusal(ctx, refuse('idempotency_in_progress', { retryAfterSec: begun.retryAfterSec }));
  if (begun.kind === 'replay') return replay(ctx, begun.answer);
  return executeUnder(begun.lease, route, ctx, deps);
}

/**
 * Only what a handler did is kept. A refusal changed nothing, so a repeat is judged anew; after an
 * error nobody knows, and the handler's own keys (order number, refund number) make the repeat safe.
 */
async function executeUnder(lease: Lease, route: Route, ctx: HttpContext, deps: ExecuteDeps): Promise<void> {
  let result: Answer | Refusal;
  try {
    result = await handle(route, ctx, lease.id);
  } catch (error) {
    await deps.idempotency.release(lease).catch((failed: unknown) => deps.onError(failed, ctx.state.requestId));
    throw error;
  }
  const keep = result.kind === 'answer' && result.raw === undefined;
  const closing = keep ? deps.idempotency.finish(lease, toStored(result as Answer)) : deps.idempotency.release(lease);
  // What was done is done: the answer goes out even when it could not be kept.
  await closing.catch((failed: unknown) => deps.onError(failed, ctx.state.requestId));
  return send(ctx, result);
}

function handle(route: Route, ctx: HttpContext, idempotencyId: string | null): Promise<Answer | Refusal> {
  const { caller, body, query, rawBody, file, locale, requestId } = ctx.state;
  const input = {
    app: caller?.app,
    key: caller?.key,
    params: { ...ctx.params },
    query,
    body,
    rawBody,
    file,
    headers: flatHeaders(ctx),
    locale,
    requestId,
    idempotencyId,
  };
  // The schemas of this very route let body and query through, and its caller is known: that is what the handler is typed by.
  return route.handle(input as RouteInput<never, never, never, never>);
}

function send(ctx: HttpContext, result: Answer | Refusal): void {
  if (result.kind === 'refused') sendRefusal(ctx, result);
  else sendAnswer(ctx, result);
}

function toStored(answer: Answer): StoredAnswer {
  return { status: answer.status, headers: answer.headers ?? {}, body: answer.body === undefined ? null : JSON.stringify(answer.body) };
}

function replay(ctx: HttpContext, stored: StoredAnswer): void {
  const headers = { ...stored.headers, 'Idempotency-Replayed': 'true' };
  const body = stored.body === null ? {} : { body: JSON.parse(stored.body) as unknown };
  sendAnswer(ctx, { kind: 'answer', status: stored.status, headers, ...body });
}
