import { type Refusal, refuse } from '../../errors.ts';
import { flatHeaders, type HttpContext, rawQuery, type Step } from '../context.ts';
import { chooseFormat, formatOfType } from '../negotiate.ts';
import { sendRefusal } from '../respond.ts';
import type { Authenticate, Caller, Route } from '../route.ts';

/** Refuses a client that accepts neither JSON nor XML, before anything is done for it. */
export function requireFormat(): Step {
  return async (ctx, next) => {
    const own = formatOfType(ctx.req.headers['content-type']) === 'xml' ? 'xml' : 'json';
    if (chooseFormat(ctx.req.headers.accept, own) === null) return sendRefusal(ctx, refuse('not_acceptable'));
    return next();
  };
}

/** Finds out who asks, and whether the key's scopes cover the route. */
export function authorise(route: Route, authenticate: Authenticate): Step {
  return async (ctx, next) => {
    const found = await authenticate(proofOf(ctx, route.file === undefined));
    if (isRefusal(found)) return sendRefusal(ctx, found);
    ctx.state.caller = found;
    if (!covers(found, route.scope)) return sendRefusal(ctx, refuse('forbidden'));
    return next();
  };
}

/** Counts the request against its app. */
export function limitRate(check: (caller: Caller) => Promise<Refusal | null> | Refusal | null): Step {
  return async (ctx, next) => {
    const refusal = ctx.state.caller === null ? null : await check(ctx.state.caller);
    return refusal === null ? next() : sendRefusal(ctx, refusal);
  };
}

function proofOf(ctx: HttpContext, hasBody: boolean) {
  return { method: ctx.method, path: ctx.path, query: rawQuery(ctx), headers: flatHeaders(ctx), body: hasBody ? ctx.state.rawBody : null };
}

function covers(caller: Caller, scope: string | null): boolean {
  return scope === null || caller.key.scopes.includes('*') || caller.key.scopes.includes(scope);
}

function isRefusal(value: Caller | Refusal): value is Refusal {
  return 'kind' in value && value.kind === 'refused';
}
