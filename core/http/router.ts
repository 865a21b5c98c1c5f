import { Router } from '@koa/router';
import type { Refusal } from '../errors.ts';
import { refuse } from '../errors.ts';
import type { HttpContext, HttpState, Step } from './context.ts';
import { authorise, limitRate, requireFormat } from './middleware/authorise.ts';
import { checkIds } from './middleware/check-ids.ts';
import { type ExecuteDeps, execute, executeRaw } from './middleware/execute.ts';
import { type BodyLimits, readBody } from './middleware/read-body.ts';
import { readInput } from './middleware/read-input.ts';
import { takeFile } from './middleware/take-file.ts';
import { sendRefusal } from './respond.ts';
import type { AnyRoute, Authenticate, Caller, RawRoute, Route } from './route.ts';

/** What routes need of the outside. */
export interface RouteDeps extends ExecuteDeps {
  readonly authenticate: Authenticate;
  readonly limitRate: (caller: Caller) => Promise<Refusal | null> | Refusal | null;
  readonly body: BodyLimits;
  /** Aborted when the server begins to stop. */
  readonly stopping: AbortSignal;
}

/** The routes of a table, each with its steps in order, and problems where none matches. */
export function buildRouter(routes: readonly AnyRoute[], deps: RouteDeps): readonly Step[] {
  const router = new Router<HttpState>({ sensitive: true, strict: true });
  for (const route of routes) {
    const methods = route.kind === 'api' ? [route.method] : [...route.methods];
    const steps = route.kind === 'api' ? apiSteps(route, deps) : rawSteps(route, deps);
    router.register(route.path, methods, [named(route), ...steps] as never);
  }
  return [router.routes() as unknown as Step, noRoute()];
}

/** The way of an API request, top to bottom. */
function apiSteps(route: Route, deps: RouteDeps): readonly Step[] {
  return [
    requireFormat(),
    route.file === undefined ? readBody(deps.body) : takeFile({ maxBytes: route.file.maxBytes, deadlineMs: deps.body.deadlineMs }),
    authorise(route, deps.authenticate),
    limitRate(deps.limitRate),
    checkIds(),
    readInput(route),
    execute(route, deps),
  ];
}

function rawSteps(route: RawRoute, deps: RouteDeps): readonly Step[] {
  return [readBody({ ...deps.body, maxBytes: route.maxBodyBytes ?? deps.body.maxBytes }), executeRaw(route, deps.stopping)];
}

function named(route: AnyRoute): Step {
  return (ctx, next) => {
    ctx.state.routeId = route.id;
    return next();
  };
}

/** Reached when no route took the request: the address is unknown, or known under other methods. */
function noRoute(): Step {
  return async (ctx) => {
    const methods = knownMethods(ctx);
    if (methods.length === 0) return sendRefusal(ctx, refuse('not_found'));
    ctx.set('Allow', methods.join(', '));
    return sendRefusal(ctx, refuse('method_not_allowed'));
  };
}

function knownMethods(ctx: HttpContext): readonly string[] {
  const matched = (ctx as { matched?: readonly { readonly methods: readonly string[] }[] }).matched ?? [];
  return [...new Set(matched.flatMap((layer) => layer.methods))];
}
